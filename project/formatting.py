"""How times, numbers and durations read on a page: pure functions, and the template filters made of them."""

from datetime import UTC, datetime, timedelta, tzinfo

from flask import Flask
from markupsafe import Markup

NOTHING = "—"
PLAIN_FROM, PLAIN_BELOW = 1e-4, 1e15
"""Sizes that read well written out; outside them a number is shown as a power of ten."""

SECOND, MINUTE, HOUR, DAY = 1, 60, 3_600, 86_400
UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))


def utc(value: datetime | None) -> Markup:
    """A `<time>` element with the instant in UTC, to the second; a dash for None. In the browser times.js shows it in the reader's zone.

    A naive datetime raises ValueError: whose midnight it means can't be known here.
    """
    return _time(value, "")


def ago(value: datetime | None) -> Markup:
    """As `utc`, for an instant of which the distance tells more than the date: times.js shows "3 minutes ago", or "in 2 hours"."""
    return _time(value, " data-ago")


def local(value: datetime | None, zone: tzinfo) -> Markup:
    """A `<time>` element with the instant as clocks of a `zone` show it, such as a course's; times.js leaves that and says the reader's own in the title."""
    if value is None:
        return Markup(NOTHING)  # nosec B704  # a constant of ours
    instant = value.astimezone(UTC).replace(microsecond=0)
    clock = instant.astimezone(zone)
    shown = f"{clock.day} {clock:%b %Y, %H:%M:%S}" if clock.second else f"{clock.day} {clock:%b %Y, %H:%M}"
    return Markup('<time datetime="%s" title="%s" data-local>%s</time>') % (instant.isoformat(), instant.strftime("%Y-%m-%d %H:%M:%S UTC"), shown)


def _time(value: datetime | None, marks: str) -> Markup:
    if value is None:
        return Markup(NOTHING)  # nosec B704  # a constant of ours
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone: make it aware, e.g. with tzinfo=UTC")
    instant = value.astimezone(UTC).replace(microsecond=0)
    shown = instant.strftime("%Y-%m-%d %H:%M:%S UTC")
    return Markup('<time datetime="%s" title="%s"%s>%s</time>') % (instant.isoformat(), shown, marks, shown)


def readable(value: float, digits: int = 6) -> str:
    """A number as short as it still says something: so many significant digits, thousands separated.

    An int keeps all its digits; very large and very small floats become 1.7e+308.
    """
    if isinstance(value, int):
        return f"{value:,}"
    if value == 0:
        return "0"
    if not PLAIN_FROM <= abs(value) < PLAIN_BELOW:
        return min(f"{value:.{digits}g}", repr(value), key=len)
    all_before_the_point = abs(value) >= 10 ** (digits - 1)
    return f"{value:,.0f}" if all_before_the_point else f"{value:,.{digits}g}"


def number(value: float | None, digits: int = 6) -> Markup:
    """`readable`, marked up for columns of numbers; what was rounded away is in the title. A dash for None.

    What a person typed, such as a limit, wants 15 digits: then it shows as it was typed.
    """
    if value is None:
        return Markup(NOTHING)  # nosec B704  # a constant of ours
    shown = readable(value, digits)
    if isinstance(value, int) or float(shown.replace(",", "")) == value:
        return Markup('<span class="number">%s</span>') % shown
    return Markup('<span class="number" title="%s">%s</span>') % (repr(value), shown)


def duration(value: timedelta | float | None) -> str:
    """A span of time in its two largest units, "3 min 10 s"; a number counts seconds; a dash for None.

    Below a minute with a tenth, below a second in ms. Clocks that disagree make negative spans: they read 0 ms.
    """
    if value is None:
        return NOTHING
    seconds = max(0.0, value.total_seconds() if isinstance(value, timedelta) else value)
    if seconds < SECOND and round(seconds * 1000) < 1000:
        return f"{round(seconds * 1000)} ms"
    if round(seconds, 1) < MINUTE:
        return f"{round(seconds, 1):g} s"
    return _two_largest(round(seconds))


def _two_largest(seconds: int) -> str:
    """Whole seconds in the two largest units they fill; a unit of which there is none is left out."""
    largest = next(position for position, (size, _) in enumerate(UNITS) if seconds >= size)
    parts = []
    for size, name in UNITS[largest : largest + 2]:
        amount, seconds = divmod(seconds, size)
        if amount:
            parts.append(f"{amount} {name}")
    return " ".join(parts)


def yes_no(value: bool) -> str:
    """A flag as a word."""
    return "yes" if value else "no"


def register(app: Flask) -> None:
    """Give the templates the filters `utc`, `ago`, `local`, `number` and `duration`."""
    for show in (utc, ago, local, number, duration):
        app.add_template_filter(show)
