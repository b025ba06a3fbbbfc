"""Slots are the multiples of the interval since 1970, for every process the same."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.slots import EPOCH, latest_slot, next_slot

instants = st.floats(0, 7e9).map(lambda seconds: EPOCH + timedelta(seconds=seconds))
intervals = st.integers(1, 7 * 86400)


@pytest.mark.parametrize(
    ("at", "interval", "slot"),
    [
        (datetime(2026, 11, 21, 12, 0, tzinfo=UTC), 300, datetime(2026, 11, 21, 12, 0, tzinfo=UTC)),
        (datetime(2026, 11, 21, 12, 4, 59, 999999, tzinfo=UTC), 300, datetime(2026, 11, 21, 12, 0, tzinfo=UTC)),
        (datetime(2026, 11, 21, 12, 5, tzinfo=UTC), 300, datetime(2026, 11, 21, 12, 5, tzinfo=UTC)),
        (datetime(2026, 11, 21, 12, 5, 7, tzinfo=UTC), 10, datetime(2026, 11, 21, 12, 5, tzinfo=UTC)),
    ],
)
def test_the_latest_slot_is_the_newest_multiple_that_has_come(at: datetime, interval: int, slot: datetime) -> None:
    assert latest_slot(at, interval) == slot


@given(instants, intervals)
def test_every_instant_lies_between_two_neighbouring_slots(at: datetime, interval: int) -> None:
    assert latest_slot(at, interval) <= at < next_slot(at, interval)
    assert next_slot(at, interval) - latest_slot(at, interval) == timedelta(seconds=interval)


@given(instants, intervals)
def test_a_slot_is_a_whole_number_of_intervals_since_1970(at: datetime, interval: int) -> None:
    assert (latest_slot(at, interval) - EPOCH) % timedelta(seconds=interval) == timedelta(0)
