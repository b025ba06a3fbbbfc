"""Whose files a tested tree is made of. Kept in memory, where nothing that a student's program writes can reach it."""

import contextlib
import hashlib
import logging
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from checker.sandbox.view import programs

log = logging.getLogger(__name__)

PROGRAMS = [Path(path).resolve() for path in programs()]


@dataclass(frozen=True)
class Tree:
    """A tree that work is tested in."""

    root: Path
    students: frozenset[Path]
    """The files that came from the student; all others are the course's."""
    private: Mapping[Path, frozenset[Path]] = field(default_factory=dict)
    """Each task's folder, and what in it the course keeps from students."""
    shared: frozenset[Path] = frozenset()
    """What the course keeps from students in no task's folder."""

    def private_here(self, origin: Path, target: Path) -> list[Path]:
        """The private files that a target, tested from `origin`, may need."""
        every = self.shared.union(*self.private.values())
        return sorted(every.difference(self.private_elsewhere(origin, target)))

    def private_elsewhere(self, origin: Path, target: Path) -> list[Path]:
        """The private files of other tasks than those that a target, tested from `origin`, lies in or holds; none for a target that is of no task."""
        tested = {task for task in self.private if origin.is_relative_to(task) or target.is_relative_to(task) or task.is_relative_to(target)}
        return sorted(file for task, files in self.private.items() if tested and task not in tested for file in files)


_trees: dict[Path, Tree] = {}


def record(root: Path, students: Iterable[Path], private: Mapping[Path, Iterable[Path]] | None = None, shared: Iterable[Path] = ()) -> None:
    """Remember a tree that was built: its root, the student's files in it, and the private ones in each task's folder and outside of those."""
    root = root.resolve()
    kept = {root / task: frozenset(root / path for path in paths) for task, paths in (private or {}).items()}
    _trees[root] = Tree(root, frozenset(root / path for path in students), kept, frozenset(root / path for path in shared))


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


def assign(paths: Iterable[Path], *, students: bool) -> None:
    """Files are the student's from now on, or the course's; nothing for those that lie in no tree that was recorded."""
    for path in paths:
        place = path.parent.resolve()
        tree = tree_of(place)
        if tree.root in _trees:
            file = {place / path.name}
            _trees[tree.root] = replace(tree, students=tree.students | file if students else tree.students - file)


@contextlib.contextmanager
def protected(folders: Iterable[Path], reference: Path | None) -> Iterator[None]:
    """While a program runs that may write to these folders: it makes no file that counts as the course's afterwards.

    What it made or changed is the student's. A file of the course's that it changed, removed or led elsewhere is put back from `reference`, and links that
    lead out of the tree go, unless to programs: they would bring files in that are nobody's here.
    """
    recorded = [(folder, tree) for folder in folders for tree in [tree_of(folder)] if tree.root in _trees]
    before = {folder: digests(folder) for folder, _ in recorded}
    try:
        yield
    finally:
        for folder, tree in recorded:
            restore(folder, tree, before[folder], reference)


def restore(folder: Path, tree: Tree, before: dict[Path, bytes], reference: Path | None) -> None:
    """Make a folder of the tree honest again, given what was in it before."""
    for link in [path for path in entries(folder) if path.is_symlink() and not is_inside(path.resolve(), [tree.root, *PROGRAMS])]:
        log.warning("A program made a link out of the tested tree, so it is gone: %s", link.relative_to(tree.root))
        link.unlink()
    after = digests(folder)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    originals = {path: reference / path.relative_to(tree.root) for path in changed & before.keys() - tree.students} if reference is not None else {}
    for path, original in originals.items():
        if original.is_file():
            log.warning("A program changed a file of the course's, so it is put back: %s", path.relative_to(tree.root))
            put_back(original, path, tree.root)
            changed.remove(path)
    _trees[tree.root] = replace(tree, students=tree.students | changed)


def put_back(original: Path, path: Path, root: Path) -> None:
    """Copy a file of the course's to its place, whatever is in the way there."""
    for place in (path, *path.parents):
        if place == root:
            break
        if place.is_dir() and not place.is_symlink():
            if place == path:
                shutil.rmtree(place)
        elif os.path.lexists(place):
            place.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(original, path)


def is_inside(path: Path, folders: Iterable[Path]) -> bool:
    """Whether the path lies in any of the folders."""
    return any(path.is_relative_to(folder) for folder in folders)


def entries(folder: Path) -> Iterator[Path]:
    """All below a folder that is no folder itself; links are not followed, and folders that were closed are opened."""
    for place, folders, files in os.walk(folder.resolve()):
        yield from (Path(place, name) for name in files)
        for path in (Path(place, name) for name in folders):
            if path.is_symlink():
                yield path
                continue
            # Another task's program may remove it meanwhile.
            with contextlib.suppress(FileNotFoundError):
                if (mode := path.stat().st_mode) & stat.S_IRWXU != stat.S_IRWXU:
                    path.chmod(mode | stat.S_IRWXU)


def digests(folder: Path) -> dict[Path, bytes]:
    """What the files below a folder hold, and where its links lead; pipes, devices and what cannot be read are all the same."""
    return {path: digest(path) for path in entries(folder)}


def digest(path: Path) -> bytes:
    """What tells a file's content, or a link's target, from any other; of what is neither, or is gone meanwhile, nothing."""
    with contextlib.suppress(OSError):
        if path.is_symlink():
            return b"link to " + os.fsencode(os.readlink(path))
        if path.is_file():
            with path.open("rb") as file:
                return hashlib.file_digest(file, "blake2b").digest()
    return b""
