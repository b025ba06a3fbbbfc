"""The app's broker: RabbitMQ, or a queue inside the serving process where none is configured."""

import logging
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence, Set
from contextlib import closing, contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pika
from dramatiq import Consumer, Message, Middleware
from dramatiq.brokers.stub import StubBroker
from dramatiq.common import q_name
from dramatiq.errors import BrokerConnectionError, ConnectionClosed
from dramatiq.results import Results
from flask import Flask
from pika.adapters.utils.connection_workflow import AMQPConnectorException

from workers.acks import RabbitConsumer
from workers.declaring import DeclaringBroker, QueueDiffers
from workers.holding import HoldingConsumer
from workers.publishing import NoQueue, Outgoing, publish
from workers.watched import WatchedConsumer, begin_pulse

log = logging.getLogger(__name__)

PREFETCH = 1000
"""Messages a consumer may hold unacknowledged: what a batch can grow to."""

BrokerUnreachable = BrokerConnectionError
"""What publishing raises when the broker can't be reached."""

Page = Sequence[Message[Any]]
"""Messages that are published together."""

LOOK_SECONDS = 1.0
"""How long a look at a queue may take to connect."""

# A host that can't be resolved and one that accepts and then says nothing are no AMQPError to pika.
UNREACHABLE = (pika.exceptions.AMQPError, AMQPConnectorException, OSError)


@contextmanager
def said_as_unreachable() -> Iterator[None]:
    """Turn whatever pika raises for a broker that can't be reached into BrokerUnreachable."""
    try:
        yield
    except UNREACHABLE as fault:
        raise ConnectionClosed(fault) from fault  # type: ignore[no-untyped-call]  # Dramatiq leaves its errors' constructor untyped


def patient(url: str) -> str:
    """The AMQP URL with the timeouts of a connection, seconds, unless it names its own."""
    parts = urlsplit(url)
    timeouts = {"heartbeat": "60", "blocked_connection_timeout": "30", "socket_timeout": "3", "stack_timeout": "5"}
    return urlunsplit(parts._replace(query=urlencode(timeouts | dict(parse_qsl(parts.query)))))


def prefetch_for(queue_name: str, prefetch: int, batched_queues: set[str]) -> int:
    """How many messages a consumer of the queue may hold: room for a batch where there are batches, else as Dramatiq has it."""
    return max(prefetch, PREFETCH) if q_name(queue_name) in batched_queues else prefetch


@dataclass(frozen=True)
class Backlog:
    """How many messages wait in a queue that no worker has taken, and how many workers take from it."""

    messages: int
    workers: int


class RabbitBroker(DeclaringBroker):
    """RabbitMQ: every message persistent and confirmed, and no connection left idle.

    An idle publisher misses heartbeats, RabbitMQ closes its connection, and the next publish fails at
    first. So a connection lives as long as one message or one page of them.
    """

    def __init__(self, url: str, middleware: list[Middleware], queue_type: str = "classic") -> None:
        super().__init__(queue_type, url=patient(url), confirm_delivery=True, middleware=middleware)
        self._address = pika.URLParameters(patient(url))
        self.batched_queues: set[str] = set()
        """Queues whose messages are written in batches, and so are fetched ahead by as many."""
        self.watched = False
        """Whether a health check looks after this process's consumers."""

    @property
    def consumer_class(self) -> type[RabbitConsumer]:
        """What `consume` makes."""
        return RabbitConsumer

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

    def enqueue_page(self, messages: Page) -> None:
        """Publish many messages; returns when each is confirmed to be in its queue. Raises as `enqueue_pages` does."""
        for _ in self.enqueue_pages([messages]):
            pass

    def enqueue_pages(self, pages: Iterable[Page]) -> Generator[Page, None, None]:
        """Publish page after page; gives each back when all its messages are confirmed to be in their queue.

        The next page is on its way then, and the one behind that is asked for when the caller goes on. Raises BrokerUnreachable otherwise: any message that was
        asked for may be in its queue then. A message that can't be encoded keeps its page from being published.
        """
        on_their_way: deque[Page] = deque()

        def outgoing() -> Iterator[list[Outgoing]]:
            for messages in pages:
                on_their_way.append(messages)
                self._ensure_queues({message.queue_name for message in messages})
                for message in messages:
                    self.emit_before("enqueue", message, None)
                yield [(message.queue_name, message.encode()) for message in messages]

        try:
            with closing(publish(self._address, outgoing())) as confirmations:
                for _ in confirmations:
                    for message in on_their_way[0]:
                        self.emit_after("enqueue", message, None)
                    yield on_their_way.popleft()
        except NoQueue as fault:
            # Somebody deleted the queue; the next publish declares it again.
            self.queues_pending.add(fault.queue)
            raise

    def _ensure_queues(self, names: Set[str]) -> None:
        with self._brief_connection():
            for name in names:
                self.declare_queue(name, ensure=True)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """Consume the queue as Dramatiq does, with room for a batch."""
        pulse = begin_pulse(queue_name) if self.watched else None
        # That on which the queue is declared; the consumer has one of its own.
        with self._brief_connection():
            consumer = super().consume(queue_name, prefetch_for(queue_name, prefetch, self.batched_queues), timeout)
        return HoldingConsumer(WatchedConsumer(consumer, pulse) if pulse else consumer)

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

    @property
    def vhost(self) -> str:
        """The virtual host that its queues are in."""
        return str(self._address.virtual_host)

    @contextmanager
    def hurried(self) -> Iterator[pika.BlockingConnection]:
        """A connection for as long as the block runs. Raises BrokerUnreachable, within some LOOK_SECONDS: somebody waits for a page."""
        hurried = copy(self._address)
        hurried.socket_timeout = hurried.stack_timeout = hurried.blocked_connection_timeout = LOOK_SECONDS
        with said_as_unreachable(), pika.BlockingConnection(hurried) as connection:
            yield connection

    def backlog(self, queue_name: str) -> Backlog:
        """What waits in the queue. Raises BrokerUnreachable."""
        with self.hurried() as connection:
            queue = connection.channel().queue_declare(queue_name, passive=True).method
            return Backlog(queue.message_count, queue.consumer_count)

    def close(self) -> None:
        """End every connection, that of the results too."""
        for middleware in self.middleware:
            if isinstance(middleware, Results):
                middleware.backend.close()
        super().close()

    def trouble(self) -> str | None:
        """Why no message can be published now, or None."""
        try:
            with self._brief_connection():
                if not self.connection.is_open:
                    return "RabbitMQ closed the connection"
                for queue_name in self.queues_pending.copy():
                    self.declare_queue(queue_name, ensure=True)
                return None
        except QueueDiffers as fault:
            log.warning("not ready: %s", fault)
            return "RabbitMQ has a queue that is not what RABBITMQ_QUEUE_TYPE says; the log says which"
        except BrokerUnreachable as fault:
            log.warning("not ready: RabbitMQ: %r", fault.__cause__ or fault)
            return "RabbitMQ does not answer"


class InProcessBroker(StubBroker):
    """Dramatiq's in-memory broker, worked by threads of the process that serves the site."""

    def __init__(self, middleware: list[Middleware]) -> None:
        super().__init__(middleware)
        self.batched_queues: set[str] = set()
        """Queues whose messages are written in batches, and so are fetched ahead by as many."""
        self.worked = False
        """Whether worker threads were started in this process."""

    def enqueue_page(self, messages: Page) -> None:
        """Put many messages into the queue."""
        for message in messages:
            self.enqueue(message)

    def enqueue_pages(self, pages: Iterable[Page]) -> Generator[Page, None, None]:
        """Put page after page into the queue; gives each back when it is there."""
        for messages in pages:
            self.enqueue_page(messages)
            yield messages

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 100) -> Consumer:
        """Consume the queue as Dramatiq does, with room for a batch."""
        return HoldingConsumer(super().consume(queue_name, prefetch_for(queue_name, prefetch, self.batched_queues), timeout))

    def worker_online(self, queue_name: str) -> bool:
        """Whether anybody consumes the queue."""
        return self.worked

    def backlog(self, queue_name: str) -> Backlog:
        """What waits in the queue."""
        return Backlog(self.queues[queue_name].qsize(), int(self.worked))

    def trouble(self) -> str | None:
        """Why no message can be published now: never."""
        return None


Broker = RabbitBroker | InProcessBroker


def make_broker(url: str | None, middleware: list[Middleware], queue_type: str) -> Broker:
    """The broker at an AMQP URL; the in-process one for None. Connects to nothing yet."""
    return InProcessBroker(middleware) if url is None else RabbitBroker(url, middleware, queue_type)


def broker_of(app: Flask) -> Broker:
    """The app's broker."""
    return cast(Broker, app.extensions["workers"].broker)
