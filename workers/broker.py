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
from pika.adapters.utils.connection_workflow import AMQPConnectorException

log = logging.getLogger(__name__)

PREFETCH = 1000
"""Messages a consumer may hold unacknowledged: what a batch can grow to."""

BrokerUnreachable = BrokerConnectionError
"""What publishing raises when the broker can't be reached."""

# A host that can't be resolved and one that accepts and then says nothing are no AMQPError to pika.
UNREACHABLE = (pika.exceptions.AMQPError, AMQPConnectorException, OSError)


@contextmanager
def said_as_unreachable() -> Iterator[None]:
    """Turn whatever pika raises for a broker that can't be reached into BrokerUnreachable."""
    try:
        yield
    except UNREACHABLE as fault:
        raise ConnectionClosed(fault) from fault  # type: ignore[no-untyped-call]  # Dramatiq leaves its errors' constructor untyped


def hold(message: MessageProxy) -> None:
    """Leave the message unacknowledged when its actor returns: whoever holds it settles it, else the broker delivers it again."""
    message.held = True  # type: ignore[attr-defined]  # a proxy takes attributes; Dramatiq declares none for this


def keep(message: MessageProxy) -> None:
    """Leave the message unacknowledged whoever settles it: the broker delivers it again when this connection ends."""
    message.kept = True  # type: ignore[attr-defined]  # as in `hold`


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
        if self._may_settle(message):
            self._consumer.ack(message)

    def nack(self, message: MessageProxy) -> None:
        """Move the message to the dead letters, unless a holder will."""
        if self._may_settle(message):
            self._consumer.nack(message)

    def _may_settle(self, message: MessageProxy) -> bool:
        # After a reconnect Dramatiq settles old messages here too. Their tags mean others on this connection, and the broker delivers them again.
        return getattr(message, "consumer", None) is self and not getattr(message, "held", False) and not getattr(message, "kept", False)

    def settle(self, message: MessageProxy) -> None:
        """Acknowledge or reject a held message, from any thread. Raises BrokerUnreachable if its connection is gone."""
        if getattr(message, "kept", False):
            return
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
    timeouts = {"heartbeat": "60", "blocked_connection_timeout": "30", "socket_timeout": "3", "stack_timeout": "5"}
    return urlunsplit(parts._replace(query=urlencode(timeouts | dict(parse_qsl(parts.query)))))


def prefetch_for(queue_name: str, prefetch: int, batched_queues: set[str]) -> int:
    """How many messages a consumer of the queue may hold: room for a batch where there are batches, else as Dramatiq has it."""
    return max(prefetch, PREFETCH) if q_name(queue_name) in batched_queues else prefetch


class RabbitBroker(RabbitmqBroker):
    """RabbitMQ: every message persistent and confirmed, and no connection left idle.

    An idle publisher misses heartbeats, RabbitMQ closes its connection, and the next publish fails at
    first. So a connection lives as long as one message or one page of them.
    """

    def __init__(self, url: str, middleware: list[Middleware]) -> None:
        super().__init__(url=patient(url), confirm_delivery=True, middleware=middleware)
        self.batched_queues: set[str] = set()
        """Queues whose messages are written in batches, and so are fetched ahead by as many."""

    @contextmanager
    def _brief_connection(self) -> Iterator[None]:
        try:
            with said_as_unreachable():
                yield
        finally:
            del self.connection

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Publish one message, after `delay` milliseconds if given. Raises BrokerUnreachable."""
        with self._brief_connection():
            return super().enqueue(message, delay=delay)

    def enqueue_page(self, messages: Sequence[Message[Any]]) -> None:
        """Publish many messages in one transaction: all are in their queues, or none is and this raises BrokerUnreachable.

        That costs a sixth of waiting for each message's own confirmation.
        """
        returned: list[str] = []
        with self._brief_connection():
            for queue_name in {message.queue_name for message in messages}:
                self.declare_queue(queue_name, ensure=True)
            channel = self.connection.channel()
            channel.add_on_return_callback(lambda _channel, method, *_message: returned.append(method.routing_key))
            channel.tx_select()
            for message in messages:
                self.emit_before("enqueue", message, None)
                persistent = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent)
                channel.basic_publish("", message.queue_name, message.encode(), persistent, mandatory=True)
                self.emit_after("enqueue", message, None)
            channel.tx_commit()
            self.connection.process_data_events(0)
        if returned:
            # Somebody deleted the queue; the next publish declares it again.
            self.queues_pending.update(returned)
            raise ConnectionClosed(f"no queue {returned[0]}")  # type: ignore[no-untyped-call]  # Dramatiq leaves its errors' constructor untyped

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """Consume the queue as Dramatiq does, with room for a batch."""
        with said_as_unreachable():
            return HoldingConsumer(super().consume(queue_name, prefetch_for(queue_name, prefetch, self.batched_queues), timeout))

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

    def trouble(self) -> str | None:
        """Why no message can be published now, or None."""
        try:
            with self._brief_connection():
                return None if self.connection.is_open else "RabbitMQ closed the connection"
        except BrokerUnreachable as fault:
            log.warning("not ready: RabbitMQ: %r", fault.__cause__)
            return "RabbitMQ does not answer"


class InProcessBroker(StubBroker):
    """Dramatiq's in-memory broker, worked by threads of the process that serves the site."""

    def __init__(self, middleware: list[Middleware]) -> None:
        super().__init__(middleware)
        self.batched_queues: set[str] = set()
        """Queues whose messages are written in batches, and so are fetched ahead by as many."""
        self.worked = False
        """Whether worker threads were started in this process."""

    def enqueue_page(self, messages: Sequence[Message[Any]]) -> None:
        """Put many messages into the queue."""
        for message in messages:
            self.enqueue(message)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 100) -> Consumer:
        """Consume the queue as Dramatiq does, with room for a batch."""
        return HoldingConsumer(super().consume(queue_name, prefetch_for(queue_name, prefetch, self.batched_queues), timeout))

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
