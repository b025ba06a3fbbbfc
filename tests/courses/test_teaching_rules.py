"""The rules of the teachers' pages: pure."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.teaching.forms import read_points
from courses.teaching.spread import of_scores, over_time
from courses.teaching.wanted import Sort, Wanted
from tests.courses.examples import a_few

START = datetime(2026, 2, 1, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("args", "address"),
    [
        ({}, {}),
        ({"search": " ada ", "sort": "total", "desc": "1", "group": "7", "everybody": "on", "page": "3"}, None),
        ({"sort": "nothing", "group": "x", "page": "-1", "desc": ""}, {}),
        ({"search": "a\0b", "page": "99999999999999999999", "sort": "name"}, {"search": "ab"}),
        ({"page": "999999999"}, {"page": "100000"}),
    ],
)
def test_an_address_says_which_part_is_wanted(args: dict[str, str], address: dict[str, str] | None) -> None:
    full = {"search": "ada", "sort": "total", "desc": "1", "group": "7", "everybody": "1", "page": "3"}

    wanted = Wanted.read(args)

    assert wanted.address == (full if address is None else address)
    assert Wanted.read(wanted.address) == wanted


def test_a_column_sorts_from_its_useful_end_and_then_the_other_way_round() -> None:
    wanted = Wanted(page=3)

    by_total = wanted.sorted_by(Sort.TOTAL)

    assert (by_total.descending, by_total.page, by_total.direction(Sort.TOTAL), by_total.direction(Sort.NAME)) == (True, 1, "descending", "none")
    assert by_total.sorted_by(Sort.TOTAL).direction(Sort.TOTAL) == "ascending"
    assert wanted.sorted_by(Sort.NAME).descending


@pytest.mark.parametrize(("typed", "points"), [("", None), (" ", None), ("7", 7), (" 07 ", 7), ("-3", -3), ("+3", 3), ("2147483647", 2**31 - 1)])
def test_points_are_whole(typed: str, points: int | None) -> None:
    assert read_points(typed) == points


@pytest.mark.parametrize("typed", ["x", "1.0", "1e3", "--1", "+-1", "٣", "2147483648", "9" * 5000, "1 2"])
def test_what_is_no_whole_number_of_points_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"whole number|At most"):
        read_points(typed)


def test_scores_of_a_small_task_have_a_bar_each_and_of_a_large_one_a_bar_for_several() -> None:
    assert of_scores([0, 2, 2], 3) == (["0", "1", "2", "3"], [1, 0, 2, 0])
    labels, amounts = of_scores([0, 4, 5, 100], 100)
    assert (labels[:2], labels[-1], amounts[:2], amounts[-1]) == (["0 … 4", "5 … 9"], "100 … 104", [2, 1], 1)
    assert of_scores([], 10) == ([], [])


@a_few
@given(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=20), st.integers(0, 1000))
def test_each_score_is_in_one_bar_of_not_too_many(scores: list[int], points: int) -> None:
    labels, amounts = of_scores(scores, points)

    assert sum(amounts) == len(scores)
    assert len(labels) == len(amounts) <= 22


@a_few
@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_each_submission_is_in_one_stretch_of_not_too_many(seconds: list[int]) -> None:
    instants = sorted(START + timedelta(seconds=each) for each in seconds)

    begins, amounts = over_time(instants)

    assert sum(amounts) == len(instants)
    assert len(begins) == len(amounts) <= 120
    assert begins[0] <= instants[0]
    assert instants[-1] < begins[-1] + (begins[1] - begins[0] if len(begins) > 1 else timedelta(hours=1))
