"""Whose files are in a tested tree after programs ran in it: none that a student wrote becomes the course's."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checker import provenance
from checker.plugins.copy_files import CopyFilesPlugin
from checker.plugins.folders import Folders, running
from checker.plugins.scripts import RunScriptPlugin, SafeRunScriptPlugin
from checker.provenance import Tree

TEST = "def test_sum():\n    assert False\n"
FORGED = "def test_sum():\n    pass\n"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Folders]:
    """A run: the course's tests over the student's solution, and the student's clone with tests of its own."""
    place = Folders(tmp_path / "reference", tmp_path / "repository", tmp_path / "temporary")
    for file, text in {
        place.reference / "task/test_sum.py": TEST,
        place.reference / "task/data/numbers.txt": "1 2 3",
        place.repository / "task/test_sum.py": FORGED,
        place.repository / "task/solution.py": "mine",
        place.temporary / "task/test_sum.py": TEST,
        place.temporary / "task/data/numbers.txt": "1 2 3",
        place.temporary / "task/solution.py": "mine",
    }.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    provenance.record(place.temporary, [Path("task/solution.py")])
    with running(place):
        yield place
    provenance.forget(place.temporary)


def tree(place: Folders) -> Tree:
    """The tested tree."""
    return provenance.tree_of(place.temporary)


@pytest.mark.parametrize(
    ("origin", "target", "hidden"),
    [
        (".", "a", {"b/private", "group/private", "group/c/private", "group/d/private"}),
        ("a", "a/test.py", {"b/private", "group/private", "group/c/private", "group/d/private"}),
        ("a", "tests/a", {"b/private", "group/private", "group/c/private", "group/d/private"}),
        (".", "group/c", {"a/private", "b/private", "group/d/private"}),
        (".", "group", {"a/private", "b/private"}),
        (".", ".", set()),
        (".", "tests/a", set()),
    ],
)
def test_private_files_elsewhere_are_those_of_tasks_that_have_nothing_to_do_with_the_target(origin: str, target: str, hidden: set[str]) -> None:
    root = Path("/tree")
    tree = Tree(root, frozenset(), {root / task: frozenset({root / task / "private"}) for task in ("a", "b", "group", "group/c", "group/d")})

    assert {str(path.relative_to(root)) for path in tree.private_elsewhere(root / origin, root / target)} == hidden


def students(place: Folders) -> set[str]:
    """The student's files in the tested tree."""
    return {str(path.relative_to(place.temporary)) for path in tree(place).students}


@pytest.mark.parametrize(
    "attack",
    [
        "echo 'def test_sum(): pass' > task/test_sum.py",
        "rm -r task/test_sum.py task/data",
        "mv task away; mkdir task; cp away/solution.py task",
        "rm task/test_sum.py; ln -s solution.py task/test_sum.py",
        "rm task/test_sum.py; mkdir task/test_sum.py; touch task/test_sum.py/x",
        "rm task/test_sum.py; mkfifo task/test_sum.py",
        "rm -r task; ln -s {repository}/task task",
        "rm -r task; echo file > task",
        "chmod 0 task/test_sum.py task/data task",
        "ln task/test_sum.py task/other.py; echo 'def test_sum(): pass' > task/other.py",
    ],
)
def test_a_program_leaves_the_courses_files_as_they_were(place: Folders, attack: str) -> None:
    SafeRunScriptPlugin().run({"origin": place.temporary, "script": attack.format(repository=place.repository)})

    assert (place.temporary / "task/test_sum.py").read_text() == TEST
    assert (place.temporary / "task/data/numbers.txt").read_text() == "1 2 3"
    assert not any(path.is_symlink() for path in (place.temporary, place.temporary / "task", place.temporary / "task/test_sum.py"))
    assert {"task/test_sum.py", "task/data/numbers.txt"}.isdisjoint(students(place))


@pytest.mark.parametrize("plugin", [RunScriptPlugin, SafeRunScriptPlugin])
def test_what_a_program_makes_is_the_students(place: Folders, plugin: Any) -> None:
    links = f"ln -s {place.repository}/task/test_sum.py task/conftest_too.py; ln -s /usr/bin/env tool; ln -s conftest.py task/inside.py"
    script = f"echo x > task/conftest.py; echo y > task/solution.py; {links}"

    plugin().run({"origin": place.temporary, "script": script})

    assert students(place) == {"task/solution.py", "task/conftest.py", "task/inside.py", "tool"}
    assert not os.path.lexists(place.temporary / "task/conftest_too.py")


def test_what_the_courses_own_earlier_stages_made_is_no_longer_the_courses_once_it_is_changed(place: Folders) -> None:
    made = place.temporary / "task/generated.py"
    made.write_text("the course's")
    SafeRunScriptPlugin().run({"origin": place.temporary / "task", "script": "true"})
    assert students(place) == {"task/solution.py"}

    SafeRunScriptPlugin().run({"origin": place.temporary / "task", "script": "echo mine > generated.py"})

    assert students(place) == {"task/solution.py", "task/generated.py"}


def test_a_copy_keeps_whose_it_is(place: Folders) -> None:
    def copy(source: Path, target: Path, *patterns: str) -> None:
        CopyFilesPlugin().run({"source_dir": source / "task", "target_dir": target / "task", "patterns": list(patterns)})

    copy(place.repository, place.temporary, "*.py")
    assert students(place) == {"task/solution.py", "task/test_sum.py"}

    copy(place.reference, place.temporary, "*.py")
    assert students(place) == {"task/solution.py"}

    CopyFilesPlugin().run({"source_dir": place.temporary / "task", "target_dir": place.temporary / "other", "patterns": ["*.py"]})
    assert students(place) == {"task/solution.py", "other/solution.py"}


def test_a_folder_that_is_no_tested_tree_is_left_alone(tmp_path: Path) -> None:
    SafeRunScriptPlugin().run({"origin": tmp_path, "script": "ln -s /home home; echo x > made"})

    assert (tmp_path / "home").is_symlink()
    assert provenance.tree_of(tmp_path).students == frozenset()
