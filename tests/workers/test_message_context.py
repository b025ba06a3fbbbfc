"""What one message leaves in its app context the next does not find, though a context that nobody used serves both."""

from collections.abc import Callable
from typing import Any

import pytest
from dramatiq import Worker
from flask import Flask, current_app, g, has_app_context
from sqlalchemy import text

from project.extensions import db
from tests.waiting import wait_until
from workers.actors import Actor, Queue
from workers.broker import broker_of

Deed = Callable[[], Any]


class Doer:
    """An actor that does what the test wants, message by message, in one thread; each gives what it found or its fault."""

    def __init__(self, app: Flask) -> None:
        self.done: list[Any] = []
        self._app = app
        self._deeds: list[Deed] = []
        self._actor: Actor[[int], None] = Actor(self._do, Queue.CHORES, {"max_retries": 0, "throws": ArithmeticError})
        self._actor.name = "do"
        self._actor.bind(broker_of(app))

    def _do(self, number: int) -> None:
        try:
            self.done.append(self._deeds[number]())
        except Exception as fault:
            self.done.append(type(fault))
            raise

    def __call__(self, *deeds: Deed) -> list[Any]:
        """What the deeds gave, one message each."""
        self._deeds = list(deeds)
        with self._app.app_context():
            for number in range(len(deeds)):
                self._actor.send(number)
        worker = Worker(broker_of(self._app), worker_timeout=100, worker_threads=1)
        worker.start()
        try:
            wait_until(lambda: len(self.done) == len(deeds))
        finally:
            worker.stop()
        return self.done


@pytest.fixture
def do(app: Flask) -> Doer:
    """A way to do things in messages."""
    return Doer(app)


def ask() -> None:
    """Use the database, and leave the transaction open."""
    db.session.execute(text("SELECT 1"))


def fail() -> None:
    """Use the database and fail."""
    ask()
    raise ArithmeticError


def checked_out(app: Flask) -> int:
    """How many database connections are in use."""
    with app.app_context():
        return int(db.engine.pool.checkedout())  # type: ignore[attr-defined]  # every pool but a StaticPool counts


def test_a_context_that_nobody_used_serves_the_next_message_too(do: Doer) -> None:
    contexts: list[Any] = []

    def see() -> None:
        contexts.append(g._get_current_object())

    do(see, see)

    assert contexts[0] is contexts[1]


def test_what_a_message_notes_the_next_does_not_find(do: Doer) -> None:
    def note() -> None:
        g.noted = "by the first"

    assert do(note, lambda: g.get("noted")) == [None, None]


@pytest.mark.parametrize("deed", [ask, fail])
def test_a_message_gives_its_connection_back_however_it_ends(app: Flask, do: Doer, deed: Deed) -> None:
    do(deed, lambda: None)

    wait_until(lambda: checked_out(app) == 0)


def test_a_message_has_its_context_though_that_of_the_one_before_could_not_be_left(app: Flask, do: Doer, monkeypatch: pytest.MonkeyPatch) -> None:
    faults: list[Exception] = []

    def leave(_fault: object) -> None:
        if faults:
            raise faults.pop()

    def fail_later() -> None:
        ask()
        faults.append(OSError("the connection died while it idled"))

    monkeypatch.setattr(app, "teardown_appcontext_funcs", [leave, *app.teardown_appcontext_funcs])

    assert do(fail_later, has_app_context, lambda: current_app.name) == [None, True, app.name]
    assert not faults


def test_leaving_a_context_gives_the_database_connection_back_and_does_nothing_else(app: Flask) -> None:
    # Else what is to be done would not be done for a message that uses no database.
    assert [teardown.__module__ for teardown in app.teardown_appcontext_funcs] == ["flask_sqlalchemy.extension"]
