"""What surrounds every message: an app context, log lines that name it, patient retries."""

import logging
from threading import local
from typing import Any

from dramatiq import Middleware
from dramatiq.broker import Broker, MessageProxy
from dramatiq.middleware import AgeLimit, Callbacks, CurrentMessage, Pipelines, Retries, Shutdown, ShutdownNotifications, TimeLimit
from dramatiq.results import Results
from dramatiq.results.backends import StubBackend
from flask import Flask, g

from project.database import is_trouble
from project.extensions import db, settings_of
from workers import message_lines
from workers.batch import RefusedRowError, Writers
from workers.broker import BrokerUnreachable, RabbitBroker, patient
from workers.failures import Failures
from workers.holding import is_held, keep
from workers.monitor.gathering import Gathering
from workers.monitor.heartbeat import Heartbeat
from workers.reply_to import NoGroupCallbacks, ReplyTo
from workers.results import RabbitBackend
from workers.work_queue import WorkQueues

log = logging.getLogger(__name__)

MIN_BACKOFF = 1_000
MAX_BACKOFF = 900_000
"""Milliseconds. RabbitMQ closes a consumer that holds a message for 30 minutes, and a delayed message is held."""
MAX_RETRIES = 3
"""Retries of a message whose actor raises; with the backoff, it has failed for good within some ten seconds."""


def worth_a_retry(retries: int, fault: BaseException) -> bool:
    """Trouble with the database or the broker passes and is waited for, and so does a worker's end; any other fault gets a few tries, a bad row none."""
    if isinstance(fault, RefusedRowError):
        return False
    return is_trouble(fault) or isinstance(fault, BrokerUnreachable | Shutdown) or retries < MAX_RETRIES


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


class MessageContext(Middleware):
    """Runs each message inside an app context, its log lines marked with its id, actor and attempt, the last of which says how it ended.

    Outermost, so that it sees what the others have made of it. A message whose row goes into a batch ends later, and its line is the batch's writer's.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._thread = local()

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        """Enter the contexts."""
        marks = self._thread.marks = message_lines.begin(message)
        marks.__enter__()
        if getattr(self._thread, "context", None) is None:
            context = self._app.app_context()
            context.push()
            self._thread.context = context

    def after_process_message(self, broker: Broker, message: MessageProxy, *, result: Any = None, exception: BaseException | None = None) -> None:
        """Log the line of a message that has ended, and leave the contexts."""
        if not is_held(message):
            message_lines.end(message, "failed" if message.failed else "done" if exception is None else "retried")
        self._leave()

    def after_skip_message(self, broker: Broker, message: MessageProxy) -> None:
        """The same for a message that was not begun."""
        message_lines.end(message, "skipped")
        self._leave()

    def _leave(self) -> None:
        # An app context that nobody has used serves the next message too: to enter and leave one takes a tenth of what a message does. What its
        # teardown gives back is the database's connection, and nothing else.
        try:
            if db.session.registry.has() or any(g):
                context, self._thread.context = self._thread.context, None
                context.pop()
        finally:
            self._thread.marks.__exit__()


class Watched(Middleware):
    """Lets the health check see the consumers of Dramatiq's own worker processes; those of a worker inside another process it doesn't look for."""

    def after_process_boot(self, broker: Broker) -> None:
        """Called in a worker process alone, before it consumes."""
        if isinstance(broker, RabbitBroker):
            broker.watched = True


def middleware_for(app: Flask, writers: Writers, gathering: Gathering) -> list[Middleware]:
    """Everything around a message, outermost first; after a message the order is reversed."""
    return [
        MessageContext(app),
        gathering,
        # It ends after the writers, whose last messages it counts.
        Heartbeat(app),
        # Before the retries, which decide in their "after" whether a message has failed for good.
        Failures(app),
        AgeLimit(),
        TimeLimit(),
        ShutdownNotifications(),
        Callbacks(),
        Pipelines(),
        PatientRetries(min_backoff=MIN_BACKOFF, max_backoff=MAX_BACKOFF, retry_when=worth_a_retry),
        CurrentMessage(),
        Watched(),
        writers,
        WorkQueues(),
        *results_middleware(settings_of(app).broker_url),
    ]


def results_middleware(url: str | None) -> list[Middleware]:
    """What lets messages have results: over the RabbitMQ at an AMQP URL, or inside the process for None. Connects to nothing yet."""
    if url is None:
        return [Results(backend=StubBackend()), NoGroupCallbacks()]  # type: ignore[no-untyped-call]  # as Dramatiq has it
    backend = RabbitBackend(patient(url))
    return [Results(backend=backend), ReplyTo(backend), NoGroupCallbacks()]  # type: ignore[no-untyped-call]  # as Dramatiq has it
