"""The monitor's rules: histograms, periods, a queue that only grows, calls that somebody types."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import NOON
from workers.monitor.calls import WrongCallError, read_call
from workers.monitor.histogram import BOUNDS, bucket_of, quantile
from workers.monitor.series import PERIODS, Period, only_grows, plots, rate_in, slots_of


@settings(max_examples=50)
@given(durations=st.lists(st.floats(0, BOUNDS[-1]), min_size=1), share=st.floats(0.01, 1))
def test_a_quantile_lies_in_the_bucket_of_the_message_that_has_that_rank(durations: list[float], share: float) -> None:
    buckets: dict[int, int] = {}
    for seconds in durations:
        buckets[bucket_of(seconds)] = buckets.get(bucket_of(seconds), 0) + 1

    found = quantile(buckets, share)

    assert found is not None
    by_rank = sorted(durations)[max(0, -int(-share * len(durations) // 1) - 1)]
    lower = BOUNDS[bucket_of(by_rank) - 1] if bucket_of(by_rank) else 0.0
    assert lower <= found <= BOUNDS[min(bucket_of(by_rank), len(BOUNDS) - 1)]


def test_of_no_messages_there_is_no_quantile_and_beyond_the_last_bound_there_is_that_bound() -> None:
    assert quantile({}, 0.5) is None
    assert quantile({len(BOUNDS): 3}, 0.5) == BOUNDS[-1]


@pytest.mark.parametrize("period", PERIODS.values(), ids=PERIODS)
def test_a_period_is_so_many_slots_that_are_over(period: Period) -> None:
    at = NOON + timedelta(seconds=90)

    slots = slots_of(period, at)

    assert slots[-1] + period.step <= at < slots[-1] + 2 * period.step
    assert {later - earlier for earlier, later in pairwise(slots)} == {period.step}
    assert len(slots) * period.step == period.length


def test_throughput_has_its_zeros_and_durations_stand_where_messages_were() -> None:
    slots = [NOON, NOON + timedelta(minutes=5)]

    throughput, median, *_ = plots(slots, {NOON: {0: 10}}, timedelta(minutes=5))

    assert throughput["values"] == [2.0, 0.0]
    assert median["labels"] == [NOON.isoformat()]


@pytest.mark.parametrize(
    ("waiting", "grows"),
    [
        ([*range(0, 1000, 100)], True),
        ([*range(0, 900, 100)], False),
        ([0, 100, 200, 300, 400, 500, 600, 700, 800, 799], False),
        ([5] * 20, False),
        ([*range(10)], False),
    ],
    ids=["grows", "too short", "shrank once", "stands", "grows by little"],
)
def test_a_queue_only_grows_if_it_never_shrank_for_long_and_grew_much(waiting: list[int], grows: bool) -> None:
    assert only_grows(waiting) is grows


@pytest.mark.parametrize(("out", "waiting", "rate"), [(10, [0, 20, 40], 30), (10, [50, 0], 0), (10, [], 10)])
def test_what_comes_in_is_what_left_and_what_it_grew_by(out: float, waiting: list[int], rate: float) -> None:
    assert rate_in(out, waiting) == rate


def draw(task_id: int, tick_id: int | None = None) -> None:
    """An actor."""


@pytest.mark.parametrize("typed", ["[7]", "[7, null]", '{"task_id": 7}', '{"tick_id": 3, "task_id": 7}'])
def test_a_call_that_fits_is_taken(typed: str) -> None:
    args, kwargs = read_call(draw, typed)

    draw(*args, **kwargs)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "missing a required argument: 'task_id'"),
        ("[7", "no JSON"),
        ("[NaN]", "NaN"),
        ("7", "array or an object"),
        ("[1, 2, 3]", "too many positional"),
        ('{"task": 7}', "missing a required argument"),
        ('["7"]', "task_id: Input should be a valid integer"),
        ("[true]", "task_id: Input should be a valid integer"),
    ],
)
def test_a_call_that_does_not_fit_is_refused_with_the_reason(typed: str, said: str) -> None:
    with pytest.raises(WrongCallError, match=said):
        read_call(draw, typed)
