"""A course as it lies in a folder: its config files, and where its tasks and groups are."""

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from checker.config.checker import CHECKER_FILE, GROUP_FILE, TASK_FILE, CheckerConfig, FolderConfig, Stage, Structure
from checker.config.manytask import GroupEntry, ManytaskConfig, TaskEntry, manytask_file
from checker.config.reading import read, unknown_keys
from checker.deadlines import multiplier
from checker.exceptions import BadConfig, BadStructure, CheckerException
from checker.structure import Kind, Patterns

TOP = PurePosixPath()


@dataclass(frozen=True)
class Folder:
    """A folder with a `.task.yml` or a `.group.yml`; its path is relative to the course."""

    path: PurePosixPath
    config: FolderConfig

    @property
    def name(self) -> str:
        """What the schedule calls it."""
        return self.path.name


@dataclass(frozen=True)
class Task:
    """An enabled task with all that counts for it: its own settings before its groups' before the course's."""

    name: str
    group: str
    path: PurePosixPath
    parameters: Mapping[str, Any]
    pipeline: Sequence[Stage]
    report_pipeline: Sequence[Stage]


@dataclass(frozen=True)
class Course:
    """A course; `load` reads one."""

    root: Path
    config: CheckerConfig
    manytask: ManytaskConfig
    task_folders: Sequence[Folder]
    group_folders: Sequence[Folder]
    structures: Mapping[PurePosixPath, Structure] = field(repr=False)
    """The structures of folders that have their own."""

    @property
    def patterns(self) -> Patterns:
        """The patterns at the top of the course."""
        return Patterns().below(self.config.structure)

    def tasks(self) -> list[Task]:
        """The enabled tasks of enabled groups that have a folder, in the schedule's order.

        An image for grading may lack those of groups that have not started. Raises BadStructure for a task with more than one folder.
        """
        folders = self.folders_by_name()
        return [self.task(group, entry, folders[entry.name]) for group, entry in self.entries() if entry.name in folders]

    def missing(self) -> list[str]:
        """A line for each enabled task that has no folder."""
        folders = self.folders_by_name()
        return [
            f'Task "{entry.name}" is in the schedule and enabled, but {self.root} has no folder "{entry.name}" with a {TASK_FILE} in it'
            for _, entry in self.entries()
            if entry.name not in folders
        ]

    def folders_by_name(self) -> dict[str, Folder]:
        """The folders of enabled tasks; BadStructure if two have the same name."""
        wanted = {entry.name for _, entry in self.entries()}
        found: dict[str, Folder] = {}
        for folder in self.task_folders:
            if folder.name in wanted and (other := found.setdefault(folder.name, folder)) is not folder:
                raise BadStructure(f'Task "{folder.name}" has more than one folder: {other.path}, {folder.path}. Rename one, or add it to ignore_patterns')
        return found

    def entries(self) -> Iterator[tuple[GroupEntry, TaskEntry]]:
        """What the schedule says of enabled tasks."""
        return ((group, task) for group, task in self.manytask.deadlines.tasks() if group.enabled and task.enabled)

    def task(self, group: GroupEntry, entry: TaskEntry, folder: Folder) -> Task:
        """The task of an entry, with what its folder and the groups' folders above say."""
        above = sorted((one for one in self.group_folders if one.path in folder.path.parents), key=lambda one: len(one.path.parts))
        parameters = dict(self.config.default_parameters)
        pipeline, report_pipeline = self.config.testing.tasks_pipeline, self.config.testing.report_pipeline
        for one in (*above, folder):
            parameters |= one.config.parameters
            pipeline = pipeline if one.config.task_pipeline is None else one.config.task_pipeline
            report_pipeline = report_pipeline if one.config.report_pipeline is None else one.config.report_pipeline
        return Task(entry.name, group.name, folder.path, parameters, pipeline, report_pipeline)

    def selected(self, tasks: Iterable[str], groups: Iterable[str]) -> list[Task]:
        """The enabled tasks of these names and of these groups, or all if there are no names; CheckerException for an unknown name."""
        enabled = self.tasks()
        wanted_tasks, wanted_groups = set(tasks), set(groups)
        check_names("task", wanted_tasks, [task.name for task in enabled])
        check_names("group", wanted_groups, [group.name for group in self.manytask.deadlines.schedule if group.enabled])
        if not (wanted_tasks or wanted_groups):
            return enabled
        return [task for task in enabled if task.name in wanted_tasks or task.group in wanted_groups]

    def score_percent(self, task: Task, at: datetime) -> float:
        """The share of the task's points, 0 to 1, that a submission made `at` keeps: the server's own multiplier."""
        deadlines = self.manytask.deadlines
        group = next(group for group in deadlines.schedule if group.name == task.group)
        return multiplier(deadlines.deadline(group), at)

    def warnings(self) -> list[str]:
        """What is odd about the files and folders, and no error."""
        folders = {folder.name for folder in self.group_folders}
        lines = [
            f'Group "{group.name}" has no folder "{group.name}" with a {GROUP_FILE} in it'
            for group in self.manytask.deadlines.schedule
            if group.enabled and group.name not in folders
        ]
        scheduled = {task.name for _, task in self.manytask.deadlines.tasks()}
        if unscheduled := [str(folder.path) for folder in self.task_folders if folder.name not in scheduled]:
            lines.append(f"The schedule names no such task, so students get nothing of these, and they are not tested: {', '.join(unscheduled)}")
        lines += unknown_keys(self.root / CHECKER_FILE, self.config, CHECKER_FILE)
        for folders_, name in ((self.group_folders, GROUP_FILE), (self.task_folders, TASK_FILE)):
            for folder in folders_:
                lines += unknown_keys(self.root / folder.path / name, folder.config, str(folder.path / name))
        return lines


def load(root: Path) -> Course:
    """The course in the folder; BadConfig with every fault of its files."""
    config = read(root / CHECKER_FILE, CheckerConfig, str(root / CHECKER_FILE))
    schedule = manytask_file(root)
    manytask = read(schedule, ManytaskConfig)
    folders: dict[str, list[Folder]] = {TASK_FILE: [], GROUP_FILE: []}
    faults = []
    for path, name in folder_files(root, Patterns().below(config.structure)):
        try:
            folders[name].append(Folder(path, read(root / path / name, FolderConfig)))
        except BadConfig as error:
            faults.append(str(error))
    if faults:
        raise BadConfig("\n".join(faults))
    # The .task.yml of a folder that is both a group and a task counts more.
    structures = {folder.path: folder.config.structure for folder in (*folders[GROUP_FILE], *folders[TASK_FILE])}
    return Course(root, config, manytask, folders[TASK_FILE], folders[GROUP_FILE], structures)


def folder_files(root: Path, patterns: Patterns) -> Iterator[tuple[PurePosixPath, str]]:
    """Each folder, relative to the root, that has a `.task.yml` or `.group.yml`, with the file's name; not in what is ignored."""
    for folder, names, files in os.walk(root):
        path = PurePosixPath(Path(folder).relative_to(root).as_posix())
        names[:] = sorted(name for name in names if patterns.kind(path / name, Kind.OTHER) is not Kind.IGNORED)
        yield from ((path, name) for name in (GROUP_FILE, TASK_FILE) if name in files and path != TOP)


def check_names(kind: str, wanted: set[str], known: list[str]) -> None:
    """Raise CheckerException unless every wanted name is known."""
    for name in sorted(wanted - set(known)):
        near = difflib.get_close_matches(name, known, n=1)
        suggestion = f'Did you mean "{near[0]}"?' if near else f"There are: {', '.join(known) or 'none'}"
        raise CheckerException(f'No enabled {kind} is called "{name}". {suggestion}')
