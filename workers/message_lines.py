"""The line in the log for each try of a message that was decided: which, for whom, how often it was tried, how long this took and how it ended."""

import logging
from collections.abc import Iterable
from time import perf_counter
from typing import Any

from dramatiq.broker import MessageProxy

from project.logs import Fields, event, events, lines_about

log = logging.getLogger(__name__)


def begin(message: MessageProxy) -> lines_about:
    """Note that a try begins; gives what marks each line that is logged until one leaves it."""
    message.began = perf_counter()  # type: ignore[attr-defined]  # a proxy takes attributes; Dramatiq declares none for this
    message.attempt = _attempts_before(message) + 1  # type: ignore[attr-defined]  # as above
    return lines_about(**_about(message))


def end(message: Any, outcome: str) -> None:
    """Log the line of a message that has begun, and whose marks lines have."""
    log.info("worked", extra=event(**_said(message, perf_counter(), outcome)))


def end_together(messages: Iterable[Any], outcome: str) -> None:
    """Log the lines of messages that ended at once."""
    at = perf_counter()
    if each := [(_about(message), _said(message, at, outcome)) for message in messages]:
        log.info("worked", extra=events(each))


def _about(message: Any) -> Fields:
    return {"message_id": message.message_id, "actor": message.actor_name, "attempt": message.attempt}


def _said(message: Any, at: float, outcome: str) -> Fields:
    return {"milliseconds": round((at - message.began) * 1000, 1), "outcome": outcome}


def _attempts_before(message: MessageProxy) -> int:
    """How often the message was tried before this time."""
    retries = message.options.get("retries", 0)
    return retries if isinstance(retries, int) else 0
