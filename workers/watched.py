"""A consumer that the health check looks after: it has a pulse for as long as its thread runs and RabbitMQ answers."""

import logging
import threading
from collections.abc import Iterable, Sequence
from typing import Any, cast

from dramatiq import Consumer, MessageProxy
from dramatiq.errors import ConnectionClosed
from pika.exceptions import AMQPError

from workers.acks import ack_all
from workers.pulse import Pulse

log = logging.getLogger(__name__)


def begin_pulse(queue_name: str) -> Pulse | None:
    """The pulse of the consumer of a queue, before it connects; None, and a line in the log, where there can be no file."""
    try:
        return Pulse(queue_name)
    except OSError as fault:
        log.warning("the health check won't see the consumer of %s: %s", queue_name, fault)
        return None


class WatchedConsumer(Consumer):
    """Dramatiq's consumer on RabbitMQ, whose pulse beats while it hears RabbitMQ. Made in the thread that consumes."""

    def __init__(self, consumer: Consumer, pulse: Pulse) -> None:
        self._consumer = consumer
        self._pulse = pulse
        self._thread = threading.get_ident()

    def __next__(self) -> MessageProxy | None:
        """The next message, or None when there was none for a while but RabbitMQ answers. Raises ConnectionClosed."""
        message = next(self._consumer)
        if message is None:
            self._hear()
        self._beat()
        return message

    def _hear(self) -> None:
        # A frozen RabbitMQ has no message either, and heartbeats take minutes to tell. This asks it to go on, as it does, and waits for its yes.
        try:
            cast(Any, self._consumer).channel.flow(True)
        except AMQPError as fault:
            raise ConnectionClosed(fault) from None  # type: ignore[no-untyped-call]  # Dramatiq leaves its errors' constructor untyped

    def _beat(self) -> None:
        try:
            self._pulse.beat()
        except OSError as fault:
            log.warning("the health check will take this worker for dead: %s", fault)

    def ack(self, message: MessageProxy) -> None:
        """Acknowledge."""
        self._consumer.ack(message)
        # Passing on thousands of delayed messages keeps this thread from the next for minutes. RabbitMQ has confirmed each; workers acknowledge in their own.
        if threading.get_ident() == self._thread:
            self._beat()

    def ack_all(self, messages: Sequence[MessageProxy]) -> None:
        """Acknowledge many; no worker does so in the thread that consumes."""
        ack_all(self._consumer, messages)

    def nack(self, message: MessageProxy) -> None:
        """Move the message to the dead letters."""
        self._consumer.nack(message)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Give back messages that nobody began."""
        self._consumer.requeue(messages)

    def close(self) -> None:
        """End consuming."""
        self._consumer.close()
