"""The schedule of a config: groups with their deadlines, and the tasks in them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from yaml.nodes import Node

from courses.config.dates import EXAMPLES, SPAN_EXAMPLES, instant, instant_after
from courses.config.document import entries, line_of, pairs
from courses.config.model import GroupConfig, TaskConfig
from courses.config.section import Section, mapping
from courses.config.values import Unfit, address, flag, name, number, shown, whole
from courses.deadlines import Step

ANY_START = datetime(2000, 1, 1, tzinfo=UTC)
"""What spans count from in a group whose start can't be read, so that what is wrong with them is said at once, too."""


def read_groups(deadlines: Section, zone: ZoneInfo) -> Sequence[GroupConfig]:
    """The groups that can be read; whatever is wrong with the others is noted."""
    names = Names()
    found = [_group(section, zone, names) for section in deadlines.sections("schedule", required=True)]
    return tuple(group for group in found if group is not None)


class Names:
    """The names of groups and tasks seen so far, and their lines: each is there once in a course."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str], int] = {}

    def read(self, section: Section, kind: str) -> str | None:
        """The name of a group or task, `kind` being its key; one that is taken is noted."""
        found = section.required(kind, name, f"the name of the {kind}")
        if found is not None:
            node = entries(section.node)[kind]
            if (kind, found) in self._lines:
                section.note(node, section.below(kind), f'the name "{found}" is taken by the {kind} on line {self._lines[kind, found]}')
            self._lines[kind, found] = line_of(node)
        return found


def _group(section: Section, zone: ZoneInfo, names: Names) -> GroupConfig | None:
    title = names.read(section, "group")
    tasks = tuple(task for task in (_task(below, names) for below in section.sections("tasks")) if task is not None)
    enabled = section.optional("enabled", flag, True)
    start = section.required("start", lambda node: instant(node, zone), EXAMPLES)
    end = section.required("end", lambda node: instant_after(node, start or ANY_START, zone), f"{EXAMPLES}, or {SPAN_EXAMPLES}")
    if start is not None and end is not None and end < start:
        section.note(entries(section.node)["end"], section.below("end"), f"{shown(entries(section.node)['end'])} is before the start")
    steps = tuple(_steps(section, start, end, zone))
    if title is None or start is None or end is None:
        return None
    return GroupConfig(title, start, end, steps, enabled, tasks)


def _steps(section: Section, start: datetime | None, end: datetime | None, zone: ZoneInfo) -> Iterator[Step]:
    """The steps of a group, each noted that does not come after the one before it, or is worth as much."""
    node = section.optional("steps", mapping, None)
    path = section.below("steps")
    before, written = Step(start or ANY_START, 1.0), "the start"
    for key, value in pairs(node) if node else ():
        share = section.read(key, path, _share)
        at = section.read(value, path, lambda node: instant_after(node, start or ANY_START, zone))
        if share is None or at is None or start is None:
            continue
        step, what = Step(at, share), f"{key.value} ({_written(value)})"
        if at <= before.at:
            section.note(key, path, f"{what} is not after {written}: each step is later than the one before it")
        elif share > before.share:
            section.note(key, path, f"{what} comes after {written}: shares may only fall")
        elif end is not None and at > end:
            section.note(key, path, f"{what} is after the end, so it would never be reached")
        yield step
        before, written = step, what


def _share(node: Node) -> float:
    found = number(node)
    if not 0 <= found <= 1:
        raise Unfit(f"{shown(node)} is not a share from 0 to 1")
    return found


def _written(node: Node) -> str:
    return shown(node).strip('"')


def _task(section: Section, names: Names) -> TaskConfig | None:
    title = names.read(section, "task")
    points = section.required("score", whole(0), "the task's points")
    task = TaskConfig(
        name=title or "",
        points=points or 0,
        enabled=section.optional("enabled", flag, True),
        min_score=section.optional("min_score", whole(), 0),
        special=section.optional("special", whole(), 0),
        is_bonus=section.optional("is_bonus", flag, False),
        is_large=section.optional("is_large", flag, False),
        is_special=section.optional("is_special", flag, False),
        url=section.optional("url", address, None),
    )
    return None if title is None or points is None else task
