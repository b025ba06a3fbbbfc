"""Dates and spans of time as configs write them.

A date without an offset is local to the course's zone. A local time that a change of clocks leaves out, or has twice, is read with the offset before the
change, as Python does. A span counts from the group's start on the course's clock: 7d after 10:00 is 10:00, whatever the clocks did.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from yaml.nodes import Node

from courses.config.values import Unfit, scalar, shown, text

FIRST_YEAR, LAST_YEAR = 1900, 9998
"""So that a date stays one in any zone."""
EXAMPLES = 'a date such as "2026-02-01 23:59"'
SPAN_EXAMPLES = "a span such as 7d, 13d 05:59:59 or P3D"
_DATE = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)"
    r"(?:(?:[Tt]|\s+)(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d*)?)?\s*(?P<offset>[Zz]|[+-]\d\d?(?::?\d\d)?)?)?",
    re.ASCII,
)
_DAYS = re.compile(r"(?P<days>\d+) ?(?:d|days?),?(?: +(?P<hours>\d\d?):(?P<minutes>\d\d)(?::(?P<seconds>\d\d))?)?", re.ASCII)
_CLOCK = re.compile(r"(?:(?P<days>\d+) +)?(?P<hours>\d\d?):(?P<minutes>\d\d):(?P<seconds>\d\d)", re.ASCII)
_ISO = re.compile(r"P(?=.)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?(?:T(?=.)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?", re.ASCII)


def time_zone(node: Node) -> ZoneInfo:
    """A zone by its IANA name."""
    name = text(node)
    try:
        return ZoneInfo(name)
    # A folder of the database, a path out of it and a name too long for a file are no zones either.
    except (ValueError, OSError, KeyError):
        raise Unfit(f'{shown(node)} is not a time zone, e.g. "Europe/Berlin"') from None


def instant(node: Node, zone: ZoneInfo) -> datetime:
    """The instant of a date, in UTC."""
    written = scalar(node, EXAMPLES).value.strip()
    found = _DATE.fullmatch(written)
    if not found:
        raise Unfit(f"{shown(node)} is not {EXAMPLES}")
    numbers = {unit: int(value) for unit, value in found.groupdict().items() if value and unit != "offset"}
    if not FIRST_YEAR <= numbers["year"] <= LAST_YEAR:
        raise Unfit(f"{shown(node)} is not a date between the years {FIRST_YEAR} and {LAST_YEAR}")
    try:
        return datetime(**numbers, tzinfo=_offset(found["offset"]) or zone).astimezone(UTC)
    except ValueError:
        raise Unfit(f"{shown(node)} is not a date that exists") from None


def instant_after(node: Node, start: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a date, or of a span after the start, in UTC."""
    written = scalar(node, f"{EXAMPLES}, nor {SPAN_EXAMPLES}").value.strip()
    if _DATE.fullmatch(written):
        return instant(node, zone)
    found = _DAYS.fullmatch(written) or _CLOCK.fullmatch(written) or _ISO.fullmatch(written)
    if not found:
        raise Unfit(f"{shown(node)} is neither {EXAMPLES} nor {SPAN_EXAMPLES}")
    try:
        after = start.astimezone(zone) + timedelta(**{unit: int(value) for unit, value in found.groupdict().items() if value})
    except (OverflowError, ValueError):
        raise Unfit(f"{shown(node)} is too long") from None
    if after.year > LAST_YEAR:
        raise Unfit(f"{shown(node)} ends after the year {LAST_YEAR}")
    return after.astimezone(UTC)


def _offset(written: str | None) -> timezone | None:
    """The zone of an offset such as Z, +3, +03 and +03:00; ValueError beyond a day."""
    if written is None:
        return None
    if written in "Zz":
        return UTC
    digits = written[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if written[0] == "-" else span)
