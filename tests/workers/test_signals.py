"""Signals reach those who listen, in Dramatiq's order, and a listener's fault is nobody else's."""

from typing import Any

import pytest
from dramatiq import Middleware
from dramatiq.middleware import MiddlewareError

from workers.broker import RabbitBroker


class Listener(Middleware):
    """Notes what it is told, and may have a fault."""

    def __init__(self, name: str, heard: list[str], fault: Exception | None = None) -> None:
        self._name = name
        self._heard = heard
        self._fault = fault

    def before_ack(self, broker: Any, message: Any) -> None:
        """Note."""
        self._note("before")

    def after_ack(self, broker: Any, message: Any) -> None:
        """Note."""
        self._note("after")

    def _note(self, when: str) -> None:
        self._heard.append(f"{self._name} {when}")
        if self._fault:
            raise self._fault


def broker(*middleware: Middleware) -> RabbitBroker:
    """A broker that connects to nothing."""
    return RabbitBroker("amqp://guest:guest@127.0.0.1:1/", list(middleware))


def test_before_goes_from_the_first_to_the_last_and_after_back() -> None:
    heard: list[str] = []
    stage = broker(Listener("first", heard), Middleware(), Listener("last", heard))

    stage.emit_before("ack", "message")
    stage.emit_after("ack", "message")

    assert heard == ["first before", "last before", "last after", "first after"]


def test_one_that_is_added_later_is_told_too() -> None:
    heard: list[str] = []
    stage = broker(Listener("first", heard))
    stage.emit_before("ack", "message")

    stage.add_middleware(Listener("second", heard))
    stage.emit_before("ack", "message")

    assert heard == ["first before", "first before", "second before"]


def test_a_listeners_fault_is_logged_and_the_others_are_told(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[str] = []
    stage = broker(Listener("first", heard, ValueError("deaf")), Listener("last", heard, ValueError("dumb")))

    stage.emit_before("ack", "message")
    stage.emit_after("ack", "message")

    assert len(heard) == 4
    assert "deaf" in caplog.text
    assert "dumb" in caplog.text


def test_a_middlewares_own_error_keeps_from_going_on() -> None:
    heard: list[str] = []
    stage = broker(Listener("first", heard, MiddlewareError("stop")), Listener("last", heard))

    with pytest.raises(MiddlewareError):
        stage.emit_before("ack", "message")

    assert heard == ["first before"]
