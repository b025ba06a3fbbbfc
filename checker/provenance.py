"""Whose files a tested tree is made of. Kept in memory, where nothing that a student's program writes can reach it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Tree:
    """A tree that work is tested in."""

    root: Path
    students: frozenset[Path]
    """The files that came from the student; all others are the course's."""


_trees: dict[Path, Tree] = {}


def record(root: Path, students: Iterable[Path]) -> None:
    """Remember a tree that was built: its root, and the student's files in it."""
    root = root.resolve()
    _trees[root] = Tree(root, frozenset(root / path for path in students))


def forget(root: Path) -> None:
    """A tree is gone."""
    _trees.pop(root.resolve(), None)


def tree_of(path: Path) -> Tree:
    """The tree that a path lies in. A folder that nobody recorded is a tree of its own, and all in it is the course's."""
    resolved = path.resolve()
    for folder in (resolved, *resolved.parents):
        if folder in _trees:
            return _trees[folder]
    return Tree(resolved, frozenset())
