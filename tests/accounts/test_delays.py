"""How long the next try has to wait."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.guessing.delays import ADDRESS, NEWCOMERS, PERSON, Patience, failures_at, wait_after
from tests.factories import NOON

PATIENCE = st.sampled_from([PERSON, ADDRESS, NEWCOMERS])


@pytest.mark.parametrize(
    ("failures", "patience", "seconds"),
    [(0, PERSON, 0), (4, PERSON, 0), (5, PERSON, 1), (6, PERSON, 2), (9, PERSON, 16), (15, PERSON, 900), (29, ADDRESS, 0), (30, ADDRESS, 1), (99, ADDRESS, 60)],
)
def test_the_first_tries_are_free_and_each_further_one_waits_twice_as_long(failures: int, patience: Patience, seconds: int) -> None:
    assert wait_after(failures, patience) == timedelta(seconds=seconds)


@given(st.integers(0, 10**9), PATIENCE)
def test_a_wait_never_shrinks_and_never_grows_beyond_the_longest(failures: int, patience: Patience) -> None:
    assert wait_after(failures, patience) <= wait_after(failures + 1, patience) <= patience.longest


@pytest.mark.parametrize(
    ("after", "patience", "counted"),
    [
        (timedelta(), PERSON, 7),
        (timedelta(minutes=15), PERSON, 6),
        (timedelta(minutes=105), PERSON, 0),
        (timedelta(days=1), PERSON, 0),
        (timedelta(seconds=45), ADDRESS, 5.5),
        (timedelta(seconds=-5), ADDRESS, 7),
    ],
)
def test_failures_fade(after: timedelta, patience: Patience, counted: float) -> None:
    assert failures_at(NOON + after, 7, NOON, patience) == counted


@given(st.integers(50, 300), PATIENCE)
def test_who_goes_on_guessing_gets_no_more_tries_than_fade(tries: int, patience: Patience) -> None:
    at, failures = NOON, 0.0
    for _ in range(tries):
        wait = wait_after(failures, patience)
        failures = failures_at(at + wait, failures, at, patience) + 1
        at += wait

    # What was free, what the growing waits cost, and from then on one for each that fades.
    assert tries <= patience.free + 20 + (at - NOON) / patience.fade
