"""The app's broker: RabbitMQ, or a queue inside the serving process where none is configured."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pika
from dramatiq import Consumer, Message, MessageProxy, Middleware
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.common import q_name
from dramatiq.errors import BrokerConnectionError, ConnectionClosed
from flask import Flask

log = logging.getLogger(__name__)

PREFETCH = 1000
"""Messages a consumer may hold unacknowledged: what a batch can grow to."""

BrokerUnreachable = BrokerConnectionError
"""What publishing raises when the broker can't be reached."""


class HoldingConsumer(Consumer):
    """The broker's own consumer, except that a message that somebody holds is acknowledged by its holder.

    Dramatiq acknowledges when the actor returns. A batch takes the message over before that and
    settles it when its row is committed.
    """

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    def __next__(self) -> MessageProxy | None:
        """The next message, which knows where to settle; None when there was none for a while."""
        message = next(self._consumer)
        if message is not None:
            message.consumer = self  # type: ignore[attr-defined]  # a proxy takes attributes; Dramatiq declares none for this
        return message

    def ack(self, message: MessageProxy) -> None:
        """Acknowledge, unless a holder will."""
        if not getattr(message, "held", False):
            self._consumer.ack(message)

    def nack(self, message: MessageProxy) -> None:
        """Move the message to the dead letters."""
        self._consumer.nack(message)

    def settle(self, message: MessageProxy) -> None:
        """Acknowledge or reject a held message, from any thread. Raises BrokerUnreachable if its connection is gone."""
        if message.failed:
            self._consumer.nack(message)
        else:
            self._consumer.ack(message)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Give back messages that nobody began."""
        self._consumer.requeue(messages)

    def close(self) -> None:
        """End consuming."""
        self._consumer.close()


def patient(url: str) -> str:
    """The AMQP URL with the timeouts of a connection, seconds, unless it names its own."""
    parts = urlsplit(url)
    timeouts = {"heartbeat": "60", "blocked_connection_timeout": "30", "socket_timeout": "5", "stack_timeout": "10"}
    return urlunsplit(parts._replace(query=urlencode(timeouts | dict(parse_qsl(parts.query)))))


class RabbitBroker(RabbitmqBroker):
    """RabbitMQ: every message persistent and confirmed, and no connection left idle.

    An idle publisher misses heartbeats, RabbitMQ closes its connection, and the next publish fails at
    first. So a connection lives as long as one message or one page of them.
    """

    def __init__(self, url: str, middleware: list[Middleware]) -> None:
        super().__init__(url=patient(url), confirm_delivery=True, middleware=middleware)

    @contextmanager
    def _brief_connection(self) -> Iterator[None]:
        try:
            yield
        finally:
            del self.connection

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Publish one message, after `delay` milliseconds if given. Raises BrokerUnreachable."""
        with self._brief_connection():
            return super().enqueue(message, delay=delay)

    def enqueue_page(self, messages: Sequence[Message[Any]]) -> None:
        """Publish many messages over one connection; each is confirmed. Raises BrokerUnreachable."""
        with self._brief_connection():
            for message in messages:
                super().enqueue(message)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """Consume the queue as Dramatiq does, with room for a batch."""
        return HoldingConsumer(super().consume(queue_name, max(prefetch, PREFETCH), timeout))

    def worker_online(self, queue_name: str) -> bool:
        """Whether anybody consumes the queue. Raises BrokerUnreachable."""
        with self._brief_connection():
            self.declare_queue(queue_name, ensure=True)
            try:
                return bool(self.channel.queue_declare(queue=queue_name, passive=True).method.consumer_count)
            except pika.exceptions.AMQPChannelError:
                # Somebody deleted the queue; the next publish declares it again.
                self.queues_pending.add(q_name(queue_name))
                return False
            except pika.exceptions.AMQPConnectionError as error:
                raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]  # Dramatiq leaves its errors' constructor untyped

    def trouble(self) -> str | None:
        """Why no message can be published now, or None."""
        try:
            with self._brief_connection():
                return None if self.connection.is_open else "RabbitMQ closed the connection"
        except (pika.exceptions.AMQPError, OSError) as error:
            log.warning("not ready: RabbitMQ: %r", error)
            return "RabbitMQ does not answer"


class InProcessBroker(StubBroker):
    """Dramatiq's in-memory broker, worked by threads of the process that serves the site."""

    def __init__(self, middleware: list[Middleware]) -> None:
        super().__init__(middleware)
        self.worked = False
        """Whether worker threads were started in this process."""

    def enqueue_page(self, messages: Sequence[Message[Any]]) -> None:
        """Put many messages into the queue."""
        for message in messages:
            self.enqueue(message)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 100) -> Consumer:
        """Consume the queue as Dramatiq does, with room for a batch."""
        return HoldingConsumer(super().consume(queue_name, max(prefetch, PREFETCH), timeout))

    def worker_online(self, queue_name: str) -> bool:
        """Whether anybody consumes the queue."""
        return self.worked

    def trouble(self) -> str | None:
        """Why no message can be published now: never."""
        return None


Broker = RabbitBroker | InProcessBroker


def make_broker(url: str | None, middleware: list[Middleware]) -> Broker:
    """The broker at an AMQP URL; the in-process one for None. Connects to nothing yet."""
    return InProcessBroker(middleware) if url is None else RabbitBroker(url, middleware)


def broker_of(app: Flask) -> Broker:
    """The app's broker."""
    return cast(Broker, app.extensions["workers"].broker)
