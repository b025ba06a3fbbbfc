"""The public tree, which students get, and the testing tree, which is baked into the image that grades them."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from checker.config.checker import Export
from checker.course import Course
from checker.exceptions import BadStructure, ExportError
from checker.git import EMPTY_TREE, GitError, git, succeeds
from checker.structure import GIT, Kind
from checker.templates import TemplateFinder, creates, is_marked, is_template, mark_fault, original, text_of, without_solution
from checker.tree import copy, make_folder, walk


@dataclass(frozen=True)
class Copy:
    """A file to write: where it comes from, where it goes, both relative, and its text if that is another than the source's."""

    source: PurePosixPath
    target: PurePosixPath
    text: str | None = None


def plan(course: Course, at: datetime, *, private: bool, export: Path) -> list[Copy]:
    """What the public tree, or with `private` the testing tree, consists of at an instant.

    Of tasks only enabled ones, and of groups only those that have started; a task's folder that the schedule doesn't name is left out. Raises BadStructure
    with every file whose marks are wrong.
    """
    finder = TemplateFinder(course.root, course.config.export.templates)
    left_out = unpublished(course, at) | inside(course.root, export)
    copies: list[Copy] = []
    faults: list[str] = []
    for file in walk(course.root, course, skip=lambda path: path in left_out or finder.has_template(path)):
        if file.kind is not Kind.PRIVATE or private:
            try:
                copies += starter(course, file.path, file.kind)
            except BadStructure as error:
                faults.append(str(error))
    if faults:
        raise BadStructure("\n".join(faults))
    return copies


def starter(course: Course, path: PurePosixPath, kind: Kind) -> Iterator[Copy]:
    """What students, or the image, get for a file: itself, its text without the solution, or nothing."""
    templates = course.config.export.templates
    source = course.root / path
    target = original(path, templates)
    if is_template(path, templates) and not source.is_symlink() and source.stat().st_size == 0:
        return
    text = text_of(source) if creates(templates) and kind is not Kind.PRIVATE else None
    if not is_marked(text):
        yield Copy(path, target)
        return
    assert text is not None
    if fault := mark_fault(text):
        raise BadStructure(f"{path}, {fault}")
    if (rest := without_solution(text)) is not None:
        yield Copy(path, target, rest)


def unpublished(course: Course, at: datetime) -> set[PurePosixPath]:
    """The folders of tasks that are not enabled or whose group has not started, and of such groups."""
    deadlines = course.manytask.deadlines
    started = {group.name for group in deadlines.schedule if group.enabled and deadlines.instant(group.start) <= at}
    waiting = {group.name for group in deadlines.schedule} - started
    published = {task.name for group, task in deadlines.tasks() if group.name in started and task.enabled}
    tasks = {folder.path for folder in course.task_folders if folder.name not in published}
    return tasks | {folder.path for folder in course.group_folders if folder.name in waiting}


def inside(root: Path, export: Path) -> set[PurePosixPath]:
    """The export's own folder, if it lies in the course."""
    root, export = root.resolve(), export.resolve()
    return {PurePosixPath(export.relative_to(root).as_posix())} if export.is_relative_to(root) else set()


def write(course: Course, copies: list[Copy], export: Path) -> None:
    """Write the tree, and nothing else but `.git`, into the folder."""
    if course.root.resolve().is_relative_to(export.resolve()):
        raise ExportError(f"{export} holds the course itself: exporting there would delete it")
    empty(export)
    for one in copies:
        source, target = course.root / one.source, export / one.target
        if one.text is None:
            copy(source, target)
        else:
            make_folder(target.parent)
            target.write_bytes(one.text.encode())
            shutil.copymode(source, target)


def empty(folder: Path) -> None:
    """Make the folder if need be, and remove all that is in it but `.git`."""
    folder.mkdir(parents=True, exist_ok=True)
    for entry in folder.iterdir():
        if entry.name == GIT:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def publish(course: Course, copies: list[Copy], export: Path) -> bool:
    """Write the tree, commit it on top of what the destination has, and push it there; whether there was anything new."""
    settings = course.config.export
    export.mkdir(parents=True, exist_ok=True)
    if not (export / GIT).exists():
        git(export, "init", "--quiet", "--initial-branch", settings.default_branch)
    branch = f"refs/heads/{settings.default_branch}"
    git(export, "symbolic-ref", "HEAD", branch)
    there = git(export, "ls-remote", "--heads", "--", settings.destination, branch)
    if there:
        git(export, "fetch", "--quiet", "--", settings.destination, branch)
        git(export, "update-ref", branch, "FETCH_HEAD")
    write(course, copies, export)
    # By force: what is exported counts, whatever the .gitignore beside it says.
    git(export, "add", "--all", "--force")
    if succeeds(export, "diff", "--cached", "--quiet", "HEAD" if there else EMPTY_TREE):
        return False
    git(export, *identity(export), "commit", "--quiet", "--no-verify", "--message", settings.commit_message)
    push(settings, export, branch)
    return True


def identity(export: Path) -> list[str]:
    """Who commits, if this machine's git does not know; CI jobs seldom tell it."""
    return [] if succeeds(export, "var", "GIT_COMMITTER_IDENT") else ["-c", "user.name=checker", "-c", "user.email=checker@localhost"]


def push(settings: Export, export: Path, branch: str) -> None:
    """Push, with the course's options if the server takes any."""
    options = [f"--push-option={option}" for option in settings.push_options]
    try:
        git(export, "push", "--quiet", *options, "--", settings.destination, f"HEAD:{branch}")
    except GitError as error:
        if not options or "does not support push options" not in str(error):
            raise
        git(export, "push", "--quiet", "--", settings.destination, f"HEAD:{branch}")
