"""A process's heart beats on whatever fails, and a paused worker is sound while the database is away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import pytest
from dramatiq import Worker
from flask import Flask
from sqlalchemy.exc import OperationalError

from tests.waiting import wait_until
from workers import pulse
from workers.broker import broker_of
from workers.monitor import heartbeat, queries
from workers.monitor.control import Control
from workers.monitor.heartbeat import Heart
from workers.monitor.models import WorkerState


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


def failing(fault: Exception) -> tuple[Callable[..., None], Callable[[], int]]:
    """Something that always fails, and how often it did."""
    tries = count()

    def fail(*_args: object, **_options: object) -> None:
        next(tries)
        raise fault

    return fail, lambda: int(repr(tries)[6:-1])


def test_a_step_that_fails_is_not_the_last(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    fail, tried = failing(ProcessLookupError("the command is gone"))
    monkeypatch.setattr(Control, "step", fail)

    with beating(app, monkeypatch) as heart:
        wait_until(lambda: tried() >= 2)

        assert heart.is_alive()


def test_a_paused_worker_is_sound_while_the_database_is_away(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    away, tried = failing(OperationalError("UPDATE …", {}, Exception("the server closed the connection")))
    monkeypatch.setattr(queries, "begin", away)
    beats: list[None] = []
    monkeypatch.setattr(pulse, "beat_all", lambda: beats.append(None))

    with beating(app, monkeypatch) as heart:
        wait_until(tried)
        assert not beats
        heart._control.state = WorkerState.PAUSED

        wait_until(lambda: beats)
