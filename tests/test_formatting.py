"""How instants, numbers, spans of time and flags read on a page."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from html import unescape
from math import nextafter
from re import fullmatch
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, render_template_string
from hypothesis import given
from hypothesis import strategies as st

from project.formatting import ago, duration, local, number, readable, register, utc, yes_no

finite = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("instant", "shown", "attribute"),
    [
        (datetime(2026, 11, 21, 12, 0, tzinfo=UTC), "2026-11-21 12:00:00 UTC", "2026-11-21T12:00:00+00:00"),
        (datetime(2026, 11, 21, 12, 0, 59, 999_999, tzinfo=UTC), "2026-11-21 12:00:59 UTC", "2026-11-21T12:00:59+00:00"),
        (datetime(2026, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=3))), "2025-12-31 22:30:00 UTC", "2025-12-31T22:30:00+00:00"),
    ],
)
def test_an_instant_reads_in_utc_to_the_second(instant: datetime, shown: str, attribute: str) -> None:
    assert utc(instant) == f'<time datetime="{attribute}" title="{shown}">{shown}</time>'


def test_an_instant_whose_distance_tells_more_says_so_to_the_pages_script() -> None:
    assert ago(datetime(2026, 11, 21, 12, 0, tzinfo=UTC)) == (
        '<time datetime="2026-11-21T12:00:00+00:00" title="2026-11-21 12:00:00 UTC" data-ago>2026-11-21 12:00:00 UTC</time>'
    )


@pytest.mark.parametrize(("second", "shown"), [(0, "1 Jan 2027, 02:30"), (5, "1 Jan 2027, 02:30:05")])
def test_an_instant_of_a_zone_of_the_pages_choice_reads_as_clocks_show_it_there(second: int, shown: str) -> None:
    element = local(datetime(2026, 12, 31, 23, 30, second, tzinfo=UTC), ZoneInfo("Europe/Moscow"))

    assert element == (f'<time datetime="2026-12-31T23:30:{second:02}+00:00" title="2026-12-31 23:30:{second:02} UTC" data-local>{shown}</time>')
    assert local(None, UTC) == "—"


@pytest.mark.parametrize("show", [utc, ago])
def test_no_instant_reads_as_a_dash(show: Callable[[None], str]) -> None:
    assert show(None) == "—"


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        utc(datetime(2026, 11, 21, 12, 0))  # noqa: DTZ001  # that is the mistake


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        *((0, "0"), (7, "7"), (-7, "-7"), (1_234, "1,234"), (-1_234_567, "-1,234,567"), (10**18, "1,000,000,000,000,000,000")),
        *((0.0, "0"), (-0.0, "0"), (1.0, "1"), (-2.5, "-2.5"), (0.1, "0.1"), (1 / 3, "0.333333"), (2 / 3, "0.666667")),
        *((1234.5, "1,234.5"), (12345.678, "12,345.7"), (123456.7, "123,457"), (99999.96, "100,000"), (1e6, "1,000,000")),
        *((1e-4, "0.0001"), (9.9e-5, "9.9e-05"), (1e14, "100,000,000,000,000"), (1e15, "1e+15"), (1.7e308, "1.7e+308")),
        *((sys.float_info.max, "1.79769e+308"), (-sys.float_info.max, "-1.79769e+308"), (5e-324, "5e-324"), (1e-5, "1e-05")),
    ],
)
def test_a_number_reads_short_and_with_its_thousands(value: float, shown: str) -> None:
    assert readable(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        *((0.1, "0.1"), (0.123456789012345, "0.123456789012345"), (1234.56789, "1,234.56789"), (1.7e308, "1.7e+308"), (123456.7, "123,456.7")),
        *((-99999.95, "-99,999.95"), (123456789012345.0, "123,456,789,012,345"), (0.1 + 0.2, "0.3")),
    ],
)
def test_what_somebody_typed_reads_as_it_was_typed(value: float, shown: str) -> None:
    assert readable(value, 15) == shown


@given(value=finite)
def test_a_number_reads_as_about_what_it_is(value: float) -> None:
    shown = float(readable(value).replace(",", ""))

    # In halves, because the largest number's rounding lies beyond the floats.
    assert shown / 2 == pytest.approx(value / 2, rel=5.1e-6)


@given(value=finite, digits=st.sampled_from([6, 15]))
def test_what_was_rounded_away_can_be_read_in_the_title(value: float, digits: int) -> None:
    marked_up = fullmatch(r'<span class="number"(?: title="(.*)")?>(.*)</span>', number(value, digits))

    assert marked_up
    title, text = marked_up.groups()
    assert float(title or text.replace(",", "")) == value


@pytest.mark.parametrize("value", [0.1, 2.5, 1e6, 7, 0])
def test_a_number_shown_with_all_its_digits_has_no_title(value: float) -> None:
    assert "title" not in number(value)


@pytest.mark.parametrize("value", [nextafter(1.0, 2.0), 1 / 3, 123456.7])
def test_a_number_shown_without_all_its_digits_has_a_title(value: float) -> None:
    assert f'title="{value!r}"' in number(value)


def test_no_number_reads_as_a_dash() -> None:
    assert number(None) == "—"


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        *((0, "0 ms"), (0.0004, "0 ms"), (0.001, "1 ms"), (0.25, "250 ms"), (0.9994, "999 ms"), (0.9996, "1 s")),
        *((1, "1 s"), (1.04, "1 s"), (1.25, "1.2 s"), (9.96, "10 s"), (59.94, "59.9 s"), (59.96, "1 min")),
        *((60, "1 min"), (61, "1 min 1 s"), (190, "3 min 10 s"), (3599.4, "59 min 59 s"), (3599.6, "1 h")),
        *((3600, "1 h"), (3605, "1 h"), (3660, "1 h 1 min"), (86_399, "23 h 59 min"), (86_400, "1 d"), (90_000, "1 d 1 h")),
        *((86_460, "1 d"), (400 * 86_400, "400 d"), (-5, "0 ms"), (-0.001, "0 ms")),
    ],
)
def test_a_span_of_time_reads_in_its_two_largest_units(span: float, shown: str) -> None:
    assert duration(span) == duration(timedelta(seconds=span)) == shown


def test_no_span_reads_as_a_dash() -> None:
    assert duration(None) == "—"


@given(seconds=st.floats(0, 1e9))
def test_a_span_reads_as_at_most_two_units_none_of_them_empty(seconds: float) -> None:
    shown = duration(seconds)

    parts = shown.split(" ")
    assert len(parts) in (2, 4)
    assert shown == "0 ms" or all(float(amount) > 0 for amount in parts[::2])


@pytest.mark.parametrize(("flag", "shown"), [(True, "yes"), (False, "no")])
def test_a_flag_reads_as_a_word(flag: bool, shown: str) -> None:
    assert yes_no(flag) == shown


def test_templates_have_each_of_them_and_do_not_escape_their_marks() -> None:
    app = Flask(__name__)
    register(app)

    with app.app_context():
        shown = render_template_string("{{ none|utc }} {{ none|ago }} {{ 2.5|number }} {{ 190|duration }}")

    assert unescape(shown) == shown == '— — <span class="number">2.5</span> 3 min 10 s'
