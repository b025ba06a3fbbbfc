"""Dead letters on RabbitMQ: each becomes one row, whoever drains it and however often, and what is retried from there keeps its id."""

import json
from typing import Any

import pytest
from dramatiq import Message, Worker
from flask.testing import FlaskClient
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ConnectionClosedByBroker
from sqlalchemy import select
from sqlalchemy.exc import DataError

from project.audit import AuditEvent
from project.extensions import db
from tests.app_fixtures import working
from tests.waiting import wait_until
from tests.workers.deadletters.conftest import Stage
from tests.workers.ledger import run_in_threads
from workers.actors import Queue
from workers.broker import BrokerUnreachable
from workers.deadletters import drainer, queries
from workers.masking import MASK
from workers.models import FailureState
from workers.records import ROUND, UNDECODABLE


def body(*args: object, **options: object) -> bytes:
    """A message as RabbitMQ holds it."""
    return Message[None](Queue.CHORES, "play", args, {}, options).encode()


def test_a_message_that_failed_is_drained_retried_by_hand_and_done_under_the_same_id(stage: Stage, worker: Worker, superuser: FlaskClient) -> None:
    # Given a message that failed for good, and whose dead letter is drained
    message = stage.send("act one")
    wait_until(lambda: stage.failures() and stage.waiting() == 1)
    assert stage.drain() == 1
    assert stage.waiting() == 0
    [failure] = stage.failures()
    assert (str(failure.message_id), failure.state, failure.error) == (message.message_id, "failed", "ValueError: the curtain is stuck")

    # When its actor is mended, and somebody retries it
    stage.mended = True
    page = superuser.post("/workers/messages/retry", data={"id": failure.id}, follow_redirects=True)

    # Then it is done, the row says so, and so does the audit
    assert "1 message was sent again." in page.text
    wait_until(lambda: stage.played)
    assert stage.played == ["act one"]
    assert [failure.state for failure in stage.failures()] == [FailureState.RETRIED]
    with stage.app.app_context():
        [event] = db.session.scalars(select(AuditEvent))
    assert (event.action, event.object_type, event.object_id) == ("message.retried", "message", failure.id)


def test_a_retried_message_that_fails_again_is_a_row_of_its_own(stage: Stage, worker: Worker, superuser: FlaskClient) -> None:
    stage.send("act one")
    wait_until(stage.failures)

    superuser.post("/workers/messages/retry", data={"id": stage.failures()[0].id})

    wait_until(lambda: len(stage.failures()) == 2 and stage.waiting() == 2)
    stage.drain()
    first, second = stage.failures()
    assert (first.message_id, first.round, first.state) == (second.message_id, 0, FailureState.RETRIED)
    assert (second.round, second.state, second.attempts) == (1, FailureState.FAILED, 1)


def test_a_discarded_message_is_not_sent(stage: Stage, superuser: FlaskClient) -> None:
    stage.publish(body("act one"))
    stage.drain()
    [failure] = stage.failures()

    superuser.post("/workers/messages/discard", data={"id": failure.id})
    superuser.post("/workers/messages/retry", data={"id": failure.id})

    assert [failure.state for failure in stage.failures()] == [FailureState.DISCARDED]
    assert stage.waiting(Queue.CHORES) == 0


def test_a_dead_letter_that_no_worker_recorded_tells_what_it_can(stage: Stage) -> None:
    stage.publish(body("act one", {"password": "hush"}, retries=2, traceback="Traceback of the try before", **{ROUND: 3}))

    stage.drain()

    [failure] = stage.failures()
    assert (failure.actor, failure.queue, failure.attempts, failure.round) == ("play", "chores", 3, 3)
    assert failure.args == {"args": ["act one", {"password": MASK}], "kwargs": {}}
    with stage.app.app_context():
        whole = queries.get_failure(failure.id)
    assert whole
    assert whole.traceback == "Traceback of the try before"


@pytest.mark.parametrize(
    "undecodable",
    [b"\xff\x00no JSON", b"[]", b"{}", b"", b'{"queue_name": 1}', json.dumps({**Message("q", "a", (), {}, {}).asdict(), "kwargs": 7, "options": []}).encode()],
    ids=["no JSON", "a list", "no fields", "empty", "a part", "fields of other kinds"],
)
def test_what_is_no_message_becomes_a_row_too_and_is_never_sent(stage: Stage, superuser: FlaskClient, undecodable: bytes) -> None:
    stage.publish(undecodable)

    stage.drain()

    [failure] = stage.failures()
    assert (failure.actor, failure.queue, stage.waiting()) == (UNDECODABLE, "chores", 0)
    superuser.post("/workers/messages/retry", data={"id": failure.id})
    assert [failure.state for failure in stage.failures()] == [FailureState.FAILED]
    assert superuser.get(f"/workers/messages/details?id={failure.id}").status_code == 200


def test_what_a_worker_can_not_decode_comes_to_the_table(stage: Stage, worker: Worker) -> None:
    stage.publish(b"gibberish", queue=Queue.CHORES)
    wait_until(lambda: stage.waiting() == 1)

    stage.drain()

    assert [failure.actor for failure in stage.failures()] == [UNDECODABLE]


@pytest.mark.parametrize(
    "part",
    [
        {"options": None},
        {"options": "eta"},
        {"options": {"throws": "ValueError"}},
        {"options": {"eta": 0, "broker_priority": "high"}},
        {"actor_name": ["play"]},
        {"queue_name": "gone"},
        {"queue_name": "chores.DQ"},
        {"queue_name": "chores.XQ"},
        {"queue_name": ["chores"]},
        {"kwargs": None},
        {"args": 7},
    ],
    ids=str,
)
def test_what_passes_for_a_message_and_is_none_holds_up_no_other(stage: Stage, part: dict[str, object]) -> None:
    # Given more of it than a worker has threads, and a message behind
    stage.mended = True
    stage.publish(*[json.dumps(Message(Queue.CHORES, "play", (), {}, {}).asdict() | part).encode() for _ in range(3)], queue=Queue.CHORES)
    stage.send("after it")

    with working(stage.app):
        wait_until(lambda: stage.played)
        wait_until(lambda: stage.waiting() == 3)
        stage.drain()

    assert stage.played == ["after it"]
    assert len(stage.failures()) == 3
    assert stage.waiting(Queue.CHORES) == 0


def test_a_drainer_that_dies_between_commit_and_acknowledgement_leaves_one_row(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_args: Any, **_options: Any) -> None:
        raise ConnectionClosedByBroker(320, "killed")

    stage.publish(body("act one"), b"gibberish")
    with monkeypatch.context() as dying:
        dying.setattr(BlockingChannel, "basic_ack", die)
        with pytest.raises(BrokerUnreachable):
            stage.drain()
    committed = stage.failures()

    wait_until(lambda: stage.waiting() == 2)
    stage.drain()

    assert len(committed) == 2
    assert [failure.id for failure in stage.failures()] == [failure.id for failure in committed]
    assert stage.waiting() == 0


def test_a_dead_letter_that_is_drained_again_after_its_retry_changes_nothing(stage: Stage, superuser: FlaskClient) -> None:
    letter = body("act one")
    stage.publish(letter)
    stage.drain()
    superuser.post("/workers/messages/retry", data={"id": stage.failures()[0].id})

    stage.publish(letter)
    stage.drain()

    assert [failure.state for failure in stage.failures()] == [FailureState.RETRIED]
    assert stage.waiting(Queue.CHORES) == 1


def test_several_drainers_share_what_there_is(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drainer, "PAGE", 10)
    stage.publish(*(body(number) for number in range(100)))

    run_in_threads(stage.app, stage.drain, times=3)
    # What one had taken when another found the queue empty is in the table when that one returns; all have.
    assert sorted(failure.args["args"][0] for failure in stage.failures()) == list(range(100))
    assert stage.waiting() == 0


def test_a_dead_letter_that_the_database_refuses_does_not_hold_up_the_others(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    add = queries.add_failures

    def refusing(rows: list[dict[str, Any]]) -> None:
        if any(row["args"] == {"args": ["bad"], "kwargs": {}} for row in rows):
            raise DataError("", {}, Exception("too odd"))
        add(rows)

    monkeypatch.setattr(queries, "add_failures", refusing)
    stage.publish(body("good"), body("bad"), body("better"))

    stage.drain()

    assert sorted(failure.actor for failure in stage.failures()) == [UNDECODABLE, "play", "play"]
    assert stage.waiting() == 0


def test_a_broker_without_any_dead_letter_queue_has_nothing_to_drain(stage: Stage) -> None:
    # Of the numbers' queue nothing was ever published.
    assert stage.drain() == 0
