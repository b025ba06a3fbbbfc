"""What surrounds every message: an app context, log lines that name it, patient retries, a record of what failed for good."""

import logging
import uuid
from contextlib import ExitStack
from threading import local
from typing import Any

from dramatiq import Middleware
from dramatiq.broker import Broker, MessageProxy
from dramatiq.middleware import AgeLimit, Callbacks, CurrentMessage, Pipelines, Retries, ShutdownNotifications, TimeLimit
from flask import Flask

from project.database import is_trouble
from project.extensions import db
from project.ids import is_id
from project.logs import lines_about
from workers import queries
from workers.batch import Writers
from workers.broker import BrokerUnreachable

log = logging.getLogger(__name__)

MIN_BACKOFF = 1_000
MAX_BACKOFF = 900_000
"""Milliseconds. RabbitMQ closes a consumer that holds a message for 30 minutes, and a delayed message is held."""
MAX_RETRIES = 3
"""Retries of a message whose actor raises; with the backoff, it has failed for good within some ten seconds."""


def worth_a_retry(retries: int, fault: BaseException) -> bool:
    """Trouble with the database or the broker passes and is waited for; any other fault gets a few tries."""
    return is_trouble(fault) or isinstance(fault, BrokerUnreachable) or retries < MAX_RETRIES


class MessageContext(Middleware):
    """Runs each message inside an app context, its log lines marked with its id, actor and attempt."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._thread = local()

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        """Enter the contexts."""
        stack = self._thread.stack = ExitStack()
        attempt = message.options.get("retries", 0) + 1
        stack.enter_context(lines_about(f"message={message.message_id} actor={message.actor_name} attempt={attempt}"))
        stack.enter_context(self._app.app_context())

    def after_process_message(self, broker: Broker, message: MessageProxy, *, result: Any = None, exception: BaseException | None = None) -> None:
        """Leave the contexts; the app's teardown gives the database connection back."""
        self._thread.stack.close()

    after_skip_message = after_process_message


class Failures(Middleware):
    """Records each message that is rejected, so that a tick can account for it and an operator can see it."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def before_nack(self, broker: Broker, message: MessageProxy) -> None:
        """Write the failure before the message leaves its queue for the dead letters, where it stays for a week."""
        with self._app.app_context():
            fault = message._exception
            queries.record_failure(
                message_id=uuid.UUID(message.message_id),
                actor=message.actor_name,
                queue=message.queue_name,
                args={"args": list(message.args), "kwargs": message.kwargs},
                tick_id=_id(message.kwargs.get("tick_id")),
                key=_id(message.args[0]) if message.args else None,
                attempts=message.options.get("retries", 1),
                error=f"{type(fault).__name__}: {fault}" if fault else "rejected",
            )
            db.session.commit()


def _id(value: Any) -> int | None:
    return value if is_id(value) else None


def middleware_for(app: Flask, writers: Writers) -> list[Middleware]:
    """Everything around a message, outermost first; after a message the order is reversed."""
    return [
        MessageContext(app),
        # Before Retries, which decides in its "after" whether a message has failed for good.
        Failures(app),
        AgeLimit(),
        TimeLimit(),
        ShutdownNotifications(),
        Callbacks(),
        Pipelines(),
        Retries(min_backoff=MIN_BACKOFF, max_backoff=MAX_BACKOFF, retry_when=worth_a_retry),
        CurrentMessage(),
        writers,
    ]
