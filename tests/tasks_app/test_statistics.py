"""What a Task's numbers add up to: how many, their mean, the lowest and the highest, also where floats end."""

import sys

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tasks_app.models import Task
from tasks_app.result_queries import Statistics, statistics
from tests.factories import make_result, make_task

LARGEST = sys.float_info.max
SMALLEST = 5e-324


def make_drawn_task(numbers: list[float]) -> Task:
    """A Task with those numbers."""
    task = make_task()
    for number in numbers:
        make_result(task, number)
    return task


def test_a_task_without_numbers_has_no_mean(context: Flask) -> None:
    task = make_drawn_task([])

    assert statistics(task.id) == Statistics(count=0, mean=None, lowest=None, highest=None)


@pytest.mark.parametrize(
    ("numbers", "mean"),
    [
        ([4.0], 4.0),
        ([1.0, 2.0, 6.0], 3.0),
        ([-1.0, 1.0], 0.0),
        ([0.0, 0.0], 0.0),
        ([-1.7e308, 1.7e308], 0.0),
        ([1.7e308] * 10, 1.7e308),
        ([-1.7e308] * 10, -1.7e308),
        ([LARGEST] * 3, LARGEST),
        ([-LARGEST] * 3, -LARGEST),
        ([-LARGEST, LARGEST, LARGEST], LARGEST / 3),
        ([SMALLEST], SMALLEST),
        ([-SMALLEST, SMALLEST], 0.0),
        ([1e-320, 3e-320], 2e-320),
    ],
    ids=str,
)
def test_the_mean_is_right_also_where_a_sum_would_overflow_or_vanish(context: Flask, numbers: list[float], mean: float) -> None:
    task = make_drawn_task(numbers)

    found = statistics(task.id)

    assert found.count == len(numbers)
    assert found.mean == pytest.approx(mean, rel=1e-14, abs=SMALLEST)
    assert (found.lowest, found.highest) == (min(numbers), max(numbers))


def test_the_numbers_beyond_the_newest_few_thousand_are_left_out(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks_app.result_queries.MOST_COUNTED", 2)
    task = make_drawn_task([100.0, 1.0, 3.0])

    assert statistics(task.id) == Statistics(count=2, mean=2.0, lowest=1.0, highest=3.0)


def test_the_numbers_of_other_tasks_are_left_out(context: Flask) -> None:
    task = make_drawn_task([1.0, 3.0])
    make_drawn_task([100.0])

    assert statistics(task.id) == Statistics(count=2, mean=2.0, lowest=1.0, highest=3.0)


# One database serves all examples: each has a Task of its own and looks at no other.
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
@example(numbers=[LARGEST] * 20)
@example(numbers=[SMALLEST] * 20)
def test_the_mean_of_any_numbers_lies_between_the_lowest_and_the_highest(context: Flask, numbers: list[float]) -> None:
    task = make_drawn_task(numbers)

    found = statistics(task.id)

    assert (found.count, found.lowest, found.highest) == (len(numbers), min(numbers), max(numbers))
    assert found.mean is not None
    assert min(numbers) <= found.mean <= max(numbers)
