"""Acknowledging many messages at once: RabbitMQ takes one word for all up to a message, if none of them is still to be answered.

Dramatiq wakes the consumer's thread for each message, which then sends each acknowledgement on its own; that took a sixth of a worker's CPU time.
"""

import logging
from collections.abc import Callable, Sequence, Set
from functools import partial
from typing import Any, Protocol, cast, runtime_checkable

import pika
from dramatiq import Consumer, MessageProxy
from dramatiq.brokers.rabbitmq import _RabbitmqConsumer
from dramatiq.errors import ConnectionClosed
from pika.exceptions import AMQPError

from workers.deliveries import DeliveringConnection
from workers.encoding import Unworkable, require_workable

log = logging.getLogger(__name__)


@runtime_checkable
class AcksTogether(Protocol):
    """A consumer that can acknowledge many messages at once."""

    def ack_all(self, messages: Sequence[MessageProxy]) -> None:
        """Acknowledge."""


def ack_all(consumer: Consumer, messages: Sequence[MessageProxy]) -> None:
    """Acknowledge messages, at once where the consumer can. Raises BrokerUnreachable if its connection is gone."""
    if isinstance(consumer, AcksTogether):
        consumer.ack_all(messages)
    else:
        for message in messages:
            consumer.ack(message)


def plan(acknowledged: Set[int], unanswered: Set[int]) -> tuple[int | None, list[int]]:
    """How to acknowledge delivery tags that are among the unanswered: the tag up to which all may be at once, if any, and those that must be one by one."""
    first_to_spare = min(unanswered - acknowledged, default=None)
    if first_to_spare is None:
        return max(acknowledged, default=None), []
    return max((tag for tag in acknowledged if tag < first_to_spare), default=None), sorted(tag for tag in acknowledged if tag > first_to_spare)


class RabbitConsumer(_RabbitmqConsumer):
    """Dramatiq's consumer on RabbitMQ, except that it can acknowledge many messages at once.

    `known_tags` are the delivery tags not answered yet. Only the thread that consumes touches them, and a tag leaves them when its answer is
    sent: Dramatiq takes it out when any thread asks for the answer, and then one could not tell what "all up to this one" would cover.

    A batch often lacks a message that another thread is about to hand to the next. What lies above it waits for that, for then one word does for
    all; it waits for one acknowledgement, or until nothing more comes.
    """

    known_tags: set[int]

    def __init__(self, broker: Any, queue_name: str, prefetch: int, timeout: int) -> None:
        # As Dramatiq's own does, but for the connection, which it has no option for.
        self.broker = broker
        self.queue_name = queue_name
        self._queue_names = (queue_name,)
        self.logger = log
        self.known_tags = set()
        try:
            # pika asks for an object of the class, and calls it as the class itself.
            self.connection = pika.BlockingConnection(broker.parameters, _impl_class=cast(DeliveringConnection, DeliveringConnection))
            self.channel = self.connection.channel()
            self.channel.basic_qos(prefetch_count=prefetch)
            self.iterator = self.channel.consume(queue_name, inactivity_timeout=timeout / 1000)
        except AMQPError as fault:
            raise ConnectionClosed(fault) from None  # type: ignore[no-untyped-call]  # Dramatiq leaves its errors' constructor untyped
        self._waiting: set[int] = set()
        """Acknowledged tags above one that is not, of which RabbitMQ is yet to be told."""

    def __next__(self) -> MessageProxy | None:
        """The next message; None when there was none for a while. Raises BrokerUnreachable if the connection is gone."""
        message: MessageProxy | None = super().__next__()  # type: ignore[no-untyped-call]  # as above
        if message is None:
            self._send_waiting()
            return None
        try:
            require_workable(message._message, self._queue_names)
        except Unworkable as fault:
            log.error("a message in the queue %s can't be worked, and goes to the dead letters: %s", self.queue_name, fault)
            self.nack(message)
            return None
        return message

    def _send_waiting(self) -> None:
        if self._waiting:
            try:
                self._send_acks(set())
            except AMQPError as fault:
                raise ConnectionClosed(fault) from None  # type: ignore[no-untyped-call]  # as below

    def ack(self, message: Any) -> None:
        """Acknowledge one message, from any thread. Raises BrokerUnreachable if the connection is gone."""
        self.ack_all([message])

    def ack_all(self, messages: Sequence[Any]) -> None:
        """Acknowledge messages, from any thread. Raises BrokerUnreachable if the connection is gone."""
        self._soon(partial(self._send_acks, {message._tag for message in messages}))

    def nack(self, message: Any) -> None:
        """Move the message to the dead letters, from any thread. Raises BrokerUnreachable if the connection is gone."""
        self._soon(partial(self._send_nack, message._tag))

    def close(self) -> None:
        """Send what is still to be sent, and end the connection. Raises BrokerUnreachable if it is gone."""
        self._soon(partial(self._send_acks, set()))
        try:
            super().close()  # type: ignore[no-untyped-call]  # as above
        finally:
            # Dramatiq leaves a connection open whose channel RabbitMQ has closed.
            if self.connection.is_open:
                self._end_connection()

    def _end_connection(self) -> None:
        try:
            self.connection.close()
        except (AMQPError, OSError) as fault:
            raise ConnectionClosed(fault) from None  # type: ignore[no-untyped-call]  # Dramatiq leaves its errors' constructor untyped

    def _nack(self, tag: int) -> None:
        # What Dramatiq calls, while it consumes, for a message that can't be decoded and so is no message to anybody else.
        self.known_tags.add(tag)
        self._soon(partial(self._send_nack, tag))

    def _soon(self, send: Callable[[], None]) -> None:
        try:
            self.connection.add_callback_threadsafe(send)
        except (AMQPError, OSError) as fault:
            raise ConnectionClosed(fault) from None  # type: ignore[no-untyped-call]  # Dramatiq leaves its errors' constructor untyped

    def _send_acks(self, tags: set[int]) -> None:
        fresh = self._unanswered(tags)
        upto, singles = plan(fresh | self._waiting, self.known_tags)
        later = fresh.intersection(singles) if len(fresh) > 1 else set()
        self.known_tags -= (fresh | self._waiting) - later
        self._waiting = later
        if upto is not None:
            self.channel.basic_ack(upto, multiple=True)
        for tag in singles:
            if tag not in later:
                self.channel.basic_ack(tag)

    def _send_nack(self, tag: int) -> None:
        for unanswered in self._unanswered({tag}):
            self.known_tags.remove(unanswered)
            self.channel.basic_nack(unanswered, requeue=False)

    def _unanswered(self, tags: set[int]) -> set[int]:
        # To answer a tag twice closes the channel, and all that it delivered would be delivered again.
        open_tags = self.known_tags - self._waiting
        if answered := tags - open_tags:
            log.warning("%d messages were to be answered a second time, e.g. the one with delivery tag %d", len(answered), min(answered))
        return tags & open_tags
