"""What a run of pytest consists of, found without running anything: the course's test files, their configuration, and the tests in them."""

import ast
import configparser
import fnmatch
import math
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeGuard

from checker.exceptions import PluginExecutionFailed
from checker.provenance import Tree
from checker.pytests.verdict import Rules

TEST_FILES = ("test_*.py", "*_test.py")
"""What pytest takes for tests in a folder."""
CONFIGURATIONS = {"pytest.toml": "pytest", ".pytest.toml": "pytest", "pytest.ini": "pytest", ".pytest.ini": "pytest", "pyproject.toml": "tool.pytest"}
CONFIGURATIONS |= {"tox.ini": "pytest", "setup.cfg": "tool:pytest"}
"""The files that pytest looks for, in its order, with the section that makes one its configuration."""
ALWAYS = {"pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini"}
"""Those which are one even when empty."""

OWN_RULES = ("python_classes", "python_functions", "collect_ignore", "pytest_ignore_collect", "pytest_pycollect")
"""The words of who changes what counts as a test."""
CHOOSING = "pytest_collection_modifyitems"
"""The word of who may leave out cases of a test."""
SKIPPING = ("skip", "xfail")
"""The words of who leaves tests out."""


def course_files(target: Path, tree: Tree, patterns: Sequence[str]) -> list[Path]:
    """The files to collect: the target itself, or the course's test files below it; a student's own are left alone.

    Raises PluginExecutionFailed if there are none.
    """
    if target.is_file():
        return [target]
    found = sorted(
        file
        for file in target.rglob("*.py")
        if any(fnmatch.fnmatch(file.name, pattern) for pattern in patterns) and file not in tree.students and not file.is_symlink()
    )
    if not found:
        raise PluginExecutionFailed(f"The course has no test files in {target.name}, or no such folder: {', '.join(patterns)}")
    return found


def configuration(target: Path, tree: Tree) -> Path | None:
    """The course's configuration for a target: the nearest above it, as pytest looks for one, but never a student's; None if there is none."""
    folder = target if target.is_dir() else target.parent
    for place in (folder, *folder.parents):
        for name, section in CONFIGURATIONS.items():
            file = place / name
            if file.is_file() and file not in tree.students and (name in ALWAYS or section_of(file, section) is not None):
                return file
        if place == tree.root:
            break
    return None


def section_of(file: Path, section: str) -> dict[str, object] | None:
    """A section of an ini or TOML file; None if it has none, or can't be read."""
    try:
        if file.suffix == ".toml":
            value: object = tomllib.loads(file.read_text())
            for name in section.split("."):
                value = value.get(name) if isinstance(value, dict) else None
            return value if isinstance(value, dict) else None
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(file)
        return dict(parser[section]) if parser.has_section(section) else None
    except (OSError, ValueError, configparser.Error):
        return None


def file_patterns(file: Path | None) -> Sequence[str]:
    """What the configuration takes for test files."""
    section = {} if file is None else section_of(file, CONFIGURATIONS[file.name]) or {}
    options = section.get("ini_options", section)
    patterns = options.get("python_files") if isinstance(options, dict) else None
    if isinstance(patterns, str):
        return patterns.split()
    return [str(pattern) for pattern in patterns] if isinstance(patterns, list) else TEST_FILES


def conftests_of(files: Sequence[Path], tree: Tree, root: Path) -> list[Path]:
    """The course's conftest.py that count for the files, the outer first."""
    folders = {folder for file in files for folder in file.parents if folder.is_relative_to(root)}
    return [file for folder in sorted(folders) if (file := folder / "conftest.py").is_file() and file not in tree.students]


def rules_of(files: Sequence[Path], tree: Tree, config: Path | None, root: Path) -> Rules:
    """What is known of a run's tests beforehand, from the course's files alone; names are as pytest gives them, without parameters.

    No test in particular is expected where the course says itself, in its configuration or a conftest.py, what counts as one.
    """
    shared = [*([config] if config is not None else []), *conftests_of(files, tree, root)]
    common = "".join(map(text_of, shared))
    names = {file: file.relative_to(root).as_posix() for file in files}
    own = any(rule in common for rule in OWN_RULES)
    cases = {f"{names[file]}::{test}": amount for file in files for test, amount in (() if own else tests_in(text_of(file)))}
    skipping = frozenset(names[file] for file in files if any(word in common + text_of(file) for word in SKIPPING))
    return Rules(frozenset(cases), {} if CHOOSING in common else cases, skipping, frozenset(map(str, tree.students)))


def text_of(file: Path) -> str:
    """A file of the course, whatever its bytes."""
    return file.read_text("utf-8", "replace")


def tests_in(source: str) -> Iterator[tuple[str, int]]:
    """The tests that a module certainly has, each with how many cases it has at least.

    They are functions called test… at its top, and in classes called Test… without a constructor.
    """
    try:
        module = ast.parse(source)
    except SyntaxError:
        return
    for node in module.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test") and not is_excluded(node):
            yield from ((f"{node.name}::{method.name}", cases_of(method)) for method in node.body if is_test(method))
        elif is_test(node):
            yield node.name, cases_of(node)


def is_test(node: ast.stmt) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Whether it defines a test, and no fixture that is called like one."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.name.startswith("test"):
        return False
    return not any("fixture" in ast.unparse(decorator) for decorator in node.decorator_list)


def cases_of(test: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many cases a test has by the parameters that are written out in its decorators; 1 where none are."""
    amounts = [
        len(decorator.args[1].elts)
        for decorator in test.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("parametrize") and len(decorator.args) > 1
        if isinstance(decorator.args[1], ast.List | ast.Tuple) and not any(isinstance(one, ast.Starred) for one in decorator.args[1].elts)
    ]
    return max(1, math.prod(amounts))


def is_excluded(node: ast.ClassDef) -> bool:
    """Whether pytest does not collect such a class."""
    names = {target.id for line in node.body if isinstance(line, ast.Assign) for target in line.targets if isinstance(target, ast.Name)}
    methods = {line.name for line in node.body if isinstance(line, ast.FunctionDef)}
    return "__test__" in names or bool({"__init__", "__new__"} & methods)
