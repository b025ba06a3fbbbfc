"""A record of each message that failed for good, whatever it holds, so that a tick can account for it and an operator can see it."""

import json
import logging
import uuid
from typing import Any

from dramatiq import Middleware
from dramatiq.broker import Broker, MessageProxy
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from project.database import is_trouble
from project.extensions import db
from project.ids import is_id
from workers import queries
from workers.broker import keep
from workers.schedule import stopping_of

log = logging.getLogger(__name__)

RECORD_AGAIN_SECONDS = 2.0
NAME_LENGTH = 255
MOST_ATTEMPTS = 2**31 - 1


class Failures(Middleware):
    """Records each message that is rejected."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def before_worker_shutdown(self, broker: Broker, worker: object) -> None:
        """Whoever waits for the database waits no longer."""
        stopping_of(self._app).set()

    def before_nack(self, broker: Broker, message: MessageProxy) -> None:
        """Write the failure before the message leaves its queue for the dead letters, where it stays for a week.

        While the database is away this waits; a worker that stops meanwhile keeps the message, which is delivered again.
        """
        while trouble := self._record(message):
            log.warning("the failure of message %s can't be recorded yet: %s", message.message_id, trouble.__cause__ or trouble)
            if stopping_of(self._app).wait(RECORD_AGAIN_SECONDS):
                keep(message)
                return

    def _record(self, message: MessageProxy) -> Exception | None:
        fault = message._exception
        with self._app.app_context():
            try:
                queries.record_failure(
                    message_id=_uuid(message.message_id),
                    actor=_text(message.actor_name)[:NAME_LENGTH],
                    queue=_text(message.queue_name)[:NAME_LENGTH],
                    args={"args": _storable(message.args), "kwargs": _storable(message.kwargs)},
                    tick_id=_id(message.kwargs.get("tick_id")),
                    key=_id(message.args[0]) if message.args else None,
                    attempts=min(getattr(message, "attempt", 1), MOST_ATTEMPTS),
                    error=_text(f"{type(fault).__name__}: {fault}") if fault else "rejected",
                )
                db.session.commit()
            except SQLAlchemyError as error:
                db.session.rollback()
                if not is_trouble(error):
                    raise
                return error
        return None


def _id(value: Any) -> int | None:
    return value if is_id(value) else None


def _uuid(message_id: str) -> uuid.UUID:
    try:
        return uuid.UUID(message_id)
    except (ValueError, TypeError, AttributeError):
        # Somebody sent it by hand with an id of their own; the same id is always the same message.
        return uuid.uuid5(uuid.NAMESPACE_OID, _text(message_id))


def _text(value: Any) -> str:
    """The value as text that a database can hold: no NUL, no half of a surrogate pair."""
    return str(value).replace("\0", "").encode("utf-8", "backslashreplace").decode()


def _storable(value: Any) -> Any:
    """The value if JSON as PostgreSQL has it can hold it, else how Python writes it."""
    try:
        text = json.dumps(value, allow_nan=False)
    except ValueError:
        return repr(value)
    return value if "\\u0000" not in text else repr(value)
