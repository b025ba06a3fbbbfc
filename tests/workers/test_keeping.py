"""No message is lost: what can be neither done nor tried again is kept, and what fails is recorded before it leaves its queue."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import pytest
from dramatiq import Consumer, Message, MessageProxy, Worker
from dramatiq.errors import ConnectionClosed
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from project.extensions import db
from tests.waiting import wait_until
from workers import failures as recording
from workers import queries
from workers.actors import Actor, Queue
from workers.broker import InProcessBroker, broker_of
from workers.holding import HoldingConsumer, is_kept
from workers.models import MessageFailure

Work = Callable[[], AbstractContextManager[Worker]]
ORDINARY_ID = "7f5e0b1c-3f52-4f4e-8f0d-0d8f0c6c7a11"


def broker(app: Flask) -> InProcessBroker:
    """The app's broker."""
    found = broker_of(app)
    assert isinstance(found, InProcessBroker)
    return found


def failures(app: Flask) -> list[MessageFailure]:
    """The failures on record."""
    with app.app_context():
        return list(db.session.scalars(select(MessageFailure)))


def unsettled(app: Flask) -> int:
    """How many messages are neither acknowledged nor rejected."""
    return int(broker(app).queues[Queue.CHORES].unfinished_tasks)


def rejected(app: Flask) -> list[str]:
    """The ids of the messages that were rejected."""
    return [message.message_id for message in broker(app).dead_letters_by_queue[Queue.CHORES]]


def send(app: Flask, *args: object, actor: str = "doomed", message_id: str = ORDINARY_ID, **options: object) -> None:
    """A message with Dramatiq's options to an actor, by default the one that fails."""
    with app.app_context():
        broker(app).enqueue(Message(Queue.CHORES, actor, args, {}, options, message_id=message_id))


@pytest.fixture
def tries(app: Flask) -> list[object]:
    """Binds the actor `doomed`, whose fault is worth a retry; what it was called with."""
    return bind_doomed(app)


@pytest.fixture
def only_tries(app: Flask) -> list[object]:
    """Binds the actor `doomed`, whose first fault is final; what it was called with."""
    return bind_doomed(app, throws=ValueError)


def bind_doomed(app: Flask, **options: object) -> list[object]:
    """Bind an actor that always fails; what it was called with."""
    arguments: list[object] = []

    def doomed(argument: object) -> None:
        arguments.append(argument)
        raise ValueError("it never works")

    Actor(doomed, Queue.CHORES, options).bind(broker(app))
    return arguments


def test_a_message_whose_retry_cannot_be_published_is_kept(app: Flask, work: Work, tries: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_reach(*_args: object, **_options: object) -> None:
        raise ConnectionClosed(OSError("no route"))  # type: ignore[no-untyped-call]  # Dramatiq leaves its errors' constructor untyped

    send(app, "now")
    monkeypatch.setattr(broker(app), "enqueue", out_of_reach)

    with work():
        wait_until(lambda: tries)

    assert (tries, unsettled(app), rejected(app), failures(app)) == (["now"], 1, [], [])


def test_a_message_whose_retry_is_published_is_not_kept(app: Flask, work: Work, tries: list[object]) -> None:
    send(app, "now", min_backoff=1)

    with work():
        wait_until(lambda: failures(app))

    assert unsettled(app) == 0


@pytest.mark.parametrize("retries", ["three", [], None])
def test_a_message_whose_options_make_no_sense_is_recorded_and_rejected(app: Flask, work: Work, tries: list[object], retries: object) -> None:
    send(app, "now", retries=retries)

    with work():
        wait_until(lambda: unsettled(app) == 0)

    assert [failure.message_id for failure in failures(app)] == [UUID(ORDINARY_ID)]
    assert rejected(app) == [ORDINARY_ID]


def recorded(app: Flask, work: Work) -> MessageFailure:
    """The failure of the one message that is queued, which leaves its queue."""
    with work():
        wait_until(lambda: unsettled(app) == 0)
    assert len(rejected(app)) == 1
    [failure] = failures(app)
    return failure


@pytest.mark.parametrize("message_id", ["by hand", "a\0b", "a\ud800b"])
def test_a_message_whose_id_is_no_uuid_is_recorded(app: Flask, work: Work, only_tries: list[object], message_id: str) -> None:
    send(app, "now", message_id=message_id)

    assert recorded(app, work).args == {"args": ["now"], "kwargs": {}}


@pytest.mark.parametrize(("actor", "name"), [("n" * 300, "n" * 255), ("a\0b", "ab"), ("a\ud800b", "a\\ud800b")], ids=["endless", "NUL", "half a pair"])
def test_a_message_for_an_actor_whose_name_no_database_can_hold_is_recorded(app: Flask, work: Work, actor: str, name: str) -> None:
    send(app, actor=actor)

    assert recorded(app, work).actor == name


def test_a_message_that_claims_countless_retries_is_recorded(app: Flask, work: Work, only_tries: list[object]) -> None:
    send(app, "now", retries=10**12)

    assert recorded(app, work).attempts == 2**31 - 1


@pytest.mark.parametrize(
    "argument",
    [float("nan"), float("-inf"), "a\0b", {"a\0b": 1}, ["deep", ["a\0b"]]],
    ids=["not a number", "infinite", "NUL", "NUL in a key", "NUL deep inside"],
)
def test_a_message_with_arguments_that_a_database_cannot_hold_is_recorded_as_python_writes_them(
    app: Flask, work: Work, only_tries: list[object], argument: object
) -> None:
    send(app, argument)

    assert recorded(app, work).args == {"args": repr([argument]), "kwargs": {}}


@pytest.mark.parametrize(("word", "text"), [("a\0b", "ab"), ("a\ud800b", "a\\ud800b")], ids=["NUL", "half a pair"])
def test_a_fault_whose_text_no_database_can_hold_is_recorded_without_that(app: Flask, work: Work, word: str, text: str) -> None:
    def spelling(word: str) -> None:
        raise ValueError(word)

    Actor(spelling, Queue.CHORES, {"throws": ValueError}).bind(broker(app))
    send(app, word, actor="spelling")

    assert recorded(app, work).error == f"ValueError: {text}"


def outage() -> Exception:
    """What SQLAlchemy raises while the database does not answer."""
    return OperationalError("INSERT …", {}, Exception("the server closed the connection"))


def test_a_message_that_fails_while_the_database_is_away_waits_and_is_recorded_afterwards(
    app: Flask, work: Work, only_tries: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a database that is away twice
    record, unsettled_meanwhile = queries.record_failure, list[int]()

    def away_twice(**values: Any) -> None:
        unsettled_meanwhile.append(unsettled(app))
        if len(unsettled_meanwhile) <= 2:
            raise outage()
        record(**values)

    monkeypatch.setattr(queries, "record_failure", away_twice)
    monkeypatch.setattr(recording, "RECORD_AGAIN_SECONDS", 0.01)
    send(app, "now")

    failure = recorded(app, work)

    assert failure.error == "ValueError: it never works"
    assert (unsettled_meanwhile, only_tries) == ([1, 1, 1], ["now"])


def test_a_worker_that_stops_while_the_database_is_away_keeps_the_message(
    app: Flask, work: Work, only_tries: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = list[object]()

    def away(**values: Any) -> None:
        tried.append(values)
        raise outage()

    monkeypatch.setattr(queries, "record_failure", away)
    send(app, "now")

    with work():
        wait_until(lambda: tried)

    assert (unsettled(app), rejected(app)) == (1, [])


class Connection(Consumer):
    """Consumes one message after another; remembers what it settled, by tags that count from 1 on each connection."""

    def __init__(self) -> None:
        self.settled: list[tuple[str, int]] = []
        self._tags: Iterator[int] = iter(range(1, 10))

    def __next__(self) -> MessageProxy:
        message = MessageProxy(Message[Any]("chores", "doomed", (), {}, {}))
        message.tag = next(self._tags)  # type: ignore[attr-defined]  # as RabbitMQ's consumer does
        return message

    def ack(self, message: Any) -> None:
        self.settled.append(("ack", message.tag))

    def nack(self, message: Any) -> None:
        self.settled.append(("nack", message.tag))


@pytest.mark.parametrize("how", ["ack", "nack"])
def test_after_a_reconnect_an_old_message_settles_nothing(how: str) -> None:
    # Given a message of a connection that is gone, and another with the same tag on its successor
    gone, successor = Connection(), Connection()
    old = next(HoldingConsumer(gone))
    consumer = HoldingConsumer(successor)
    new = next(consumer)

    getattr(consumer, how)(old)
    assert (gone.settled, successor.settled) == ([], [])

    getattr(consumer, how)(new)
    assert (gone.settled, successor.settled) == ([], [(how, 1)])


@pytest.mark.parametrize("how", ["ack", "nack"])
def test_a_message_that_ends_when_its_connection_is_gone_is_left_to_the_broker(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a message at work
    connection = Connection()
    consumer = HoldingConsumer(connection)
    message = next(consumer)
    assert message

    # When its connection is lost before it ends
    def lost(_message: Any) -> None:
        raise ConnectionClosed("lost")  # type: ignore[no-untyped-call]  # Dramatiq leaves its errors' constructor untyped

    monkeypatch.setattr(connection, how, lost)
    getattr(consumer, how)(message)

    # Then no error tells Dramatiq to try again, and the message counts as not settled
    assert is_kept(message)
