"""Publishing many messages quickly and surely: many are under way at once, and RabbitMQ confirms of each that it is in its queue.

pika's BlockingConnection waits for each confirmation before it sends the next message; its SelectConnection doesn't.
"""

import time
from collections.abc import Sequence
from copy import copy

import pika
from dramatiq.errors import ConnectionClosed
from pika.channel import Channel
from pika.connection import Connection, Parameters
from pika.frame import Method
from pika.spec import Basic, BasicProperties

WINDOW = 1000
"""Messages that may be under way without confirmation."""
SILENCE_SECONDS = 10.0
"""How long no confirmation may come before the rest is given up."""
HEARTBEAT_SECONDS = 5
"""A RabbitMQ that stands still does not answer the closing of the connection either; pika then ends it 10 to 20 seconds after it was opened."""

PERSISTENT = BasicProperties(delivery_mode=pika.DeliveryMode.Persistent)


class NotConfirmed(ConnectionClosed):
    """RabbitMQ did not confirm all messages; any of them may be in its queue."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)  # type: ignore[no-untyped-call]  # Dramatiq leaves its errors' constructor untyped


class NoQueue(NotConfirmed):
    """A message came back, for its queue is not there."""

    def __init__(self, queue: str) -> None:
        super().__init__(f"no queue {queue}")
        self.queue = queue


def publish(parameters: Parameters, messages: Sequence[tuple[str, bytes]]) -> None:
    """Publish persistent messages, each a queue and a body, in their order, over a connection of their own.

    Returns when RabbitMQ has confirmed that every one is in its queue. Raises NotConfirmed otherwise, within
    some 20 seconds of the last confirmation; NoQueue if a queue is not there.
    """
    if messages:
        _Publication(parameters, messages).run()


def _impatient(parameters: Parameters) -> Parameters:
    """The same parameters, with limits for a connection that lives as long as its messages."""
    limited = copy(parameters)
    limited.heartbeat = HEARTBEAT_SECONDS
    limited.blocked_connection_timeout = min(limited.blocked_connection_timeout or SILENCE_SECONDS, SILENCE_SECONDS)
    return limited


class OnePieceConnection(pika.SelectConnection):
    """pika's own, but that a message goes to the network in one piece.

    pika sends its three frames one by one, which costs the publisher twice the time and RabbitMQ some. This overrides what is private to pika: it is the only
    place where all three are at hand, and if pika calls it otherwise one day, messages are sent as pika does again.
    """

    def _output_marshaled_frames(self, marshaled_frames: Sequence[bytes]) -> None:
        super()._output_marshaled_frames([b"".join(marshaled_frames)])  # type: ignore[misc]  # unknown to the types of pika's public face


class _Publication:
    """One connection's life, told by pika: open, channel, confirm mode, messages and confirmations, closed.

    pika turns what its callbacks raise into a lost connection, so they raise nothing: they keep the fault and close.
    """

    def __init__(self, parameters: Parameters, messages: Sequence[tuple[str, bytes]]) -> None:
        self._messages = messages
        self._sent = 0
        self._unconfirmed: set[int] = set()
        """Delivery tags: the first message's is 1."""
        self._confirmed_upto = 0
        self._heard_at = 0.0
        self._fault: NotConfirmed | None = None
        self._connection = OnePieceConnection(_impatient(parameters), self._opened, self._closed, self._closed)
        self._channel: Channel | None = None

    def run(self) -> None:
        """Publish; returns when the connection is closed again."""
        try:
            self._connection.ioloop.start()
        finally:
            self._connection.ioloop.close()
        # A connection may be lost after the last confirmation; that is nobody's loss.
        if not self._all_confirmed:
            raise self._fault or NotConfirmed("the connection was closed")

    @property
    def _all_confirmed(self) -> bool:
        return self._sent == len(self._messages) and not self._unconfirmed

    def _opened(self, connection: Connection) -> None:
        self._heard_at = time.monotonic()
        self._give_up_when_silent()
        connection.channel(on_open_callback=self._channel_opened)

    def _channel_opened(self, channel: Channel) -> None:
        self._channel = channel
        channel.add_on_return_callback(self._returned)
        channel.add_on_close_callback(self._channel_closed)
        channel.confirm_delivery(self._answered, lambda _frame: self._send())

    def _send(self) -> None:
        assert self._channel is not None
        upto = min(len(self._messages), self._sent + WINDOW - len(self._unconfirmed))
        for queue, body in self._messages[self._sent : upto]:
            self._channel.basic_publish("", queue, body, PERSISTENT, mandatory=True)
        self._unconfirmed.update(range(self._sent + 1, upto + 1))
        self._sent = upto

    def _answered(self, frame: Method[Basic.Ack | Basic.Nack]) -> None:
        answer = frame.method
        if isinstance(answer, Basic.Nack):
            self._give_up(NotConfirmed(f"RabbitMQ refused a message for the queue {self._messages[answer.delivery_tag - 1][0]}"))
        if self._fault:
            return
        self._heard_at = time.monotonic()
        if answer.multiple:
            self._unconfirmed.difference_update(range(self._confirmed_upto + 1, answer.delivery_tag + 1))
            self._confirmed_upto = answer.delivery_tag
        else:
            self._unconfirmed.discard(answer.delivery_tag)
        if self._all_confirmed:
            self._connection.close()
        else:
            self._send()

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

    def _closed(self, _connection: Connection, reason: BaseException | str) -> None:
        self._fault = self._fault or NotConfirmed(str(reason) or repr(reason))
        self._connection.ioloop.stop()
