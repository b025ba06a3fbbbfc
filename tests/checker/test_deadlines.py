"""The share of the points by the time: the table of the contract, and the server's own rule beside it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.config.manytask import ManytaskConfig
from checker.config.reading import parse
from checker.deadlines import Deadline, Kind, multiplier
from checker.exceptions import BadConfig
from courses import deadlines as servers

TWO_STEPS, ONE_STEP = "{1.0: 2025-09-19 21:00, 0.5: 2025-09-26 21:00}", "{0.5: 2025-09-26 21:00}"


def group_deadline(kind: str = "hard", steps: str = "{}", start: str = "2025-09-07 10:00", end: str = "2026-01-01 00:00") -> Deadline:
    """What a group of a `.manytask.yml` comes to."""
    text = (
        f"version: 1\ndeadlines:\n  timezone: Europe/Moscow\n  deadlines: {kind}\n  schedule:\n    - {{group: a, start: {start}, end: {end}, steps: {steps}}}\n"
    )
    deadlines = parse(text, ManytaskConfig, ".manytask.yml").deadlines
    return deadlines.deadline(deadlines.schedule[0])


@pytest.mark.parametrize(
    ("moscow", "shares"),
    [
        ("2025-09-07 09:59:59", (0, 0, 0, 0)),
        ("2025-09-07 10:00:00", (1, 1, 1, 1)),
        ("2025-09-13 10:00:00", (1, 1, 1, 0.845824)),
        ("2025-09-19 21:00:00", (1, 1, 1, 0.679872)),
        ("2025-09-23 09:00:00", (1, 0.75, 1, 0.589936)),
        ("2025-09-26 21:00:00", (0.5, 0.5, 0.5, 0.5)),
        ("2025-12-31 23:59:59", (0.5, 0.5, 0.5, 0.5)),
        ("2026-01-01 00:00:00", (0, 0, 0, 0)),
    ],
)
def test_the_share_follows_the_clock_of_the_course(moscow: str, shares: tuple[float, ...]) -> None:
    at = datetime.fromisoformat(f"{moscow}+03:00")

    assert tuple(multiplier(group_deadline(kind, steps), at) for steps in (TWO_STEPS, ONE_STEP) for kind in ("hard", "interpolate")) == pytest.approx(
        shares, abs=5e-7
    )


@given(
    st.lists(st.integers(1, 1_000), max_size=4, unique=True).map(sorted),
    st.lists(st.floats(0, 1), min_size=4, max_size=4).map(lambda shares: sorted(shares, reverse=True)),
    st.integers(-10, 1_100),
    st.sampled_from(["hard", "interpolate"]),
)
@settings(max_examples=150)
def test_it_is_the_servers_own_rule(hours: list[int], shares: list[float], hour: int, kind: str) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    points = [(start + timedelta(hours=at), share) for at, share in zip(hours, shares, strict=False)]
    end, at = start + timedelta(hours=1_000), start + timedelta(hours=hour)

    ours = multiplier(Deadline(Kind(kind), start, end, tuple(points)), at)

    theirs = servers.Deadline(start, end, [servers.Step(*point) for point in points], servers.DeadlineKind(kind))
    assert ours == servers.multiplier(theirs, at)


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("7d", 168),
        ("13d 05:59:59", 13 * 24 + 6 - 1 / 3600),
        ('"7d 01:30"', 169.5),
        ("P3D", 72),
        ("2025-09-08 10:00", 24),
        ("2025-09-08 10:00:00", 24),
        ("2025-09-08T07:00:00Z", 24),
    ],
)
def test_a_date_is_written_in_many_ways_and_a_distance_counts_from_the_start(written: str, hours: float) -> None:
    deadline = group_deadline(steps=f"{{0.5: {written}}}")

    assert deadline.steps[0][0] - deadline.start == timedelta(hours=hours)


def test_a_distance_is_counted_on_the_clocks_of_the_course() -> None:
    text = "version: 1\ndeadlines:\n  timezone: Europe/Berlin\n  schedule:\n    - {group: a, start: 2026-03-28 12:00, end: 1d}\n"
    deadlines = parse(text, ManytaskConfig, ".manytask.yml").deadlines

    assert deadlines.deadline(deadlines.schedule[0]).end == datetime(2026, 3, 29, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "steps", ["{1.5: 7d}", "{-0.1: 7d}", "{0.5: 7d, 0.4: 7d}", "{0.5: 8d, 0.4: 7d}", "{0.5: 2025-09-01 00:00}", "{0.5: P9}", "{0.5: 7}", "{0.5: null}"]
)
def test_steps_out_of_order_are_refused(steps: str) -> None:
    with pytest.raises(BadConfig, match=r"\.manytask\.yml, line 6, deadlines\.schedule\[0\]"):
        group_deadline(steps=steps)
