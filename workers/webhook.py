"""Posting alarms to the operator's webhook: each once, again until it is taken, one at a time."""

import logging
import uuid
from typing import Any

import requests
from flask import current_app

from workers import alarm_queries, alarms
from workers.models import Alarm
from workers.schedule import stopping_of

log = logging.getLogger(__name__)

CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0


def post_due(url: str) -> None:
    """Post every alarm that is due, until there is none or this process is about to end.

    An alarm is posted twice only if the webhook took it and that could not be noted: the process died
    in between, the database was away, or the answer came too late.
    """
    token = str(uuid.uuid4())
    while not stopping_of(current_app).is_set() and (alarm := alarm_queries.claim(token)):
        if trouble := _trouble_posting(url, alarms.body(alarm)):
            _postpone(alarm, token, trouble)
        else:
            alarm_queries.posted(alarm, token)


def _postpone(alarm: Alarm, token: str, trouble: str) -> None:
    pause = alarms.pause_after(alarm.attempts)
    next_try_at = alarm_queries.postpone(alarm, token, seconds=pause)
    if next_try_at and next_try_at - (alarm.ended_at or alarm.began_at) >= alarm_queries.NEWS:
        log.error("alarm %d is given up: the webhook did not take it for a day, at last for %s", alarm.id, trouble)
    else:
        log.warning("alarm %d: the webhook did not take it, attempt %d: %s", alarm.id, alarm.attempts, trouble)


def _trouble_posting(url: str, body: dict[str, Any]) -> str | None:
    """Why the webhook did not take it, or None. Never holds the URL, which is a secret."""
    try:
        # Streamed: of the answer nothing but the status is of interest, however long it is.
        with requests.post(url, json=body, timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False, stream=True) as answer:
            return None if 200 <= answer.status_code < 300 else f"status {answer.status_code}"
    except Exception as fault:  # noqa: BLE001  # whatever it is, whoever logged its text would log the URL
        return _named(fault)


def _named(fault: BaseException) -> str:
    """An exception's class, and what the operating system or TLS said at the bottom of it; messages of `requests` hold the URL."""
    cause = fault
    while deeper := cause.__cause__ or cause.__context__:
        cause = deeper
    said = getattr(cause, "strerror", None) or type(cause).__name__
    return f"{type(fault).__name__}, {said}"
