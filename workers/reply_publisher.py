"""Sending replies: each confirmed by RabbitMQ, many under way at once, over one connection of the process."""

import logging
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from dramatiq.errors import ConnectionClosed
from pika.channel import Channel
from pika.connection import Parameters
from pika.exceptions import ChannelClosedByBroker
from pika.frame import Method
from pika.spec import Basic, BasicProperties

from workers.kept_connection import KeptConnection, QuickConnection
from workers.publishing import Framing

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 15.0
"""How long a reply may take to be confirmed: RabbitMQ may be restarting."""
PRECONDITION_FAILED = 406


class NotSent(ConnectionClosed):
    """RabbitMQ did not take a reply."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)  # type: ignore[no-untyped-call]  # Dramatiq leaves its errors' constructor untyped


class ReplyTooLargeError(Exception):
    """A reply is larger than RabbitMQ takes messages."""


@dataclass
class Reply:
    """What is sent where, and whether RabbitMQ has it."""

    queue: str
    key: str
    body: bytes
    ttl: int
    confirmed: Future[None] = field(default_factory=Future)
    given_up: bool = False

    @property
    def properties(self) -> BasicProperties:
        """Not persistent: it is for a process that waits now, and a disk would make it wait longer."""
        return BasicProperties(correlation_id=self.key, expiration=str(self.ttl))


class ReplyPublisher:
    """Used by any number of threads."""

    def __init__(self, parameters: Parameters) -> None:
        self._channel: Channel | None = None
        self._framing: Framing | None = None
        """The channel's."""
        self._sent = 0
        self._unconfirmed: dict[int, Reply] = {}
        """By delivery tag, in the order in which they were sent."""
        self._waiting: deque[Reply] = deque()
        """Replies to send when there is a channel again."""
        self._connection = KeptConnection("replies to others", parameters, self._opened, self._lost)

    @property
    def is_kept(self) -> bool:
        """Whether its connection is looked after, in this process."""
        return self._connection.is_kept

    def publish(self, queue: str, key: str, body: bytes, ttl: int) -> None:
        """Send a reply, of which nothing is left after `ttl` milliseconds; returns when RabbitMQ has it, or has nobody to give it to.

        Raises NotSent if that can't be had in PATIENCE_SECONDS, ReplyTooLargeError if the reply is.
        """
        reply = Reply(queue, key, body, ttl)
        self._connection.call(partial(self._send, reply))
        try:
            reply.confirmed.result(PATIENCE_SECONDS)
        except TimeoutError:
            reply.given_up = True
            raise NotSent(f"no confirmation of a reply for {PATIENCE_SECONDS:g} seconds") from None

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _opened(self, channel: Channel) -> None:
        self._channel = channel
        self._framing = Framing(channel)
        self._sent = 0
        channel.add_on_return_callback(self._returned)
        channel.confirm_delivery(self._answered)
        while self._waiting:
            self._send(self._waiting.popleft())

    def _send(self, reply: Reply) -> None:
        if reply.given_up:
            return
        if self._channel is None or self._framing is None or not self._channel.is_open:
            self._waiting.append(reply)
            return
        cast(QuickConnection, self._channel.connection).send_frames(self._framing.of(reply.queue, reply.body, reply.properties))
        self._sent += 1
        self._unconfirmed[self._sent] = reply

    def _returned(self, _channel: Channel, method: Basic.Return, properties: BasicProperties, _body: bytes) -> None:
        log.info("nobody waits any more for the result with the key %s: there is no queue %s", properties.correlation_id, method.routing_key)

    def _answered(self, frame: Method[Basic.Ack | Basic.Nack]) -> None:
        answer = frame.method
        first = next(iter(self._unconfirmed), answer.delivery_tag) if answer.multiple else answer.delivery_tag
        for tag in range(first, answer.delivery_tag + 1):
            if (reply := self._unconfirmed.pop(tag, None)) is None:
                continue
            if isinstance(answer, Basic.Nack):
                reply.confirmed.set_exception(NotSent("RabbitMQ refused a reply"))
            else:
                reply.confirmed.set_result(None)

    def _lost(self, fault: BaseException) -> None:
        self._channel = None
        unconfirmed = list(self._unconfirmed.values())
        self._unconfirmed.clear()
        if isinstance(fault, ChannelClosedByBroker) and fault.reply_code == PRECONDITION_FAILED and unconfirmed:
            # RabbitMQ does not say of which; the largest is too large if any is.
            largest = max(unconfirmed, key=lambda reply: len(reply.body))
            unconfirmed.remove(largest)
            largest.confirmed.set_exception(ReplyTooLargeError(f"{len(largest.body):,} bytes are more than RabbitMQ takes: {fault.reply_text}"))
        self._waiting.extendleft(reversed(unconfirmed))
