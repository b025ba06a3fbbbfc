"""The number that is drawn: finite and within the limits for every range there can be, beside those very limits."""

import sys
import uuid
from dataclasses import dataclass

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from accounts.models import User
from project.extensions import db
from tasks_app import queries
from tasks_app.draws import Draw
from tasks_app.models import Task, TaskResult
from tests.factories import make_task, make_user

LARGEST = sys.float_info.max
SMALLEST = 5e-324
LAST_SHARE = 1 - 2**-53
TICK = 7


@dataclass(frozen=True)
class Case:
    """A range, and where in it to draw."""

    lower: float
    upper: float
    share: float


limits = st.floats(allow_nan=False, allow_infinity=False)
# What random() can give: the multiples of 2 to the power of −53 below 1.
shares = st.integers(0, 2**53 - 1).map(lambda step: step * 2**-53)
cases = st.builds(lambda ends, share: Case(min(ends), max(ends), share), st.tuples(limits, limits), shares)

# One database serves all examples of a test: each has Tasks of its own and looks at no others.
examples = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def author(context: Flask) -> User:
    """Whose Tasks are drawn from."""
    return make_user()


def draw(author: User, batch: list[Case]) -> list[TaskResult]:
    """Draw for a Task each in one batch; the results in the order of the cases."""
    tasks = [Task(author=author, lower_limit=case.lower, upper_limit=case.upper) for case in batch]
    db.session.add_all(tasks)
    db.session.commit()
    try:
        queries.insert_draws([Draw(task.id, TICK, uuid.uuid4(), case.share) for task, case in zip(tasks, batch, strict=True)])
        db.session.commit()
    finally:
        db.session.rollback()
    found = {result.task_id: result for result in db.session.scalars(select(TaskResult).where(TaskResult.task_id.in_([task.id for task in tasks])))}
    return [found[task.id] for task in tasks]


@examples
@given(batch=st.lists(cases, min_size=1, max_size=8))
@example(batch=[Case(-LARGEST, LARGEST, 0.0), Case(-LARGEST, LARGEST, 0.5), Case(-LARGEST, LARGEST, LAST_SHARE)])
@example(batch=[Case(LARGEST, LARGEST, LAST_SHARE), Case(-LARGEST, -LARGEST, 0.5), Case(-1.7e308, 1.7e308, LAST_SHARE)])
@example(batch=[Case(0.0, SMALLEST, 0.5), Case(SMALLEST, SMALLEST, 0.5), Case(-SMALLEST, SMALLEST, LAST_SHARE)])
@example(batch=[Case(1e-310, 1e-309, 2**-53), Case(-0.0, 0.0, 0.5), Case(0.1, 0.1, 1 / 3)])
def test_a_number_is_never_outside_its_range(author: User, batch: list[Case]) -> None:
    results = draw(author, batch)

    for case, result in zip(batch, results, strict=True):
        assert case.lower <= result.result <= case.upper


@examples
@given(batch=st.lists(cases, min_size=1, max_size=8))
@example(batch=[Case(-LARGEST, LARGEST, 0.5), Case(-1.7e308, 1.7e308, 0.5), Case(0.1, 0.1 + 0.2, 0.5)])
@example(batch=[Case(-SMALLEST, SMALLEST, 0.5), Case(1e22, 1e23, 0.5), Case(-0.0, 0.0, 0.5)])
def test_the_limits_are_kept_beside_the_number_to_the_last_digit(author: User, batch: list[Case]) -> None:
    results = draw(author, batch)

    kept = [(result.task_params["lower_limit"], result.task_params["upper_limit"]) for result in results]
    assert kept == [(case.lower, case.upper) for case in batch]


@pytest.mark.parametrize(
    ("lower", "upper", "share", "number"),
    [
        (0.0, 8.0, 0.0, 0.0),
        (0.0, 8.0, 0.25, 2.0),
        (-8.0, 8.0, 0.5, 0.0),
        (-8.0, -4.0, 0.75, -5.0),
        (3.0, 3.0, 0.5, 3.0),
        (0.9, 1.0, LAST_SHARE, 1.0),
        (-1.0, -0.9, 0.0, -1.0),
        (-1.5e308, 1.5e308, 0.75, 0.75e308),
        (-LARGEST, LARGEST, 0.0, -LARGEST),
        (-LARGEST, LARGEST, 0.5, 0.0),
    ],
)
def test_a_number_lies_as_far_into_its_range_as_its_share_says(author: User, lower: float, upper: float, share: float, number: float) -> None:
    (result,) = draw(author, [Case(lower, upper, share)])

    assert result.result == pytest.approx(number, rel=1e-15)


def test_a_deleted_task_drops_out_of_its_batch(author: User) -> None:
    first, deleted, last = make_task(author), make_task(author), make_task(author)
    draws = [Draw(task.id, TICK, uuid.uuid4(), 0.5) for task in (first, deleted, last)]
    db.session.delete(deleted)
    db.session.commit()

    queries.insert_draws(draws)

    assert set(db.session.scalars(select(TaskResult.task_id))) == {first.id, last.id}


def test_a_task_changed_before_its_batch_is_drawn_from_its_new_range(author: User) -> None:
    task = make_task(author, lower_limit=0.0, upper_limit=1.0)
    waiting = Draw(task.id, TICK, uuid.uuid4(), 0.5)
    task.lower_limit, task.upper_limit, task.author = 100.0, 200.0, make_user()
    db.session.commit()

    queries.insert_draws([waiting])

    result = db.session.scalars(select(TaskResult)).one()
    assert (result.result, result.task_params) == (150.0, {"lower_limit": 100.0, "upper_limit": 200.0, "author_id": task.created_by})


def test_a_batch_may_hold_a_draw_that_is_written_already(author: User) -> None:
    old, new = make_task(author), make_task(author)
    queries.insert_draws([Draw(old.id, TICK, uuid.uuid4(), 0.25)])

    queries.insert_draws([Draw(old.id, TICK, uuid.uuid4(), 0.75), Draw(new.id, TICK, uuid.uuid4(), 0.5)])

    assert dict(db.session.execute(select(TaskResult.task_id, TaskResult.result)).all()) == {old.id: 0.25, new.id: 0.5}


def test_a_batch_may_hold_the_same_draw_twice(author: User) -> None:
    task = make_task(author)
    by_hand = Draw(task.id, None, uuid.uuid4(), 0.5)

    queries.insert_draws([by_hand, by_hand])

    assert db.session.scalars(select(TaskResult.task_id)).all() == [task.id]
