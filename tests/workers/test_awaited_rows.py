"""A message that wants its result waits for its row's commit, and its result is what was stored."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from dramatiq import Message, Worker
from dramatiq.results import ResultFailure, ResultMissing
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from project.extensions import db
from tasks_app.actors import draws, generate_random_number
from tasks_app.models import TaskResult
from tests.app_fixtures import working
from tests.apps import close, make_app
from tests.factories import make_task, make_tick
from tests.servers import RabbitServer
from tests.waiting import wait_until
from workers.actors import Actor, Queue
from workers.broker import InProcessBroker, broker_of
from workers.middleware import MAX_RETRIES
from workers.models import MessageFailure

Work = Callable[[], AbstractContextManager[Worker]]


def broker(app: Flask) -> InProcessBroker:
    """The app's broker."""
    found = broker_of(app)
    assert isinstance(found, InProcessBroker)
    return found


def answer(app: Flask, message: Message[Any]) -> Any:
    """The message's result, waited for."""
    return message.get_result(backend=broker(app).get_results_backend(), block=True, timeout=20_000)


def is_there(app: Flask, message: Message[Any]) -> bool:
    """Whether its result is."""
    try:
        message.get_result(backend=broker(app).get_results_backend())
    except ResultMissing:
        return False
    return True


def forget_results(app: Flask) -> None:
    """Drop all results that have come."""
    broker(app).get_results_backend().results.clear()  # type: ignore[attr-defined]  # Dramatiq's stub has them


def ask(app: Flask, task_id: int, tick_id: int | None = None, **options: Any) -> Message[Any]:
    """Send a draw that wants its result."""
    with app.app_context():
        return generate_random_number.send_with_options(args=(task_id, tick_id), store_results=True, **options)


def unsettled(app: Flask) -> int:
    """How many messages are neither acknowledged nor rejected."""
    return int(broker(app).queues[Queue.NUMBERS].unfinished_tasks)


def stored(app: Flask) -> list[float]:
    """The numbers in the database."""
    with app.app_context():
        return list(db.session.scalars(select(TaskResult.result).order_by(TaskResult.id)))


@pytest.fixture
def task_id(app: Flask) -> int:
    """A Task."""
    with app.app_context():
        return make_task().id


@pytest.fixture
def before_writing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Have something happen before each batch of draws is written."""

    def have(happen: Callable[[], object]) -> None:
        write = draws.write

        def write_after(rows: Sequence[Any]) -> None:
            happen()
            write(rows)

        monkeypatch.setattr(draws, "write", write_after)

    return have


def test_the_result_is_the_stored_number(app: Flask, work: Work, task_id: int) -> None:
    asked = ask(app, task_id)

    with work():
        number = answer(app, asked)

    assert [number] == stored(app)


def test_many_that_ask_have_each_the_number_of_its_own_row(app: Flask, work: Work, task_id: int) -> None:
    asked = [ask(app, task_id) for _ in range(20)]

    with work():
        numbers = [answer(app, each) for each in asked]

    assert len(set(numbers)) == 20
    assert sorted(numbers) == sorted(stored(app))


def test_a_message_that_comes_twice_has_the_number_of_the_first_time(app: Flask, work: Work, task_id: int) -> None:
    asked = ask(app, task_id)
    with work():
        first = answer(app, asked)
        forget_results(app)

        broker(app).enqueue(asked)

        assert answer(app, asked) == first
    assert stored(app) == [first]


def test_the_message_of_a_tick_has_its_number_too(app: Flask, work: Work, task_id: int) -> None:
    with app.app_context():
        tick_id = make_tick().id
    with work():
        first = answer(app, ask(app, task_id, tick_id))
        second = answer(app, ask(app, task_id, tick_id))

    assert [first] == [second] == stored(app)


def test_the_result_of_a_deleted_task_is_none(app: Flask, work: Work) -> None:
    with work():
        assert answer(app, ask(app, 999)) is None


def test_there_is_no_result_before_the_commit(app: Flask, work: Work, task_id: int, before_writing: Callable[[Callable[[], object]], None]) -> None:
    reached, go_on = Event(), Event()

    def wait() -> None:
        reached.set()
        go_on.wait(10)

    before_writing(wait)
    asked = ask(app, task_id)

    with work():
        assert reached.wait(10)
        early = (is_there(app, asked), unsettled(app))
        go_on.set()
        answer(app, asked)

    assert early == (False, 1)


def test_those_that_wait_and_those_that_do_not_share_a_batch(app: Flask, work: Work, task_id: int) -> None:
    with app.app_context():
        for _ in range(5):
            generate_random_number.send(task_id)
    asked = ask(app, task_id)

    with work():
        answer(app, asked)
        wait_until(lambda: unsettled(app) == 0)

    assert len(stored(app)) == 6


def test_a_row_that_can_never_be_written_is_a_failure_to_whoever_waits(
    app: Flask, work: Work, task_id: int, before_writing: Callable[[Callable[[], object]], None]
) -> None:
    tries: list[int] = []

    def refuse() -> None:
        tries.append(1)
        raise ValueError("no such column")

    before_writing(refuse)
    asked = ask(app, task_id)

    with work(), pytest.raises(ResultFailure, match="RefusedRowError: ValueError: no such column"):
        answer(app, asked)

    with app.app_context():
        [failure] = db.session.scalars(select(MessageFailure))
    assert (failure.message_id, len(tries), unsettled(app)) == (UUID(asked.message_id), 1, 0)


def test_a_worker_can_stop_while_the_database_is_away_and_another_does_the_message(
    postgres_url: str, rabbit: RabbitServer, before_writing: Callable[[Callable[[], object]], None]
) -> None:
    away, reached = Event(), Event()
    away.set()

    def be_away() -> None:
        reached.set()
        if away.is_set():
            raise OperationalError("INSERT …", {}, Exception("the server closed the connection"))

    before_writing(be_away)
    first, second = (make_app(postgres_url, broker_url=url) for url in [rabbit.create_vhost()] * 2)
    try:
        with first.app_context():
            # One that has used up its tries: a worker's end is none.
            asked = generate_random_number.send_with_options(args=(make_task().id,), store_results=True, retries=MAX_RETRIES)
        with working(first) as worker:
            assert reached.wait(10)
        assert not any(thread.is_alive() for thread in worker.workers)
        away.clear()
        with working(second):
            number = asked.get_result(backend=broker_of(first).get_results_backend(), block=True, timeout=30_000)

        assert [number] == stored(first)
    finally:
        for app in (first, second):
            broker_of(app).close()
            close(app)


def test_the_number_is_handed_on_in_a_pipeline(app: Flask, work: Work, task_id: int) -> None:
    heard: list[float] = []

    def hear(number: float) -> None:
        heard.append(number)

    Actor(hear, Queue.CHORES, {}).bind(broker(app))
    following = broker(app).get_actor("hear").message()
    with app.app_context():
        generate_random_number.send_with_options(args=(task_id,), pipe_target=following.asdict())

    with work():
        wait_until(lambda: heard)

    assert heard == stored(app)
