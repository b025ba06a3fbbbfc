"""Publishing many messages quickly and surely: many are under way at once, and RabbitMQ confirms of each that it is in its queue.

pika's BlockingConnection waits for each confirmation before it sends the next message; its SelectConnection doesn't.
"""

import time
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from copy import copy
from functools import cached_property
from itertools import takewhile
from typing import Any

import pika
from dramatiq.errors import ConnectionClosed
from pika import frame
from pika.channel import Channel
from pika.connection import Connection, Parameters
from pika.spec import Basic, BasicProperties

WINDOW = 1000
"""Messages that may be under way without confirmation."""
AHEAD = 2
"""Pages taken over before the first is waited for, so that RabbitMQ has work while whoever publishes notes down what is confirmed."""
SILENCE_SECONDS = 10.0
"""How long no confirmation may come before the rest is given up."""
HEARTBEAT_SECONDS = 5
"""A RabbitMQ that stands still does not answer the closing of the connection either; pika then ends it 10 to 20 seconds after it was opened."""

PERSISTENT = BasicProperties(delivery_mode=pika.DeliveryMode.Persistent)
PIECE = 100
"""Messages that are sent together, unless these are the last: room for a single one is no reason to bother the network."""
FRAME_OVERHEAD = 8
"""Bytes of a frame beside what it holds."""

Outgoing = tuple[str, bytes]
"""A message as it goes to RabbitMQ: its queue and its body."""


class NotConfirmed(ConnectionClosed):
    """RabbitMQ did not confirm all messages; any of them may be in its queue."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)  # type: ignore[no-untyped-call]  # Dramatiq leaves its errors' constructor untyped


class NoQueue(NotConfirmed):
    """A message came back, for its queue is not there."""

    def __init__(self, queue: str) -> None:
        super().__init__(f"no queue {queue}")
        self.queue = queue


def publish(parameters: Parameters, pages: Iterable[Sequence[Outgoing]]) -> Generator[None, None, None]:
    """Publish pages of persistent messages, in their order, over a connection of their own; yields once a page, when RabbitMQ has confirmed it all.

    A page is taken while the one before it is on its way, and not before the one before that is confirmed. Raises NotConfirmed when a page can't
    be confirmed, within some 20 seconds of the last confirmation; NoQueue if a queue is not there.
    """
    with closing(_Publication(parameters)) as publication:
        ends: deque[int] = deque()
        for page in pages:
            publication.send(page)
            ends.append(publication.taken)
            if len(ends) == AHEAD:
                publication.wait_for(ends.popleft())
                yield
        for end in ends:
            publication.wait_for(end)
            yield


def _impatient(parameters: Parameters) -> Parameters:
    """The same parameters, with limits for a connection that lives as long as its messages."""
    limited = copy(parameters)
    limited.heartbeat = HEARTBEAT_SECONDS
    limited.blocked_connection_timeout = min(limited.blocked_connection_timeout or SILENCE_SECONDS, SILENCE_SECONDS)
    return limited


class OnePieceConnection(pika.SelectConnection):
    """pika's own, but that frames which belong together go to the network in one piece, and at once.

    pika sends the three frames of a message one by one, which costs the publisher twice the time and RabbitMQ some; and it sends them when its loop comes round
    again, which is after the next page was put together, and RabbitMQ has nothing to do meanwhile. This overrides what is private to pika: it
    is the only place where all three are at hand, and if pika calls it otherwise one day, messages are sent as pika does again.
    """

    _transport: Any  # unknown to the types of pika's public face

    def _output_marshaled_frames(self, marshaled_frames: Sequence[bytes]) -> None:
        super()._output_marshaled_frames([b"".join(marshaled_frames)])  # type: ignore[misc]  # as above
        # As the loop does once the socket takes more. What it doesn't take now, the loop sends.
        self._transport._on_socket_writable()

    def send_frames(self, frames: Sequence[bytes]) -> None:
        """Send frames as they are, in one piece."""
        self._output_marshaled_frames(frames)


class Framing:
    """A channel's messages as frames; what they have in common is put together once, where pika's `basic_publish` does so for each."""

    def __init__(self, channel: Channel) -> None:
        self._number = channel.channel_number
        self._room = channel.connection.params.frame_max - FRAME_OVERHEAD
        self._methods: dict[str, bytes] = {}
        self._headers: dict[int, bytes] = {}
        """Of persistent messages, by the size of their bodies."""

    def of(self, queue: str, body: bytes, properties: BasicProperties = PERSISTENT) -> list[bytes]:
        """The frames by which RabbitMQ puts a message into its queue, or gives it back if that is not there."""
        if (method := self._methods.get(queue)) is None:
            method = self._methods[queue] = frame.Method(self._number, Basic.Publish(exchange="", routing_key=queue, mandatory=True)).marshal()
        size = len(body)
        header = self._headers.get(size) if properties is PERSISTENT else frame.Header(self._number, size, properties).marshal()
        if header is None:
            header = self._headers[size] = frame.Header(self._number, size, PERSISTENT).marshal()
        return [method, header, *(frame.Body(self._number, body[start : start + self._room]).marshal() for start in range(0, size, self._room))]


class _Publication:
    """One connection's life, told by pika: open, channel, confirm mode, messages and confirmations, closed.

    pika's loop runs in the caller's thread while it waits, and stands still otherwise. pika turns what its callbacks raise into a lost
    connection, so they raise nothing: they keep the fault and close.
    """

    def __init__(self, parameters: Parameters) -> None:
        self._unconfirmed: dict[int, Outgoing] = {}
        """In their order, by delivery tag, of which the first message's is 1; those above `_sent` are yet to be sent."""
        self.taken = self._sent = self._awaited = 0
        self._heard_at = 0.0
        self._framing: Framing | None = None
        """There as soon as the channel is open."""
        self._fault: NotConfirmed | None = None
        self._ended = False
        self._parameters = _impatient(parameters)

    @cached_property
    def _connection(self) -> OnePieceConnection:
        # There is none while nothing but empty pages came.
        return OnePieceConnection(self._parameters, self._opened, self._closed, self._closed)

    def send(self, page: Sequence[Outgoing]) -> None:
        """Take messages over. They are sent while something is waited for, as the window allows."""
        self._unconfirmed.update(enumerate(page, self.taken + 1))
        self.taken += len(page)

    def wait_for(self, tag: int) -> None:
        """Wait until all messages up to this one are confirmed. Raises NotConfirmed."""
        self._awaited = tag
        if self._is_confirmed:
            return
        # The loop may have ended with the last confirmation and the connection's end at once; another would wait for nothing, and for ever.
        if not self._ended:
            self._heard_at = time.monotonic()
            self._send()
            self._connection.ioloop.start()
        # A connection may be lost after the last confirmation; that is nobody's loss.
        if not self._is_confirmed:
            raise self._fault or NotConfirmed("the connection was closed")

    @property
    def _is_confirmed(self) -> bool:
        return next(iter(self._unconfirmed), self.taken + 1) > self._awaited

    def close(self) -> None:
        """Close the connection, if there is one; returns when that is done."""
        if "_connection" not in vars(self):
            return
        try:
            if not self._ended:
                if not self._connection.is_closing:
                    self._connection.close()
                self._connection.ioloop.start()
        finally:
            self._connection.ioloop.close()

    def _opened(self, connection: Connection) -> None:
        self._heard_at = time.monotonic()
        self._give_up_when_silent()
        connection.channel(on_open_callback=self._channel_opened)

    def _channel_opened(self, channel: Channel) -> None:
        self._framing = Framing(channel)
        channel.add_on_return_callback(self._returned)
        channel.add_on_close_callback(self._channel_closed)
        channel.confirm_delivery(self._answered, lambda _frame: self._send())

    def _send(self) -> None:
        if self._framing is None or self._fault:
            return
        waiting = self.taken - self._sent
        room = WINDOW - (len(self._unconfirmed) - waiting)
        if waiting and room >= min(PIECE, waiting):
            upto = self._sent + min(room, waiting)
            tags = range(self._sent + 1, upto + 1)
            self._connection.send_frames([piece for tag in tags for piece in self._framing.of(*self._unconfirmed[tag])])
            self._sent = upto

    def _answered(self, answered: frame.Method[Basic.Ack | Basic.Nack]) -> None:
        answer = answered.method
        if isinstance(answer, Basic.Nack):
            self._give_up(NotConfirmed(f"RabbitMQ refused a message for the queue {self._unconfirmed[answer.delivery_tag][0]}"))
        if self._fault:
            return
        self._heard_at = time.monotonic()
        for tag in list(takewhile(lambda tag: tag <= answer.delivery_tag, self._unconfirmed)) if answer.multiple else [answer.delivery_tag]:
            del self._unconfirmed[tag]
        self._send()
        if self._is_confirmed:
            self._connection.ioloop.stop()

    def _returned(self, _channel: Channel, method: Basic.Return, _properties: BasicProperties, _body: bytes) -> None:
        # The confirmation that follows it means only that RabbitMQ is done with the message.
        self._give_up(NoQueue(str(method.routing_key)))

    def _channel_closed(self, _channel: Channel, reason: Exception) -> None:
        self._give_up(NotConfirmed(str(reason)))

    def _give_up_when_silent(self) -> None:
        silence = time.monotonic() - self._heard_at
        if silence >= SILENCE_SECONDS:
            self._give_up(NotConfirmed(f"no confirmation for {SILENCE_SECONDS:g} seconds"))
        else:
            self._connection.ioloop.call_later(SILENCE_SECONDS - silence, self._give_up_when_silent)

    def _give_up(self, fault: NotConfirmed) -> None:
        if self._connection.is_open:
            self._fault = fault
            self._connection.close()

    def _closed(self, _closed_one: Connection, reason: BaseException | str) -> None:
        self._fault = self._fault or NotConfirmed(str(reason) or repr(reason))
        self._ended = True
        self._connection.ioloop.stop()
