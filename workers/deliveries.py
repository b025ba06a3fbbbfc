"""Reading what RabbitMQ delivers: a message at once, which pika takes apart frame by frame.

A message comes in three frames, which say that it is delivered, how large it is, and what is in it (AMQP 0-9-1, 4.2.6). pika copies all that is still to be
read for each of them, makes objects of it, and asks who waits for that: a third of what a message cost a worker.
"""

from collections.abc import Callable
from struct import Struct
from struct import error as TooShort  # noqa: N812  # what it means here
from typing import Any, NamedTuple

import pika
from pika import frame
from pika.spec import Basic, BasicProperties

METHOD = 1
FRAME = Struct(">BHI")
"""What a frame begins with: its type, its channel, the size of what it holds; one more byte ends it."""
DELIVER = b"\x00\x3c\x00\x3c"
"""How a `basic.deliver` begins: its class, its method; the consumer's tag follows, a byte of length before it."""
TAG = Struct(">QB")
"""The delivery tag, and whether the message was delivered before."""
SIZE = Struct(">4xQ")
"""Of what a header holds, how large the body is; the properties follow."""
RECEIVED_AT_ONCE = 65536
"""Bytes. With pika's 4,096 the thread that receives waits after every dozen of messages for its turn among those that work them."""
UNREAD = BasicProperties()
"""Instead of a message's properties, for which no worker asks."""


class Delivery(NamedTuple):
    """A message as it was delivered."""

    channel: int
    consumer_tag: str
    delivery_tag: int
    redelivered: bool
    properties_at: int
    """Where its properties begin."""
    body: bytes
    end: int
    """Where its last frame ends."""


class Incomplete(Exception):  # noqa: N818  # it is no error: the rest is on its way
    """Not all of a message has come."""


def read_delivery(data: bytes, start: int = 0) -> Delivery | None:
    """The message that begins at `start`; None if something else does, or a message of several frames. Raises Incomplete."""
    try:
        kind, channel, size = FRAME.unpack_from(data, start)
        if kind != METHOD or not data.startswith(DELIVER, start + FRAME.size):
            return None
        consumer_tag = start + FRAME.size + len(DELIVER) + 1
        tag = consumer_tag + data[consumer_tag - 1]
        delivery_tag, redelivered = TAG.unpack_from(data, tag)
        header = start + FRAME.size + size + 1
        _kind, _channel, size = FRAME.unpack_from(data, header)
        (length,) = SIZE.unpack_from(data, header + FRAME.size)
        end = header + FRAME.size + size + 1
        body = b""
        if length:
            _kind, _channel, size = FRAME.unpack_from(data, end)
            if size != length:
                return None
            body = data[end + FRAME.size : end + FRAME.size + size]
            end += FRAME.size + size + 1
    except (TooShort, IndexError):
        raise Incomplete from None
    if end > len(data):
        raise Incomplete
    return Delivery(channel, data[consumer_tag:tag].decode(), delivery_tag, bool(redelivered), header + FRAME.size + SIZE.size, body, end)


class DeliveringConnection(pika.SelectConnection):
    """pika's own, but that it reads a message at once when all of it has come, and a small one not before.

    This overrides what is private to pika. If pika calls it otherwise one day, messages are read as pika does again.
    """

    # Unknown to the types of pika's public face.
    _frame_buffer: bytes
    _channels: dict[int, Any]
    _read_frame: Callable[[], tuple[int, Any]]
    _trim_frame_buffer: Callable[[int], None]
    _process_frame: Callable[[Any], None]

    def _on_stream_connected(self) -> None:
        if transport := getattr(self, "_transport", None):
            transport._MAX_RECV_BYTES = RECEIVED_AT_ONCE
        super()._on_stream_connected()  # type: ignore[misc]  # as above

    def _on_data_available(self, data_in: bytes) -> None:
        self._frame_buffer += data_in
        while self._take_deliveries() and self._frame_buffer:
            length, value = self._read_frame()
            if not value:
                return
            self._trim_frame_buffer(length)
            self._process_frame(value)

    def _take_deliveries(self) -> bool:
        """Hand over all messages that the buffer begins with; False if it ends within one."""
        data, at = self._frame_buffer, 0
        try:
            while (delivery := read_delivery(data, at)) and delivery.channel in self._channels:
                at = delivery.end
                self._hand_over(delivery, self._properties(data, delivery.properties_at))
        except Incomplete:
            return False
        finally:
            # Once for all, as it copies what is left.
            self._trim_frame_buffer(at)
        return True

    def _properties(self, data: bytes, at: int) -> BasicProperties:
        """The properties that begin there; a connection whose consumers ask for them reads them."""
        return UNREAD

    def _hand_over(self, delivery: Delivery, properties: BasicProperties) -> None:
        method = Basic.Deliver(delivery.consumer_tag, delivery.delivery_tag, delivery.redelivered)
        of = delivery.channel
        self._channels[of]._on_deliver(frame.Method(of, method), frame.Header(of, len(delivery.body), properties), delivery.body)
