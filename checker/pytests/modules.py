"""Imports the course's own modules in the tests' process: from their source, before what a student put beside them, and with an eye on them afterwards.

Standard library alone, for it runs in the sandbox.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import types
from collections.abc import Iterator, Sequence


class FromSource(importlib.machinery.SourceFileLoader):
    """Reads no compiled file: one beside the source may be a student's."""

    def __init__(self, name: str, path: str, loaded: dict[str, tuple[types.ModuleType, dict[str, object]]]) -> None:
        super().__init__(name, path)
        self.loaded = loaded

    def get_code(self, fullname: str) -> types.CodeType | None:
        """The code of the source."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)

    def exec_module(self, module: types.ModuleType) -> None:
        """Run it, and remember what it defines."""
        super().exec_module(module)
        self.loaded[module.__name__] = module, dict(defined(module))


def defined(module: types.ModuleType) -> Iterator[tuple[str, object]]:
    """A module's functions and classes, and what those hold."""
    for name, value in vars(module).items():
        if isinstance(value, types.FunctionType | type):
            yield name, value
        if isinstance(value, types.FunctionType):
            yield f"{name}.__code__", value.__code__
        if isinstance(value, type) and value.__module__ == module.__name__:
            yield from ((f"{name}.{inner}", one) for inner, one in vars(value).items() if isinstance(one, types.FunctionType))


class CourseModules(importlib.abc.MetaPathFinder):
    """Finds the course's modules in the folders where Python would look for them."""

    def __init__(self, files: frozenset[str]) -> None:
        self.files = files
        already = sys.modules.keys() | sys.stdlib_module_names
        self.names = {name_of(file) for file in files} - already
        self.loaded: dict[str, tuple[types.ModuleType, dict[str, object]]] = {}

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None) -> importlib.machinery.ModuleSpec | None:
        """The module of that name, if the first folder that has one has it from the course."""
        del target
        name = fullname.rpartition(".")[2]
        for folder in sys.path if path is None else path:
            for file in (os.path.join(folder, name, "__init__.py"), os.path.join(folder, f"{name}.py")):
                if file in self.files:
                    return importlib.util.spec_from_file_location(fullname, file, loader=FromSource(fullname, file, self.loaded))
            if os.path.exists(os.path.join(folder, f"{name}.py")) or os.path.exists(os.path.join(folder, name, "__init__.py")):
                return None
        return None

    def replaced(self) -> Iterator[str]:
        """What of the course's modules is not what the course says."""
        for name in self.names & sys.modules.keys():
            if getattr(sys.modules[name], "__spec__", None) is None:
                yield name
        for name, (module, before) in self.loaded.items():
            if sys.modules.get(name, module) is not module:
                yield name
            now = dict(defined(module))
            yield from (f"{name}.{what}" for what, value in before.items() if now.get(what) is not value)


def name_of(file: str) -> str:
    """The name that a file is imported by, from the folder above."""
    folder, name = os.path.split(file)
    return os.path.basename(folder) if name == "__init__.py" else name.removesuffix(".py")
