"""The database itself refuses a Task that can't be drawn from, whoever writes it."""

from math import inf, nan, nextafter

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from project.extensions import db
from tasks_app.models import LARGEST, Task
from tests.factories import make_task

UNDRAWABLE = [
    pytest.param(1.0, 0.0, id="upside down"),
    pytest.param(nextafter(1.0, 2.0), 1.0, id="upside down by a hair"),
    pytest.param(nan, 0.0, id="NaN below"),
    pytest.param(0.0, nan, id="NaN above"),
    pytest.param(nan, nan, id="NaN on both sides"),
    pytest.param(-inf, 0.0, id="minus infinity"),
    pytest.param(0.0, inf, id="infinity"),
    pytest.param(inf, inf, id="infinity on both sides"),
    pytest.param(-inf, -inf, id="minus infinity on both sides"),
]


@pytest.mark.parametrize(("lower", "upper"), UNDRAWABLE)
def test_no_task_with_such_limits_can_be_added(context: Flask, lower: float, upper: float) -> None:
    with pytest.raises(IntegrityError):
        make_task(lower_limit=lower, upper_limit=upper)


@pytest.mark.parametrize(("lower", "upper"), UNDRAWABLE)
def test_no_task_can_be_given_such_limits(context: Flask, lower: float, upper: float) -> None:
    task = make_task()

    with pytest.raises(IntegrityError):
        db.session.execute(update(Task).where(Task.id == task.id).values(lower_limit=lower, upper_limit=upper))


@pytest.mark.parametrize(("lower", "upper"), [(-LARGEST, LARGEST), (LARGEST, LARGEST), (-5e-324, 5e-324), (-0.0, 0.0)])
def test_every_finite_range_can_be_stored_to_the_last_bit(context: Flask, lower: float, upper: float) -> None:
    task = make_task(lower_limit=lower, upper_limit=upper)

    db.session.refresh(task)

    assert (task.lower_limit, task.upper_limit) == (lower, upper)
