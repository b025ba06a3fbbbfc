"""A config for another year: the same text, with every date of its schedule later, comments and all."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from courses.config.document import entries, pairs, parse
from courses.config.faults import whole_file

_DAY = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)", re.ASCII)


def shifted(data: bytes, days: int, status: str) -> str:
    """The text of a config that can be read, all dates `days` later, the time of day as it is; where it says a status, that one.

    Spans stay, for they count from a date. Raises ConfigFaults for a date that the calendar does not reach.
    """
    root, text = parse(data), data.decode("utf-8-sig")
    # Python ends lines where YAML 1.1 does, and at a few control characters more, which no config has.
    lines = text.splitlines(keepends=True)
    changed: dict[tuple[int, int], tuple[int, str]] = {}
    for node in _dates(root):
        old = _written(lines, node)
        changed[_place(node)] = (len(old), _later(old, days, node))
    said = entries(root).get("status")
    if isinstance(said, ScalarNode):
        changed[_place(said)] = (len(_written(lines, said)), status)
    # From the end, so that places before it stay what they are.
    for (line, column), (length, new) in sorted(changed.items(), reverse=True):
        lines[line] = lines[line][:column] + new + lines[line][column + length :]
    return "".join(lines)


def _dates(root: Node) -> Iterator[ScalarNode]:
    """The starts, ends and steps of the schedule that stand on one line; an alias is what it stands for."""
    deadlines = entries(root).get("deadlines")
    schedule = entries(deadlines).get("schedule") if isinstance(deadlines, MappingNode) else None
    for group in schedule.value if isinstance(schedule, SequenceNode) else ():
        own = entries(group) if isinstance(group, MappingNode) else {}
        steps = own.get("steps")
        found = [own.get("start"), own.get("end"), *((value for _, value in pairs(steps)) if isinstance(steps, MappingNode) else ())]
        yield from (node for node in found if isinstance(node, ScalarNode) and _DAY.match(node.value.strip()) and node.start_mark.line == node.end_mark.line)


def _place(node: Node) -> tuple[int, int]:
    return node.start_mark.line, node.start_mark.column


def _written(lines: list[str], node: Node) -> str:
    """The node as it stands in the file, with its quotes."""
    return lines[node.start_mark.line][node.start_mark.column : node.end_mark.column]


def _later(written: str, days: int, node: Node) -> str:
    try:
        return _DAY.sub(lambda found: (date(*map(int, found.groups())) + timedelta(days=days)).isoformat(), written, count=1)
    except (ValueError, OverflowError):
        raise whole_file(f"{node.value} can't be moved by {days} days", node.start_mark.line + 1) from None
