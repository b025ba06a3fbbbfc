"""What a new config changes in a course, line by line, for somebody to look at before it is loaded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from courses.config.model import CourseConfig, GroupConfig, TaskConfig
from courses.grades import Formulas


class ChangeKind(StrEnum):
    """What becomes of a thing. Removed means disabled, with its history kept."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    POINTS = "points"
    DEADLINE = "deadline"
    SETTING = "setting"


class Thing(StrEnum):
    """What a change is about."""

    COURSE = "course"
    GROUP = "group"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a field of a thing, both values as people read them; empty is none. Dates are in the zone of the new config."""

    kind: ChangeKind
    thing: Thing
    name: str
    field: str = ""
    before: str = ""
    after: str = ""


def changes(old: CourseConfig | None, new: CourseConfig) -> tuple[Change, ...]:
    """What is added, removed, moved, worth other points or due at another time, and which settings change; the course first, then by group.

    What is disabled is not there, as on the pages. A new config that does not say a status leaves the old one.
    """
    old = old or CourseConfig(new.task_url_template, new.timezone, kind=new.kind, max_submissions=new.max_submissions)
    return (
        *_fields(ChangeKind.SETTING, Thing.COURSE, "", _settings(old), _settings(replace(new, status=new.status or old.status))),
        *_of_groups(old, new),
        *_of_tasks(_tasks(old), _tasks(new)),
    )


def _of_groups(old: CourseConfig, new: CourseConfig) -> Iterator[Change]:
    zone = ZoneInfo(new.timezone)
    before = {group.name: _dates(group, zone) for group in old.groups if group.enabled}
    after = {group.name: _dates(group, zone) for group in new.groups if group.enabled}
    yield from _comings_and_goings(Thing.GROUP, before, after)
    for name in after:
        if name in before:
            yield from _fields(ChangeKind.DEADLINE, Thing.GROUP, name, before[name], after[name])


def _of_tasks(before: Mapping[str, tuple[str, TaskConfig]], after: Mapping[str, tuple[str, TaskConfig]]) -> Iterator[Change]:
    yield from _comings_and_goings(Thing.TASK, before, after)
    for name in after:
        if name in before:
            (old_group, old), (new_group, new) = before[name], after[name]
            yield from _fields(ChangeKind.MOVED, Thing.TASK, name, {"group": old_group}, {"group": new_group})
            yield from _fields(ChangeKind.POINTS, Thing.TASK, name, {"points": str(old.points)}, {"points": str(new.points)})
            yield from _fields(ChangeKind.SETTING, Thing.TASK, name, _flags(old), _flags(new))


def _comings_and_goings(thing: Thing, before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Change]:
    yield from (Change(ChangeKind.ADDED, thing, name) for name in after if name not in before)
    yield from (Change(ChangeKind.REMOVED, thing, name) for name in before if name not in after)
    stayed, staying = [name for name in before if name in after], [name for name in after if name in before]
    if stayed != staying:
        yield Change(ChangeKind.MOVED, thing, "", "order", ", ".join(stayed), ", ".join(staying))


def _fields(kind: ChangeKind, thing: Thing, name: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    yield from (Change(kind, thing, name, field, before[field], after[field]) for field in after if before[field] != after[field])


def _tasks(config: CourseConfig) -> dict[str, tuple[str, TaskConfig]]:
    """The tasks that are there, with their groups, by name."""
    return {task.name: (group.name, task) for group in config.groups if group.enabled for task in group.tasks if task.enabled}


def _dates(group: GroupConfig, zone: ZoneInfo) -> dict[str, str]:
    steps = ", ".join(f"{step.share:g} from {_local(step.at, zone)}" for step in group.steps)
    return {"start": _local(group.start, zone), "steps": steps, "end": _local(group.end, zone)}


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _flags(task: TaskConfig) -> dict[str, str]:
    flags = {"bonus": task.is_bonus, "large": task.is_large, "special": task.is_special}
    return {"least score": str(task.min_score), "address": task.url or ""} | {flag: "yes" if on else "no" for flag, on in flags.items()}


def _settings(config: CourseConfig) -> dict[str, str]:
    return {
        "status": config.status or "",
        "time zone": config.timezone,
        "deadlines": config.kind,
        "most submissions": _text(config.max_submissions),
        "submission penalty": f"{config.submission_penalty:g}",
        "address of tasks": config.task_url_template,
        "links": ", ".join(f"{title}: {link}" for title, link in config.links.items()),
        "grades": _formulas(config.grades),
    }


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


def _formulas(grades: Formulas) -> str:
    return "; ".join(f"{grade}: {' or '.join(_minimums(alternative) for alternative in grades[grade])}" for grade in sorted(grades, reverse=True))


def _minimums(alternative: Mapping[str, float]) -> str:
    return " and ".join(f"{path or 'anything'} ≥ {minimum:g}" for path, minimum in alternative.items()) or "nothing"
