"""The tree that work is tested in: the student's files, and the course's public and private ones over them."""

import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from checker.course import TOP, Course
from checker.structure import Kind, Patterns
from checker.templates import TemplateFinder, is_template

log = logging.getLogger(__name__)

Rule = Callable[[PurePosixPath], bool]


def never(path: PurePosixPath) -> bool:
    """No path at all."""
    return False


@dataclass(frozen=True)
class File:
    """A file, or a link, of a tree; its path is relative to the tree's root."""

    path: PurePosixPath
    kind: Kind


@dataclass(frozen=True)
class Built:
    """What a tested tree was made of; paths are relative to its root."""

    students: Sequence[Path]
    """The student's files."""
    private: Mapping[Path, Sequence[Path]]
    """Each task's folder, and the private files in it that belong to no task further in. Links are left out: what they lead to may be anybody's."""
    shared: Sequence[Path] = ()
    """The private files that lie in no task's folder."""


def walk(root: Path, course: Course, *, students: Rule = never, skip: Rule = never) -> Iterator[File]:
    """Every file below the root that is not ignored, as the course sees it.

    `students` are paths that are the student's whatever a pattern says; `skip` are left out with all below them. Links are never followed.
    """

    def below(folder: PurePosixPath, patterns: Patterns, above: Kind) -> Iterator[File]:
        with os.scandir(root / folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            path = folder / entry.name
            if skip(path):
                continue
            kind = patterns.kind(path, above)
            if kind is not Kind.OTHER and path.name != ".git" and students(path):
                kind = Kind.OTHER
            if kind is Kind.IGNORED:
                continue
            if entry.is_dir(follow_symlinks=False):
                structure = course.structures.get(path)
                yield from below(path, patterns.below(structure) if structure else patterns, kind)
            else:
                yield File(path, kind)

    return below(TOP, course.patterns, Kind.OTHER)


def build(course: Course, repository: Path, target: Path) -> Built:
    """Write into `target` what work is tested in.

    The student's repository gives what is neither public nor private; the course gives the rest, so that a student's own copy of a test counts for nothing.
    A file that students get a template of is always theirs.
    """
    finder = TemplateFinder(course.root, course.config.export.templates)

    def is_starter(path: PurePosixPath) -> bool:
        return is_template(path, course.config.export.templates)

    theirs = [file.path for file in walk(repository, course, students=finder.stands_for, skip=is_starter) if file.kind is Kind.OTHER]
    copied = {path for path in theirs if copy_students(repository, path, target)}
    private: dict[PurePosixPath, list[Path]] = {folder.path: [] for folder in course.task_folders}
    shared: list[Path] = []
    for file in walk(course.root, course, students=finder.stands_for, skip=is_starter):
        if file.kind is not Kind.OTHER:
            copy(course.root / file.path, target / file.path)
            copied.discard(file.path)
            if file.kind is Kind.PRIVATE and not (course.root / file.path).is_symlink():
                task = next((folder for folder in file.path.parents if folder in private), None)
                (shared if task is None else private[task]).append(Path(file.path))
    return Built([Path(path) for path in sorted(copied)], {Path(task): files for task, files in private.items()}, shared)


def copy_students(repository: Path, path: PurePosixPath, target: Path) -> bool:
    """Copy a student's file; whether there was anything to copy.

    A link is replaced by what it leads to inside the repository; one that leads out could show the private tests, and is left out.
    """
    source = repository / path
    if source.is_symlink():
        resolved = source.resolve()
        if not (resolved.is_file() and resolved.is_relative_to(repository.resolve()) and ".git" not in resolved.relative_to(repository.resolve()).parts):
            log.warning("%s is a link that leads to no file of this repository; it is left out", path)
            return False
        source = resolved
    elif not source.is_file():
        log.warning("%s is no ordinary file; it is left out", path)
        return False
    copy(source, target / path)
    return True


def copy(source: Path, target: Path) -> None:
    """Copy a file with its mode, or a link as a link, over whatever is there."""
    make_folder(target.parent)
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    elif target.is_symlink():
        target.unlink()
    shutil.copy(source, target, follow_symlinks=False)


def make_folder(folder: Path) -> None:
    """Make the folder and those above it; a student's file in its place has to go."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        for above in (folder, *folder.parents):
            if above.exists() and not above.is_dir():
                above.unlink()
                break
        folder.mkdir(parents=True, exist_ok=True)
