"""The histogram: every number counted once, in bins that cover all of them, however wide or narrow their range."""

import sys
from itertools import pairwise
from math import isfinite, nextafter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasks_app.histogram import BINS, Bin, histogram

LARGEST = sys.float_info.max
SMALLEST = 5e-324

numbers = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=50)
bin_counts = st.integers(1, 40)


def test_no_numbers_fill_no_bin() -> None:
    assert histogram([]) == []


@pytest.mark.parametrize("number", [0.0, -0.0, 1.5, -LARGEST, LARGEST, SMALLEST])
def test_equal_numbers_fill_one_bin(number: float) -> None:
    assert histogram([number] * 5) == [Bin(number, number, 5)]


def test_each_number_is_counted_between_its_edges() -> None:
    bins = histogram([0.0, 0.9, 1.0, 2.5, 3.9, 4.0], bins=4)

    assert bins == [Bin(0.0, 1.0, 2), Bin(1.0, 2.0, 1), Bin(2.0, 3.0, 1), Bin(3.0, 4.0, 2)]


def test_numbers_from_end_to_end_of_the_float_range_are_spread_evenly() -> None:
    bins = histogram([-LARGEST, -LARGEST / 2, LARGEST / 2, LARGEST], bins=2)

    assert bins == [Bin(-LARGEST, 0.0, 2), Bin(0.0, LARGEST, 2)]


@given(values=numbers, bins=bin_counts)
def test_every_number_is_counted_once(values: list[float], bins: int) -> None:
    assert sum(each.count for each in histogram(values, bins)) == len(values)


@given(values=numbers, bins=bin_counts)
@example(values=[nextafter(LARGEST, 0), LARGEST], bins=BINS)
@example(values=[-LARGEST, LARGEST], bins=BINS)
@example(values=[0.0, SMALLEST], bins=BINS)
def test_the_bins_reach_from_the_lowest_to_the_highest_number_without_a_gap(values: list[float], bins: int) -> None:
    found = histogram(values, bins)

    assert (found[0].start, found[-1].end) == (min(values), max(values))
    assert all(left.end == right.start for left, right in pairwise(found))


@given(values=numbers, bins=bin_counts)
@example(values=[nextafter(LARGEST, 0), LARGEST], bins=BINS)
@example(values=[1.0, nextafter(1.0, 2.0)], bins=BINS)
def test_the_edges_ascend_and_are_finite(values: list[float], bins: int) -> None:
    edges = [edge for each in histogram(values, bins) for edge in (each.start, each.end)]

    assert all(isfinite(edge) for edge in edges)
    assert edges == sorted(edges)


@given(values=numbers, bins=bin_counts)
def test_there_are_as_many_bins_as_asked_for_or_one(values: list[float], bins: int) -> None:
    assert len(histogram(values, bins)) in (1, bins)
