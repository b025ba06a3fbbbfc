"""What surrounds every message: an app context, log lines that name it, patient retries, a record of what failed for good."""

import json
import logging
import uuid
from contextlib import ExitStack
from threading import local
from typing import Any

from dramatiq import Middleware
from dramatiq.broker import Broker, MessageProxy
from dramatiq.middleware import AgeLimit, Callbacks, CurrentMessage, Pipelines, Retries, ShutdownNotifications, TimeLimit
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from project.database import is_trouble
from project.extensions import db
from project.ids import is_id
from project.logs import lines_about
from workers import queries
from workers.batch import Writers
from workers.broker import BrokerUnreachable
from workers.schedule import stopping_of

log = logging.getLogger(__name__)

MIN_BACKOFF = 1_000
MAX_BACKOFF = 900_000
"""Milliseconds. RabbitMQ closes a consumer that holds a message for 30 minutes, and a delayed message is held."""
RECORD_AGAIN_SECONDS = 2.0
NAME_LENGTH = 255
MOST_ATTEMPTS = 2**31 - 1
MAX_RETRIES = 3
"""Retries of a message whose actor raises; with the backoff, it has failed for good within some ten seconds."""


def worth_a_retry(retries: int, fault: BaseException) -> bool:
    """Trouble with the database or the broker passes and is waited for; any other fault gets a few tries."""
    return is_trouble(fault) or isinstance(fault, BrokerUnreachable) or retries < MAX_RETRIES


class PatientRetries(Retries):
    """Dramatiq's retries, which would lose a message whose retry can't be published: it is kept instead.

    A kept message is never acknowledged, so the broker delivers it again when this connection ends, as it does when the broker was away.
    """

    def after_process_message(self, broker: Broker, message: MessageProxy, *, result: Any = None, exception: BaseException | None = None) -> None:
        """Decide what becomes of a message that failed."""
        try:
            super().after_process_message(broker, message, result=result, exception=exception)  # type: ignore[no-untyped-call]  # as Dramatiq has it
        except BrokerUnreachable as fault:
            log.warning("the retry can't be published, so the message is kept: %s", fault)
            keep(message)
        except Exception:
            # Options that make no sense, say. Unless it fails now, the message would be acknowledged as done.
            message.fail()
            raise


def keep(message: MessageProxy) -> None:
    """Leave the message unacknowledged, for the broker to deliver again."""
    message.held = True  # type: ignore[attr-defined]  # a proxy takes attributes; Dramatiq declares none for this


class MessageContext(Middleware):
    """Runs each message inside an app context, its log lines marked with its id, actor and attempt."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._thread = local()

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        """Enter the contexts."""
        stack = self._thread.stack = ExitStack()
        attempt = message.attempt = attempts_before(message) + 1  # type: ignore[attr-defined]  # as in `keep`
        stack.enter_context(lines_about(f"message={message.message_id} actor={message.actor_name} attempt={attempt}"))
        stack.enter_context(self._app.app_context())

    def after_process_message(self, broker: Broker, message: MessageProxy, *, result: Any = None, exception: BaseException | None = None) -> None:
        """Leave the contexts; the app's teardown gives the database connection back."""
        self._thread.stack.close()

    after_skip_message = after_process_message


def attempts_before(message: MessageProxy) -> int:
    """How often the message was tried before this time."""
    retries = message.options.get("retries", 0)
    return retries if isinstance(retries, int) else 0


class Failures(Middleware):
    """Records each message that is rejected, so that a tick can account for it and an operator can see it."""

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


def middleware_for(app: Flask, writers: Writers) -> list[Middleware]:
    """Everything around a message, outermost first; after a message the order is reversed."""
    return [
        MessageContext(app),
        # Before the retries, which decide in their "after" whether a message has failed for good.
        Failures(app),
        AgeLimit(),
        TimeLimit(),
        ShutdownNotifications(),
        Callbacks(),
        Pipelines(),
        PatientRetries(min_backoff=MIN_BACKOFF, max_backoff=MAX_BACKOFF, retry_when=worth_a_retry),
        CurrentMessage(),
        writers,
    ]
