"""What becomes of a message that fails: patience with trouble, a few tries for anything else, then a record."""

import os
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from dramatiq import Message, Worker
from dramatiq.errors import ConnectionClosed
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError, ProgrammingError, TimeoutError
from sqlalchemy.orm import undefer

from project.extensions import db
from project.logs import add_about
from tests.waiting import wait_until
from workers.actors import Actor, Queue
from workers.broker import InProcessBroker, broker_of
from workers.masking import MASK
from workers.middleware import MAX_RETRIES, worth_a_retry
from workers.models import FailureState, MessageFailure

Work = Callable[[], AbstractContextManager[Worker]]

TROUBLE = [
    OperationalError("", {}, Exception()),
    InterfaceError("", {}, Exception()),
    TimeoutError(),
    ConnectionClosed(Exception()),  # type: ignore[no-untyped-call]  # Dramatiq leaves its errors' constructor untyped
]
FAULTS = [
    ValueError(),
    KeyError(),
    ProgrammingError("", {}, Exception()),
    DataError("", {}, Exception()),
    IntegrityError("", {}, Exception()),
]


@pytest.mark.parametrize("fault", TROUBLE, ids=lambda fault: type(fault).__name__)
def test_trouble_with_the_database_or_the_broker_never_exhausts_the_retries(fault: Exception) -> None:
    assert worth_a_retry(10_000, fault)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_any_other_fault_gets_a_few_tries(fault: Exception) -> None:
    assert worth_a_retry(MAX_RETRIES - 1, fault)
    assert not worth_a_retry(MAX_RETRIES, fault)


def failures(app: Flask) -> list[MessageFailure]:
    """The failures on record."""
    with app.app_context():
        return list(db.session.scalars(select(MessageFailure)))


def send(app: Flask, name: str, *args: object, **options: object) -> None:
    """A message to an actor by name, with Dramatiq's options."""
    with app.app_context():
        broker_of(app).enqueue(Message(Queue.CHORES, name, args, {}, options))


@pytest.fixture
def tries(app: Flask) -> list[str]:
    """Binds an actor that always fails; the words it was called with."""
    words: list[str] = []

    def doomed(word: str) -> None:
        words.append(word)
        raise ValueError("it never works")

    Actor(doomed, Queue.CHORES, {}).bind(broker_of(app))
    return words


def test_a_message_that_keeps_failing_is_recorded_and_leaves_its_queue(app: Flask, work: Work, tries: list[str]) -> None:
    send(app, "doomed", "now", min_backoff=1)

    with work():
        wait_until(lambda: failures(app))

    [failure] = failures(app)
    assert tries == ["now"] * (1 + MAX_RETRIES)
    assert (failure.actor, failure.queue, failure.attempts, failure.error) == ("doomed", "chores", 1 + MAX_RETRIES, "ValueError: it never works")


def test_a_failure_is_kept_with_its_traceback_its_worker_and_the_message_as_it_was_sent(app: Flask, work: Work, tries: list[str]) -> None:
    message = Message[None](Queue.CHORES, "doomed", ("now",), {}, {"min_backoff": 1, "note": "kept"})
    with app.app_context():
        broker_of(app).enqueue(message)

    with work():
        wait_until(lambda: failures(app))

    with app.app_context():
        failure = db.session.scalars(select(MessageFailure).options(undefer(MessageFailure.traceback), undefer(MessageFailure.body))).one()
    assert (failure.state, failure.round, failure.worker) == (FailureState.FAILED, 0, f"{socket.gethostname()}:{os.getpid()}")
    assert "in doomed" in (failure.traceback or "")
    assert failure.traceback
    assert failure.traceback.endswith("ValueError: it never works\n")
    assert Message.decode(failure.body or b"") == message


def test_secrets_are_masked_in_the_record_its_error_and_the_log_and_kept_in_the_message(app: Flask, work: Work, caplog: pytest.LogCaptureFixture) -> None:
    def log_in(username: str, password: str) -> None:
        raise ValueError(f"{password} is not for {username}, nor is token=an-other-one")

    Actor(log_in, Queue.CHORES, {"max_retries": 0}).bind(broker_of(app))
    send(app, "log_in", "ada", "hush", max_retries=0)

    with work():
        wait_until(lambda: failures(app))

    [failure] = failures(app)
    assert failure.args == {"args": ["ada", MASK], "kwargs": {}}
    assert failure.error == f"ValueError: {MASK} is not for ada, nor is token={MASK}"
    with app.app_context():
        # As the database has it: pages mask once more what they show.
        (told,) = db.session.execute(text("SELECT traceback FROM message_failures")).one()
        assert f"{MASK} is not for ada" in told
        assert "hush" not in told
        assert "an-other-one" not in told
        assert Message.decode(db.session.scalars(select(MessageFailure.body)).one() or b"").args == ("ada", "hush")
    assert f"log_in('ada', '{MASK}')" in caplog.text
    assert f"ValueError: {MASK} is not for ada" in caplog.text
    assert "hush" not in caplog.text


def test_a_message_for_an_actor_that_nobody_knows_is_recorded(app: Flask, work: Work) -> None:
    send(app, "nobody")

    with work():
        wait_until(lambda: failures(app))

    assert failures(app)[0].actor == "nobody"


def test_each_log_line_of_a_message_carries_its_id_actor_and_attempt(app: Flask, work: Work, tries: list[str], caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(add_about)
    message = Message[None](Queue.CHORES, "doomed", ("now",), {}, {"min_backoff": 1})
    with app.app_context():
        broker_of(app).enqueue(message)

    with work():
        wait_until(lambda: failures(app))

    of_the_failing = [getattr(record, "about", None) for record in caplog.records if "unhandled exception" in record.getMessage()]
    assert of_the_failing == [{"message_id": message.message_id, "actor": "doomed", "attempt": attempt} for attempt in range(1, 2 + MAX_RETRIES)]


def test_every_queue_is_consumed_and_every_actor_has_one(app: Flask, work: Work) -> None:
    broker = broker_of(app)
    assert isinstance(broker, InProcessBroker)

    with work() as worker:
        consumed = {name for name in worker.consumers if not name.endswith(".DQ")}

    assert consumed == {actor.queue_name for actor in broker.actors.values()} == set(Queue)
