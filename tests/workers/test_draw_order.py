"""Batches that deliver the same draws at the same time, in whatever order, do not wait for each other in a circle."""

from collections.abc import Iterator
from queue import SimpleQueue
from random import Random
from threading import Barrier
from uuid import uuid4

import pytest
from flask import Flask

from project.extensions import db
from tasks_app.draws import Draw
from tasks_app.queries import insert_draws
from tests.apps import close, make_app
from tests.factories import make_tasks
from tests.workers.ledger import draws_per_task, run_in_threads

ROUNDS = 20
DRAWS = 500


@pytest.fixture
def app(postgres_url: str) -> Iterator[Flask]:
    """An app on PostgreSQL, whose sessions lock rows and not all of the database."""
    app = make_app(postgres_url)
    yield app
    close(app)


def write_at_once(app: Flask, *batches: list[Draw]) -> None:
    """Write and commit the batches at the same time, each in a session of its own."""
    waiting, all_there = SimpleQueue[list[Draw]](), Barrier(len(batches), timeout=30)
    for batch in batches:
        waiting.put(batch)

    def write() -> None:
        db.session.connection()
        all_there.wait()
        insert_draws(waiting.get())
        db.session.commit()

    run_in_threads(app, write, times=len(batches))


def test_the_same_draws_in_opposite_order_at_once_are_written_once_and_never_deadlock(app: Flask) -> None:
    with app.app_context():
        task_ids = make_tasks(DRAWS)

    for tick_id in range(1, ROUNDS + 1):
        draws = [Draw(task_id, tick_id, uuid4(), 0.5) for task_id in task_ids]
        write_at_once(app, draws, draws[::-1])

    with app.app_context():
        assert [draws_per_task(tick_id) for tick_id in range(1, ROUNDS + 1)] == [dict.fromkeys(task_ids, 1)] * ROUNDS


def test_the_draws_of_several_ticks_in_any_order_never_deadlock(app: Flask) -> None:
    with app.app_context():
        task_ids = make_tasks(DRAWS // 2)
    # A seed, so that a failure comes again.
    random = Random(8)

    for number in range(ROUNDS):
        tick_ids = 2 * number + 1, 2 * number + 2
        draws = [Draw(task_id, tick_id, uuid4(), 0.5) for tick_id in tick_ids for task_id in task_ids]
        write_at_once(app, *(random.sample(draws, len(draws)) for _ in range(3)))

    with app.app_context():
        assert [draws_per_task(tick_id) for tick_id in range(1, 2 * ROUNDS + 1)] == [dict.fromkeys(task_ids, 1)] * (2 * ROUNDS)
