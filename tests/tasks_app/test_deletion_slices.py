"""Deleting many results takes many short messages, and none of them keeps numbers waiting."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from dramatiq import Message
from flask import Flask
from sqlalchemy import func, select

from project.database import utc_now
from project.extensions import db
from tasks_app import queries
from tasks_app.actors import delete_results, generate_random_number
from tasks_app.models import DeletedTask, TaskResult
from tests.factories import make_result, make_task
from workers.actors import Queue, current_message
from workers.broker import PREFETCH, InProcessBroker, broker_of, prefetch_for

LONG_AGO = timedelta(seconds=queries.SETTLED_SECONDS + 1)


@pytest.fixture(autouse=True)
def slices_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice of a deletion is two results."""
    monkeypatch.setattr(queries, "DELETION_BATCH", 2)


def make_deleted_task(results: int) -> int:
    """A Task that was deleted long ago, with so many results left; its id."""
    task = make_task()
    for _ in range(results):
        make_result(task)
    task_id = task.id
    db.session.delete(task)
    db.session.add(DeletedTask(task_id=task_id, deleted_at=utc_now() - LONG_AGO))
    db.session.commit()
    return task_id


def results_left() -> int:
    """How many results there are."""
    return db.session.scalar(select(func.count()).select_from(TaskResult)) or 0


def listed() -> list[int]:
    """The deleted Tasks whose results may still be there."""
    return list(db.session.scalars(select(DeletedTask.task_id)))


def queued(app: Flask) -> list[int]:
    """Takes every message out of the queue of chores; the Tasks they are for."""
    broker = broker_of(app)
    assert isinstance(broker, InProcessBroker)
    queue = broker.queues[Queue.CHORES]
    return [Message.decode(queue.get_nowait()).args[0] for _ in range(queue.qsize())]


def test_one_message_deletes_one_slice_and_comes_back_for_the_rest(context: Flask) -> None:
    task_id = make_deleted_task(5)

    delete_results.function(task_id)

    assert (results_left(), queued(context), listed()) == (3, [task_id], [task_id])


def test_the_message_that_finds_nothing_strikes_the_deletion_off_and_does_not_come_back(context: Flask) -> None:
    task_id = make_deleted_task(0)

    delete_results.function(task_id)

    assert (queued(context), listed()) == ([], [])


def test_a_deletion_is_as_many_messages_as_slices_and_one_that_finds_nothing(app: Flask, work_off: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a look at which message deletes how much
    delete_some_results, slices = queries.delete_some_results, dict[str, list[int]]()

    def noted(task_id: int) -> int:
        deleted = delete_some_results(task_id)
        slices.setdefault(current_message().message_id, []).append(deleted)
        return deleted

    monkeypatch.setattr(queries, "delete_some_results", noted)
    with app.app_context():
        delete_results.send(make_deleted_task(5))

    work_off()

    assert list(slices.values()) == [[2], [2], [1], [0]]
    with app.app_context():
        assert (results_left(), listed()) == (0, [])


def test_a_deletion_however_old_stays_listed_while_a_result_is_left(context: Flask) -> None:
    task_id = make_deleted_task(1)

    queries.forget_deletion(task_id)

    assert listed() == [task_id]


def test_a_deletion_is_struck_off_when_only_others_have_results_left(context: Flask) -> None:
    done, other = make_deleted_task(0), make_deleted_task(1)

    queries.forget_deletion(done)

    assert listed() == [other]


def test_of_what_a_worker_has_fetched_numbers_go_before_chores(context: Flask) -> None:
    # Dramatiq takes the smallest first.
    broker = broker_of(context)

    assert broker.get_actor(generate_random_number.name).priority < broker.get_actor(delete_results.name).priority


@pytest.mark.parametrize(("queue", "held"), [("numbers", PREFETCH), ("chores", 8)])
def test_only_numbers_are_fetched_ahead(context: Flask, queue: str, held: int) -> None:
    assert prefetch_for(queue, 8, broker_of(context).batched_queues) == held


def test_a_consumer_that_may_hold_more_than_a_batch_still_may(context: Flask) -> None:
    assert prefetch_for("numbers.DQ", 5 * PREFETCH, broker_of(context).batched_queues) == 5 * PREFETCH
