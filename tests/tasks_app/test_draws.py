"""Drawing: each message leaves one number from its Task's range, with what the Task was, and a bad message harms no other."""

from collections.abc import Callable
from typing import Any

import pytest
from dramatiq import Message
from flask import Flask
from sqlalchemy import select

from project.extensions import db
from tasks_app.actors import generate_random_number
from tasks_app.models import TaskResult
from tests.factories import make_task, make_tasks, make_user
from workers.actors import Queue
from workers.broker import broker_of
from workers.models import MessageFailure

TICK, OTHER_TICK = 7, 8


def send(app: Flask, task_id: Any, **more: Any) -> Message[Any]:
    """Queue a draw, also one that no caller of ours would: the queue is open to others."""
    message: Message[Any] = Message(Queue.NUMBERS, generate_random_number.name, (task_id,), more, {})
    return broker_of(app).enqueue(message)


def results(app: Flask) -> list[TaskResult]:
    """Every number drawn, oldest first."""
    with app.app_context():
        return list(db.session.scalars(select(TaskResult).order_by(TaskResult.id)))


def drawn_tasks(app: Flask) -> list[int]:
    """The Tasks of the numbers drawn, ascending."""
    return sorted(result.task_id for result in results(app))


def failures(app: Flask) -> list[MessageFailure]:
    """Every message that failed for good."""
    with app.app_context():
        return list(db.session.scalars(select(MessageFailure)))


def test_a_message_draws_a_number_within_its_tasks_range(app: Flask, work_off: Callable[[], None]) -> None:
    with app.app_context():
        task_id = make_task(lower_limit=18.5, upper_limit=24.25).id
        generate_random_number.send(task_id, tick_id=TICK)

    work_off()

    (result,) = results(app)
    assert (result.task_id, result.tick_id) == (task_id, TICK)
    assert 18.5 <= result.result <= 24.25


def test_a_number_is_kept_with_the_task_as_it_was_at_the_draw(app: Flask, work_off: Callable[[], None]) -> None:
    with app.app_context():
        task = make_task(lower_limit=18.5, upper_limit=24.25)
        author_id = task.created_by
        generate_random_number.send(task.id, tick_id=TICK)
    work_off()

    with app.app_context():
        task = db.session.merge(task)
        task.lower_limit, task.upper_limit, task.author = 0.0, 0.0, make_user()
        db.session.commit()

    (result,) = results(app)
    assert result.task_params == {"lower_limit": 18.5, "upper_limit": 24.25, "author_id": author_id}


def test_every_task_of_a_tick_gets_one_number(app: Flask, work_off: Callable[[], None]) -> None:
    with app.app_context():
        task_ids = make_tasks(300)
        for task_id in task_ids:
            generate_random_number.send(task_id, tick_id=TICK)

    work_off()

    assert drawn_tasks(app) == task_ids


def test_the_numbers_differ_from_draw_to_draw(app: Flask, work_off: Callable[[], None]) -> None:
    with app.app_context():
        for task_id in make_tasks(100):
            generate_random_number.send(task_id, tick_id=TICK)

    work_off()

    assert len({result.result for result in results(app)}) > 95


def test_a_tick_that_calls_a_task_twice_leaves_one_number(app: Flask, work_off: Callable[[], None]) -> None:
    with app.app_context():
        task_id = make_task().id
        for _ in range(2):
            generate_random_number.send(task_id, tick_id=TICK)

    work_off()

    assert drawn_tasks(app) == [task_id]


def test_a_tick_that_calls_a_task_again_later_leaves_the_first_number(app: Flask, work_off: Callable[[], None]) -> None:
    with app.app_context():
        task_id = make_task().id
        generate_random_number.send(task_id, tick_id=TICK)
    work_off()
    (first,) = results(app)

    with app.app_context():
        generate_random_number.send(task_id, tick_id=TICK)
    work_off()

    assert [result.result for result in results(app)] == [first.result]


def test_two_ticks_draw_a_number_each(app: Flask, work_off: Callable[[], None]) -> None:
    with app.app_context():
        task_id = make_task().id
        for tick_id in (TICK, OTHER_TICK):
            generate_random_number.send(task_id, tick_id=tick_id)

    work_off()

    assert {result.tick_id for result in results(app)} == {TICK, OTHER_TICK}


def test_a_message_without_a_tick_that_is_delivered_twice_leaves_one_number(app: Flask, work_off: Callable[[], None]) -> None:
    with app.app_context():
        message = generate_random_number.send(make_task().id)
        broker_of(app).enqueue(message)

    work_off()

    assert [str(result.message_id) for result in results(app)] == [message.message_id]


def test_two_messages_without_a_tick_draw_a_number_each(app: Flask, work_off: Callable[[], None]) -> None:
    with app.app_context():
        task_id = make_task().id
        for _ in range(2):
            generate_random_number.send(task_id)

    work_off()

    assert drawn_tasks(app) == [task_id, task_id]


def test_a_message_for_a_deleted_task_leaves_the_queue_and_nothing_else(app: Flask, work_off: Callable[[], None]) -> None:
    with app.app_context():
        task = make_task()
        generate_random_number.send(task.id, tick_id=TICK)
        db.session.delete(task)
        db.session.commit()

    work_off()

    assert (results(app), failures(app)) == ([], [])


NO_IDS = [
    pytest.param("seven", TICK, id="word for a Task"),
    pytest.param("1", TICK, id="digits in quotes for a Task"),
    pytest.param(1.5, TICK, id="fraction for a Task"),
    pytest.param(None, TICK, id="nothing for a Task"),
    pytest.param(True, TICK, id="truth for a Task"),
    pytest.param([1], TICK, id="list for a Task"),
    pytest.param(1, "noon", id="word for a tick"),
    pytest.param(2**70, TICK, id="number too large for a Task"),
    pytest.param(-(2**70), TICK, id="number too low for a Task"),
    pytest.param(1, 2**70, id="number too large for a tick"),
]


@pytest.mark.parametrize(("task_id", "tick_id"), NO_IDS)
def test_a_message_that_can_never_succeed_is_recorded_and_leaves_its_queue(app: Flask, work_off: Callable[[], None], task_id: Any, tick_id: Any) -> None:
    with app.app_context():
        make_task()
    message = send(app, task_id, tick_id=tick_id)

    work_off()

    (failure,) = failures(app)
    assert (str(failure.message_id), failure.actor, failure.args) == (
        message.message_id,
        "generate_random_number",
        {"args": [task_id], "kwargs": {"tick_id": tick_id}},
    )


@pytest.mark.parametrize(("task_id", "tick_id"), [("seven", OTHER_TICK), (2**70, OTHER_TICK), (1, 2**70)], ids=["word", "large Task", "large tick"])
def test_a_message_that_can_never_succeed_spoils_no_other(app: Flask, work_off: Callable[[], None], task_id: Any, tick_id: Any) -> None:
    with app.app_context():
        task_ids = make_tasks(20)
    for good in task_ids[:10]:
        send(app, good, tick_id=OTHER_TICK)
    send(app, task_id, tick_id=tick_id)
    for good in task_ids[10:]:
        send(app, good, tick_id=OTHER_TICK)

    work_off()

    assert drawn_tasks(app) == task_ids
