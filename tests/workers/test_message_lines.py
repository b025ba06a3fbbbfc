"""One line in the log for each try of a message: which, for whom, how long it took and how it ended."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from threading import Event
from typing import Any

import pytest
from dramatiq import Message, MessageProxy, Worker
from flask import Flask

from project.logs import add_about, each_event
from tests.waiting import wait_until
from workers.actors import Actor, Queue, current_message
from workers.batch import Batch, writers_of
from workers.broker import broker_of
from workers.middleware import MAX_RETRIES
from workers.monitor.gathering import gathering_of

Work = Callable[[], AbstractContextManager[Worker]]


@pytest.fixture
def app(new_app: Flask) -> Flask:
    """An app with an actor that does as it is told."""

    def obedient(fault: str | None = None) -> None:
        if fault:
            raise ValueError(fault)

    Actor(obedient, Queue.CHORES, {}).bind(broker_of(new_app))
    return new_app


@contextmanager
def lines_while(app: Flask, work: Work, caplog: pytest.LogCaptureFixture, message: Message[Any]) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Sends the message and works it; gives a look at the fields of its lines so far."""
    caplog.set_level(logging.INFO)
    caplog.handler.addFilter(add_about)
    with app.app_context():
        broker_of(app).enqueue(message)

    def lines() -> list[dict[str, Any]]:
        records = [record for record in caplog.records if record.getMessage() == "worked"]
        return [{**about, **fields} for record in records for about, fields in each_event(record)]

    with work():
        yield lines


def worked(app: Flask, work: Work, caplog: pytest.LogCaptureFixture, message: Message[Any], tries: int = 1) -> list[dict[str, Any]]:
    """The fields of the message's lines, once there are as many as it is tried."""
    with lines_while(app, work, caplog, message) as lines:
        wait_until(lambda: len(lines()) >= tries)
    return lines()


def test_a_message_that_is_done_has_a_line(app: Flask, work: Work, caplog: pytest.LogCaptureFixture) -> None:
    message = Message[None](Queue.CHORES, "obedient", (), {}, {})

    (line,) = worked(app, work, caplog, message)

    assert line.pop("milliseconds") >= 0
    assert line == {"message_id": message.message_id, "actor": "obedient", "attempt": 1, "outcome": "done"}


def test_each_try_of_a_message_that_fails_has_a_line(app: Flask, work: Work, caplog: pytest.LogCaptureFixture) -> None:
    message = Message[None](Queue.CHORES, "obedient", ("never",), {}, {"min_backoff": 1})

    lines = worked(app, work, caplog, message, tries=MAX_RETRIES + 1)

    retried = [(attempt, "retried") for attempt in range(1, MAX_RETRIES + 1)]
    assert [(line["attempt"], line["outcome"]) for line in lines] == [*retried, (MAX_RETRIES + 1, "failed")]


def test_a_message_that_is_too_old_has_a_line(app: Flask, work: Work, caplog: pytest.LogCaptureFixture) -> None:
    message = Message[None](Queue.CHORES, "obedient", (), {}, {"max_age": 1000}, message_timestamp=0)

    (line,) = worked(app, work, caplog, message)

    assert line["outcome"] == "skipped"


class Notes:
    """An actor whose rows go into a batch, which is written when the test allows it."""

    def __init__(self, app: Flask) -> None:
        self.allowed = Event()
        self.fault: Exception | None = None
        self.after: Callable[[MessageProxy], object] = lambda _message: None
        """What the actor does once it has handed its row over."""
        self._batch = Batch[str]("notes", self._write)
        actor = Actor(self._add, Queue.CHORES, {}, batched=True)
        actor.name = "note"
        actor.bind(broker_of(app))

    def _add(self, word: str) -> None:
        self._batch.add(word)
        self.after(current_message())

    def _write(self, _rows: Sequence[str]) -> None:
        self.allowed.wait(30)
        if self.fault:
            raise self.fault


@pytest.mark.parametrize(("fault", "outcome"), [(None, "done"), (ValueError("a bad row"), "failed")], ids=["committed", "refused"])
def test_a_message_whose_row_goes_into_a_batch_has_its_line_when_that_is_decided(
    app: Flask, work: Work, caplog: pytest.LogCaptureFixture, fault: Exception | None, outcome: str
) -> None:
    notes = Notes(app)
    notes.fault = fault
    message = Message[None](Queue.CHORES, "note", ("a word",), {}, {})

    with lines_while(app, work, caplog, message) as lines:
        wait_until(lambda: writers_of(app).unsettled() == 1 and not gathering_of(app).at_work())
        assert lines() == []
        notes.allowed.set()
        wait_until(lambda: len(lines()) == 1)

    (line,) = lines()
    assert line.pop("milliseconds") >= 0
    assert line == {"message_id": message.message_id, "actor": "note", "attempt": 1, "outcome": outcome}


def test_a_message_whose_row_is_refused_while_its_actor_is_at_work_has_one_line(app: Flask, work: Work, caplog: pytest.LogCaptureFixture) -> None:
    notes = Notes(app)
    notes.fault = ValueError("a bad row")
    notes.after = lambda message: wait_until(lambda: message.failed and writers_of(app).unsettled() == 0)
    notes.allowed.set()

    with lines_while(app, work, caplog, Message[None](Queue.CHORES, "note", ("a word",), {}, {})) as lines:
        wait_until(lambda: len(lines()) > 0 and not gathering_of(app).at_work())

    assert [line["outcome"] for line in lines()] == ["failed"]
