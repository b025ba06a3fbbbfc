"""The multiplier: the contract's table, and what holds for every deadline."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.deadlines import Deadline, DeadlineKind, Step, multiplier
from tests.courses.examples import a_few

MOSCOW = ZoneInfo("Europe/Moscow")
HARD, INTERPOLATE = DeadlineKind.HARD, DeadlineKind.INTERPOLATE


def moscow(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


TWO_STEPS = {1.0: "2025-09-19 21:00", 0.5: "2025-09-26 21:00"}
ONE_STEP = {0.5: "2025-09-26 21:00"}


def contract_deadline(steps: dict[float, str], kind: DeadlineKind) -> Deadline:
    return Deadline(moscow("2025-09-07 10:00"), moscow("2026-01-01 00:00"), tuple(Step(moscow(at), share) for share, at in steps.items()), kind)


@pytest.mark.parametrize(
    ("now", "hard_two", "interpolated_two", "hard_one", "interpolated_one"),
    [
        ("2025-09-07 09:59:59", 0, 0, 0, 0),
        ("2025-09-07 10:00:00", 1, 1, 1, 1),
        ("2025-09-13 10:00:00", 1, 1, 1, 0.845824),
        ("2025-09-19 21:00:00", 1, 1, 1, 0.679872),
        ("2025-09-23 09:00:00", 1, 0.75, 1, 0.589936),
        ("2025-09-26 21:00:00", 0.5, 0.5, 0.5, 0.5),
        ("2025-12-31 23:59:59", 0.5, 0.5, 0.5, 0.5),
        ("2026-01-01 00:00:00", 0, 0, 0, 0),
    ],
)
def test_the_multiplier_is_the_contracts(now: str, hard_two: float, interpolated_two: float, hard_one: float, interpolated_one: float) -> None:
    found = [multiplier(contract_deadline(steps, kind), moscow(now)) for steps in (TWO_STEPS, ONE_STEP) for kind in (HARD, INTERPOLATE)]

    assert found == pytest.approx([hard_two, interpolated_two, hard_one, interpolated_one], abs=5e-7)


def test_a_deadline_without_steps_is_worth_everything_to_its_end() -> None:
    deadline = Deadline(moscow("2025-09-07 10:00"), moscow("2025-09-08 10:00"), kind=INTERPOLATE)

    assert multiplier(deadline, moscow("2025-09-08 09:59:59")) == 1
    assert multiplier(deadline, moscow("2025-09-08 10:00")) == 0


@st.composite
def deadlines(draw: st.DrawFn) -> Deadline:
    """Deadlines as a config may have them: steps rise in time and fall in share."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    gaps = draw(st.lists(st.integers(1, 10**7), max_size=5))
    shares = sorted(draw(st.lists(st.floats(0, 1), min_size=len(gaps), max_size=len(gaps), unique=True)), reverse=True)
    steps: list[Step] = []
    at = start
    for gap, share in zip(gaps, shares, strict=True):
        at += timedelta(seconds=gap)
        steps.append(Step(at, share))
    return Deadline(start, at + timedelta(seconds=draw(st.integers(0, 10**6))), tuple(steps), draw(st.sampled_from(DeadlineKind)))


INSTANTS = st.integers(-1000, 6 * 10**7).map(lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))


@a_few
@given(deadlines(), INSTANTS, INSTANTS)
def test_the_multiplier_never_rises_and_never_leaves_its_bounds(deadline: Deadline, one: datetime, other: datetime) -> None:
    earlier, later = sorted((max(one, deadline.start), max(other, deadline.start)))

    assert 1 >= multiplier(deadline, earlier) >= multiplier(deadline, later) >= 0


@a_few
@given(deadlines())
def test_at_each_point_the_multiplier_is_exactly_its_share(deadline: Deadline) -> None:
    for point in deadline.points:
        assert multiplier(deadline, point.at) == (point.share if point.at < deadline.end else 0)


@a_few
@given(deadlines(), INSTANTS)
def test_between_two_points_the_multiplier_lies_between_their_shares(deadline: Deadline, at: datetime) -> None:
    for before, after in zip(deadline.points, deadline.points[1:], strict=False):
        if before.at <= at < after.at:
            assert after.share <= multiplier(deadline, at) <= before.share


@a_few
@given(deadlines(), INSTANTS, st.integers(0, 10**6).map(lambda seconds: timedelta(seconds=seconds)), INSTANTS)
def test_an_extension_takes_nothing_from_anybody(deadline: Deadline, at: datetime, by: timedelta, until: datetime) -> None:
    before = multiplier(deadline, at)

    assert multiplier(deadline.extended(by=by), at) >= before
    assert multiplier(deadline.extended(until=until), at) >= before
    assert multiplier(deadline.extended(by=by, until=until), at) >= before


def test_extra_time_moves_each_step_and_the_end() -> None:
    deadline = contract_deadline(TWO_STEPS, HARD).extended(by=timedelta(days=2))

    assert multiplier(deadline, moscow("2025-09-07 10:00")) == 1
    assert multiplier(deadline, moscow("2025-09-28 20:59:59")) == 1
    assert multiplier(deadline, moscow("2025-09-28 21:00")) == 0.5
    assert multiplier(deadline, moscow("2026-01-02 23:59:59")) == 0.5
    assert multiplier(deadline, moscow("2026-01-03 00:00")) == 0


def test_an_own_end_moves_the_end_alone() -> None:
    deadline = contract_deadline(TWO_STEPS, HARD).extended(until=moscow("2026-02-01 00:00"))

    assert multiplier(deadline, moscow("2025-09-26 21:00")) == 0.5
    assert multiplier(deadline, moscow("2026-01-31 23:59:59")) == 0.5
    assert multiplier(deadline, moscow("2026-02-01 00:00")) == 0


def test_a_change_of_clocks_does_not_bend_the_line() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    # The night has 23 hours: half of them are over at 12:30 in summer time.
    deadline = Deadline(
        datetime(2026, 3, 29, 0, tzinfo=berlin),
        datetime(2026, 4, 1, tzinfo=berlin),
        (Step(datetime(2026, 3, 30, 0, tzinfo=berlin), 0.0),),
        INTERPOLATE,
    )

    assert multiplier(deadline, datetime(2026, 3, 29, 12, 30, tzinfo=berlin)) == 0.5


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Step(datetime(2026, 3, 29), 0.5)  # noqa: DTZ001  # The fault itself.


def test_negative_extra_time_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        contract_deadline(ONE_STEP, HARD).extended(by=timedelta(seconds=-1))
