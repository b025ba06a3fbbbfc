"""How dates and spans are written, and which instants they are."""

from datetime import UTC, datetime

import pytest

from tests.courses.config.written import faults_of_group, group


def iso(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-01-15 12:00", "2026-01-15 11:00"),
        ("'2026-01-15 12:00'", "2026-01-15 11:00"),
        ("2026-01-15 12:00:30", "2026-01-15 11:00:30"),
        ("2026-01-15T12:00", "2026-01-15 11:00"),
        ("2026-01-15", "2026-01-14 23:00"),
        ("2026-1-5 7:05", "2026-01-05 06:05"),
        ("2026-01-15 12:00:00Z", "2026-01-15 12:00"),
        ("2026-01-15 12:00:00+03:00", "2026-01-15 09:00"),
        ("2026-01-15 12:00 +0330", "2026-01-15 08:30"),
        ("2026-01-15 12:00:00 -5", "2026-01-15 17:00"),
        ("2026-07-15 12:00", "2026-07-15 10:00"),
    ],
)
def test_a_date_is_local_to_the_course_unless_it_has_an_offset(written: str, instant: str) -> None:
    assert group(start=written, end="2027-01-01").start == iso(instant)


@pytest.mark.parametrize(
    ("zone", "written", "instant"),
    [
        # 02:30 is left out: read as one hour after 01:30, which clocks show as 03:30.
        ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29 01:30"),
        # 02:30 comes twice: the first one.
        ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25 00:30"),
        # Midnight is left out.
        ("America/Santiago", "2026-09-06 00:00", "2026-09-06 04:00"),
        # A whole day is.
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30 22:00"),
        ("Asia/Kathmandu", "2026-01-15 12:00", "2026-01-15 06:15"),
    ],
)
def test_a_local_time_that_clocks_leave_out_or_show_twice_has_the_offset_before_the_change(zone: str, written: str, instant: str) -> None:
    assert group(zone, start=written, end="2030-01-01").start == iso(instant)


@pytest.mark.parametrize(
    ("written", "end"),
    [
        ("200d", "2026-07-20 08:00"),
        ("1 day", "2026-01-02 09:00"),
        ("3 days", "2026-01-04 09:00"),
        ("13d 05:59:59", "2026-01-14 14:59:59"),
        ("13d 05:59", "2026-01-14 14:59"),
        ("13 days, 05:59:59", "2026-01-14 14:59:59"),
        ("13 05:59:59", "2026-01-14 14:59:59"),
        ("05:59:59", "2026-01-01 14:59:59"),
        ("P3D", "2026-01-04 09:00"),
        ("P1W", "2026-01-08 09:00"),
        ("P1DT12H30M15S", "2026-01-02 21:30:15"),
        ("PT90M", "2026-01-01 10:30"),
    ],
)
def test_a_span_counts_from_the_start_on_the_courses_clock(written: str, end: str) -> None:
    assert group(end=written).end == iso(end)


@pytest.mark.parametrize(
    "written", ["soon", "7", "7 weeks", "-7d", "P", "PT", "P1Y", "d", "2026-02-30", "2026-01-15 25:00", "15.01.2026", "[7d]", "3000000d", "9999999999d"]
)
def test_what_is_neither_is_a_fault(written: str) -> None:
    (fault,) = faults_of_group(end=written)

    assert fault.startswith("deadlines.schedule[0].end: ")
    assert fault.endswith(" Line 9.")


@pytest.mark.parametrize("written", ["7d", "1899-12-31", "9999-12-31", "2026-01-01 10:00:00+25:00", "1767258000", "true"])
def test_a_start_is_a_date_in_reach(written: str) -> None:
    (fault,) = faults_of_group(start=written)

    assert fault.startswith("deadlines.schedule[0].start: ")
