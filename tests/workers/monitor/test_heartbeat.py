"""A process's heart beats on whatever fails and whatever messages are called, and a paused worker is sound while the database is away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import pytest
from dramatiq import Message, MessageProxy, Worker
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from project.extensions import db
from tests.factories import NOON
from tests.waiting import wait_until
from workers import pulse
from workers.broker import broker_of
from workers.monitor import heartbeat, queries
from workers.monitor.control import Control
from workers.monitor.gathering import Gathering
from workers.monitor.heartbeat import Heart
from workers.monitor.models import WorkCount, WorkerState


@contextmanager
def beating(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Heart]:
    """The heart of a worker that has not begun, which beats all the time while the block runs."""
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.01)
    heart = Heart(app, Worker(broker_of(app)))
    heart.start()
    try:
        yield heart
    finally:
        heart.end()


def failing(fault: Exception) -> tuple[Callable[..., None], list[None]]:
    """Something that always fails, and a list of its tries."""
    tries: list[None] = []

    def fail(*_args: object, **_options: object) -> None:
        tries.append(None)
        raise fault

    return fail, tries


def test_a_step_that_fails_is_not_the_last(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    fail, tries = failing(ProcessLookupError("the command is gone"))
    monkeypatch.setattr(Control, "step", fail)

    with beating(app, monkeypatch) as heart:
        wait_until(lambda: len(tries) >= 2)

        assert heart.is_alive()


def test_a_paused_worker_is_sound_while_the_database_is_away(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    away, tries = failing(OperationalError("UPDATE …", {}, Exception("the server closed the connection")))
    monkeypatch.setattr(queries, "begin", away)
    beats: list[None] = []
    monkeypatch.setattr(pulse, "beat_all", lambda: beats.append(None))

    with beating(app, monkeypatch) as heart:
        wait_until(lambda: tries)
        assert not beats
        heart._control.state = WorkerState.PAUSED

        wait_until(lambda: beats)


@pytest.mark.parametrize("name", ["a" * 1000, "nul\0", "half of a pair \ud800"], ids=["long", "NUL", "no text"])
def test_whatever_the_actor_of_a_message_is_called_the_heart_can_write_that_it_ended(context: Flask, name: str) -> None:
    gathering = Gathering()
    message = MessageProxy(Message[Any]("chores", name, (), {}, {}))
    message.began = perf_counter()  # type: ignore[attr-defined]  # a proxy takes attributes; Dramatiq declares none for this

    gathering.committed([message])
    queries.add_counts(NOON, gathering.take())
    db.session.commit()

    assert db.session.scalars(select(WorkCount.messages)).all() == [1]
