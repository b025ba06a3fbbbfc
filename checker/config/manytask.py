"""`.manytask.yml`, as far as the checker needs it: the schedule. The server reads the same file whole."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, PlainSerializer, TypeAdapter, ValidationError, WithJsonSchema, model_validator

from checker.config.checker import Version
from checker.config.reading import MisplacedError, Section
from checker.deadlines import Deadline, Kind
from checker.exceptions import BadConfig

MANYTASK_FILES = (".manytask.yml", ".manytask.yaml")

DAYS = re.compile(r"(\d+)d(?:\s+(\d+):(\d\d)(?::(\d\d))?)?")
"""`200d`, `13d 05:59:59`"""
ISO_DURATION = TypeAdapter(timedelta)


def moment(value: Any) -> datetime | timedelta:
    """A date as teachers write it, or a distance from the group's start. A date without an offset is local to the course."""
    match value:
        case datetime() | timedelta():
            return value
        case date():
            return datetime.combine(value, time())
        case str() if found := DAYS.fullmatch(value.strip()):
            days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
            return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        case str() if value.strip().startswith("P"):
            try:
                return ISO_DURATION.validate_python(value.strip())
            except ValidationError:
                pass
        case str():
            try:
                return datetime.fromisoformat(value.strip())
            except ValueError:
                pass
    raise ValueError(f'{value!r} is neither a date such as "2026-09-01 18:00" nor a distance such as "7d" or "13d 05:59:59"')


def zone(value: Any) -> ZoneInfo:
    """A zone by its IANA name."""
    try:
        return value if isinstance(value, ZoneInfo) else ZoneInfo(value)
    except (KeyError, TypeError, ValueError, OSError):
        raise ValueError(f'{value!r} is not the name of a time zone, such as "Europe/Moscow"') from None


AS_TEXT = WithJsonSchema({"type": "string"})
Moment = Annotated[datetime | timedelta, BeforeValidator(moment), AS_TEXT]
Zone = Annotated[ZoneInfo, BeforeValidator(zone), PlainSerializer(str), AS_TEXT]


class TaskEntry(Section):
    """A task of the schedule."""

    task: str = Field(min_length=1)
    score: int
    enabled: bool = True

    @property
    def name(self) -> str:
        """The task's name, which is its folder's."""
        return self.task


class GroupEntry(Section):
    """A group of the schedule."""

    group: str = Field(min_length=1)
    enabled: bool = True
    start: Annotated[datetime, BeforeValidator(moment), AS_TEXT]
    steps: dict[float, Moment] = {}
    end: Moment
    tasks: list[TaskEntry] = []

    @property
    def name(self) -> str:
        """The group's name, which is its folder's if it has one."""
        return self.group


class Deadlines(Section):
    """The schedule with its zone."""

    timezone: Zone
    deadlines: Kind = Kind.HARD
    schedule: list[GroupEntry]

    @model_validator(mode="after")
    def names_are_unique(self) -> Self:
        """No two groups, and no two tasks, share a name."""
        groups: set[str] = set()
        tasks: set[str] = set()
        for number, group in enumerate(self.schedule):
            if group.name in groups:
                raise MisplacedError(f'another group is called "{group.name}" already', "schedule", number, "group")
            groups.add(group.name)
            for index, task in enumerate(group.tasks):
                if task.name in tasks:
                    raise MisplacedError(f'another task is called "{task.name}" already', "schedule", number, "tasks", index, "task")
                tasks.add(task.name)
        return self

    @model_validator(mode="after")
    def instants_are_in_order(self) -> Self:
        """Every group's instants are in order and its shares fall, as the server demands."""
        for number, group in enumerate(self.schedule):
            if fault := self.deadline(group).fault():
                raise MisplacedError(f'group "{group.name}": {fault}', "schedule", number)
        return self

    def tasks(self) -> Iterator[tuple[GroupEntry, TaskEntry]]:
        """Every task with its group, in the schedule's order."""
        return ((group, task) for group in self.schedule for task in group.tasks)

    def deadline(self, group: GroupEntry) -> Deadline:
        """The group's instants in UTC; a distance is counted from the start, on the course's clocks."""
        start = self.instant(group.start)

        def at(point: datetime | timedelta) -> datetime:
            return self.instant(point) if isinstance(point, datetime) else self.instant(start.astimezone(self.timezone).replace(tzinfo=None) + point)

        return Deadline(self.deadlines, start, at(group.end), tuple((at(point), share) for share, point in group.steps.items()))

    def instant(self, point: datetime) -> datetime:
        """The point in UTC."""
        return (point if point.tzinfo else point.replace(tzinfo=self.timezone)).astimezone(UTC)


class ManytaskConfig(Section):
    """`.manytask.yml`."""

    version: Version
    deadlines: Deadlines


def manytask_file(root: Path) -> Path:
    """The course's file, under either name; BadConfig if there is none."""
    for name in MANYTASK_FILES:
        if (root / name).is_file():
            return root / name
    raise BadConfig(f"{root / MANYTASK_FILES[0]} is missing: it has the course's schedule")
