"""What names mean in a module of tests: its source says it, and a solution could say otherwise, for it can reach the module of who calls it.

Standard library alone, for it runs in the sandbox.
"""

import ast
import builtins
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Names:
    """What a source binds at its top."""

    imported: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    """Names that are imports alone: the module, and what of it."""
    bound: set[str] = field(default_factory=set)
    """All that are bound anywhere."""
    starred: bool = False
    """Whether it imports whatever a module has."""


def names_of(source: str) -> Names:
    """The names of a source; none if it is none."""
    names = Names()
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError):
        return Names(starred=True)
    otherwise: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            otherwise.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            otherwise.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.bound |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
            names.starred = names.starred or any(alias.name == "*" for alias in node.names)
    for statement in module.body:
        for name, meant in imports_of(statement):
            if names.imported.setdefault(name, meant) != meant:
                otherwise.add(name)
    names.imported = {name: meant for name, meant in names.imported.items() if name not in otherwise}
    names.bound |= otherwise
    return names


def imports_of(statement: ast.stmt) -> Iterator[tuple[str, tuple[str, str | None]]]:
    """The names that a statement imports, with what they mean."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            top = alias.name.partition(".")[0]
            yield (alias.asname, (alias.name, None)) if alias.asname else (top, (top, None))
    elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
        yield from ((alias.asname or alias.name, (statement.module, alias.name)) for alias in statement.names)


def strangers(module: types.ModuleType, names: Names, students: frozenset[str]) -> Iterator[str]:
    """The names of a module that mean something else than its source says: imports, of others than the student's modules, and Python's own functions."""
    found = vars(module)
    for name, (origin, attribute) in names.imported.items():
        source = sys.modules.get(origin)
        if source is None or getattr(source, "__file__", None) in students:
            continue
        meant = source if attribute is None else vars(source).get(attribute)
        # A number may be another by now; a function is not.
        if (callable(meant) or isinstance(meant, types.ModuleType)) and found.get(name) is not meant:
            yield name
    if not names.starred:
        yield from (name for name in found.keys() & vars(builtins).keys() - names.bound if not name.startswith("__"))
