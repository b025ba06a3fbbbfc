"""A message is acknowledged once its row is committed; a bad row fails alone; trouble keeps the batch."""

import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from threading import Event

import pytest
from dramatiq import Worker
from flask import Flask
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from project.extensions import db
from tests.waiting import wait_until
from workers import batch as batches
from workers import queries
from workers.actors import Actor, Queue, current_message
from workers.batch import Batch
from workers.broker import InProcessBroker, broker_of
from workers.models import MessageFailure
from workers.queries import record_failure

Work = Callable[[], AbstractContextManager[Worker]]


class Notes:
    """An actor whose rows are words, and a batch that writes them as the test wants."""

    def __init__(self, app: Flask) -> None:
        self.written: list[list[str]] = []
        self.fault: Callable[[Sequence[str]], Exception | None] = lambda _rows: None
        self._batch = Batch("notes", self._write)
        self.actor: Actor[[str], None] = Actor(self._add, Queue.CHORES, {}, batched=True)
        self.actor.name = "note"
        self.actor.bind(broker_of(app))
        self._app = app

    def _add(self, word: str) -> None:
        self._batch.add(word)

    def _write(self, rows: Sequence[str]) -> None:
        if fault := self.fault(rows):
            raise fault
        for word in rows:
            # Any table will do: what counts is that the rows are there when the messages are acknowledged.
            record_failure(message_id=uuid.uuid4(), actor="written", queue=word, args={}, error="")
        self.written.append(list(rows))

    def send(self, *words: str) -> None:
        """A message for each word."""
        with self._app.app_context():
            for word in words:
                self.actor.send(word)

    def committed(self) -> set[str]:
        """The words whose rows are committed."""
        with self._app.app_context():
            return set(db.session.scalars(select(MessageFailure.queue).where(MessageFailure.actor == "written")))

    def unsettled(self) -> int:
        """How many messages are neither acknowledged nor rejected."""
        broker = broker_of(self._app)
        assert isinstance(broker, InProcessBroker)
        return int(broker.queues["chores"].unfinished_tasks)


@pytest.fixture
def notes(app: Flask) -> Notes:
    """A way to write words through a batch."""
    return Notes(app)


def outage() -> Exception:
    """What SQLAlchemy raises while the database does not answer."""
    return OperationalError("INSERT …", {}, Exception("the server closed the connection"))


def test_the_rows_of_messages_are_committed_and_the_messages_acknowledged(notes: Notes, work: Work) -> None:
    notes.send("a", "b", "c")

    with work():
        wait_until(lambda: notes.unsettled() == 0)

    assert notes.committed() == {"a", "b", "c"}


def test_no_message_is_acknowledged_before_its_row_is_committed(notes: Notes, work: Work) -> None:
    # Given a database that keeps the writer waiting
    reached, go_on = Event(), Event()

    def wait(_rows: Sequence[str]) -> None:
        reached.set()
        go_on.wait(10)

    notes.fault = wait
    notes.send("a")

    with work():
        assert reached.wait(10)
        unsettled = notes.unsettled()
        go_on.set()
        wait_until(lambda: notes.unsettled() == 0)

    assert unsettled == 1


def test_what_waits_while_a_batch_is_written_is_the_next_batch(notes: Notes, work: Work, app: Flask) -> None:
    # Given a batch that is being written
    reached, go_on = Event(), Event()

    def wait(_rows: Sequence[str]) -> None:
        reached.set()
        go_on.wait(10)

    notes.fault = wait
    notes.send("first")

    with work():
        assert reached.wait(10)
        # When fifty more are handed over meanwhile
        notes.send(*map(str, range(50)))
        writer = app.extensions["workers"].writers._writers["notes"]
        wait_until(lambda: writer._unsettled == 51)
        go_on.set()
        wait_until(lambda: notes.unsettled() == 0)

    assert [len(batch) for batch in notes.written] == [1, 50]


def test_a_batch_has_a_largest_size(notes: Notes, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "SIZE", 10)
    notes.send(*map(str, range(35)))

    with work():
        wait_until(lambda: notes.unsettled() == 0)

    assert max(map(len, notes.written)) <= 10


def test_a_row_that_can_never_be_written_fails_alone(notes: Notes, work: Work) -> None:
    notes.fault = lambda rows: ValueError("a bad row") if "bad" in rows else None
    notes.send("a", "b", "bad", "c")

    with work():
        wait_until(lambda: notes.unsettled() == 0)

    assert notes.committed() == {"a", "b", "c"}


def test_a_message_whose_row_can_never_be_written_is_recorded_with_the_error(notes: Notes, work: Work, app: Flask) -> None:
    notes.fault = lambda rows: ValueError("a bad row") if "bad" in rows else None
    notes.send("bad")

    with work():
        wait_until(lambda: notes.unsettled() == 0)

    with app.app_context():
        failure = db.session.scalars(select(MessageFailure)).one()
    assert (failure.actor, failure.args["args"], failure.error) == ("note", ["bad"], "ValueError: a bad row")


def test_a_bad_row_whose_failure_can_not_be_recorded_before_the_worker_stops_is_kept(
    notes: Notes, work: Work, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a row that can never be written, and a database that goes away before that can be noted
    reached = Event()

    def away(**_values: object) -> None:
        reached.set()
        raise outage()

    notes.fault = lambda _rows: ValueError("a bad row")
    monkeypatch.setattr(queries, "record_failure", away)
    notes.send("bad")

    with work():
        assert reached.wait(10)

    broker = broker_of(app)
    assert isinstance(broker, InProcessBroker)
    assert (notes.unsettled(), broker.dead_letters) == (1, [])


def test_while_the_database_is_in_trouble_the_batch_is_kept_and_written_later(notes: Notes, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "FIRST_WAIT", 0.01)
    outages = iter([outage(), outage(), outage()])
    notes.fault = lambda _rows: next(outages, None)
    notes.send("a", "b")

    with work():
        wait_until(lambda: notes.unsettled() == 0)

    assert notes.committed() == {"a", "b"}


def test_a_database_that_goes_away_during_a_rollback_keeps_no_later_row_from_being_written(notes: Notes, work: Work, app: Flask) -> None:
    # Given a row that can't be written, and a database that is gone just when that is to be rolled back
    rollbacks = iter([outage()])

    def is_gone(_connection: object) -> None:
        if fault := next(rollbacks, None):
            raise fault

    def fault(rows: Sequence[str]) -> Exception | None:
        db.session.execute(text("SELECT 1"))
        return ValueError("a bad row") if "bad" in rows else None

    notes.fault = fault
    with app.app_context():
        event.listen(db.engine, "rollback", is_gone)
    notes.send("bad", "good")

    # When it is back
    with work():
        wait_until(lambda: notes.unsettled() == 0)

    assert notes.committed() == {"good"}


def test_trouble_with_the_database_fails_no_message(notes: Notes, work: Work, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "FIRST_WAIT", 0.01)
    outages = iter([outage() for _ in range(8)])
    notes.fault = lambda _rows: next(outages, None)
    notes.send("a")

    with work():
        wait_until(lambda: notes.unsettled() == 0)

    broker = broker_of(app)
    assert isinstance(broker, InProcessBroker)
    assert broker.dead_letters == []


def test_a_worker_that_stops_commits_what_it_has_in_hand(notes: Notes, work: Work) -> None:
    notes.fault = lambda _rows: None
    notes.send(*map(str, range(200)))

    with work():
        wait_until(lambda: notes.written)

    assert len(notes.committed()) == 200 - notes.unsettled()


def test_a_worker_that_stops_during_an_outage_leaves_its_messages_unacknowledged(notes: Notes, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "DRAIN_SECONDS", 0.1)
    tried = Event()

    def always_out(_rows: Sequence[str]) -> Exception:
        tried.set()
        return outage()

    notes.fault = always_out
    notes.send("a")

    with work():
        assert tried.wait(10)

    assert (notes.committed(), notes.unsettled()) == (set(), 1)


def test_outside_of_an_actor_there_is_no_message_to_hold(context: Flask) -> None:
    with pytest.raises(RuntimeError, match="no message is at work"):
        current_message()
