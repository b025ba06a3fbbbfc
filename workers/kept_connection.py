"""A connection to RabbitMQ in a thread of its own, opened again whenever it is lost."""

import logging
import threading
from collections.abc import Callable

from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.connection import Connection, Parameters
from pika.spec import BasicProperties

from workers.deliveries import DeliveringConnection
from workers.publishing import OnePieceConnection

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0
"""How long after a loss the connection is tried again."""
CLOSE_SECONDS = 3.0
"""How long closing may take: a RabbitMQ that stands still never answers it."""


class QuickConnection(OnePieceConnection, DeliveringConnection):
    """Sends a message's frames in one piece, and reads them so, with their properties: somebody waits."""

    def _properties(self, data: bytes, at: int) -> BasicProperties:
        properties = BasicProperties()
        properties.decode(data, at)
        return properties


class KeptConnection:
    """Opened in the background and kept, heartbeats and all, until it is closed; its thread does all that concerns RabbitMQ.

    `opened` is called there with each new channel, `lost` with the fault when a channel is gone or could not be had.
    """

    def __init__(self, name: str, parameters: Parameters, opened: Callable[[Channel], None], lost: Callable[[BaseException], None]) -> None:
        self.name = name
        self._parameters = parameters
        self._tell_opened = opened
        self._tell_lost = lost
        self._ioloop = IOLoop()
        self._connection: Connection | None = None
        self._fault: BaseException | None = None
        self._in_trouble = False
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def is_kept(self) -> bool:
        """Whether its thread looks after it: not in a process that was forked from the one that made it, nor after it was closed."""
        return self._thread.is_alive() and not self._closing

    def call(self, function: Callable[[], None]) -> None:
        """Have a function called in the connection's thread, soon. From any thread."""
        self._ioloop.add_callback_threadsafe(function)

    def call_later(self, seconds: float, function: Callable[[], None]) -> None:
        """Have a function called in the connection's thread after some time. From that thread alone."""
        self._ioloop.call_later(seconds, function)

    def close(self) -> None:
        """Close the connection for good, and end its thread. What was to be called before that is called."""
        if self.is_kept:
            self.call(self._close)
            self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        try:
            self._connect()
            self._ioloop.start()
        except Exception as fault:
            log.exception("%s: the connection's thread ends", self.name)
            self._tell_lost(fault)
        finally:
            self._ioloop.close()

    def _connect(self) -> None:
        if self._closing:
            return
        self._fault = None
        self._connection = QuickConnection(self._parameters, self._connected, self._disconnected, self._disconnected, custom_ioloop=self._ioloop)

    def _connected(self, connection: Connection) -> None:
        connection.channel(on_open_callback=self._channel_opened)

    def _channel_opened(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._channel_closed)
        if self._in_trouble:
            log.info("%s: RabbitMQ is back", self.name)
            self._in_trouble = False
        self._tell_opened(channel)

    def _channel_closed(self, _channel: Channel, reason: Exception) -> None:
        # One way back for all that can happen: a new connection.
        self._fault = self._fault or reason
        if self._connection is not None and self._connection.is_open:
            self._connection.close()

    def _disconnected(self, _connection: Connection, reason: BaseException | str) -> None:
        fault = self._fault or (reason if isinstance(reason, BaseException) else ConnectionError(reason))
        self._connection = None
        if self._closing:
            self._ioloop.stop()
            return
        if not self._in_trouble:
            log.warning("%s: RabbitMQ is out of reach, and tried again each %g s: %r", self.name, AGAIN_SECONDS, fault)
            self._in_trouble = True
        self._tell_lost(fault)
        self._ioloop.call_later(AGAIN_SECONDS, self._connect)

    def _close(self) -> None:
        self._closing = True
        if self._connection is None:
            self._ioloop.stop()
        elif not (self._connection.is_closing or self._connection.is_closed):
            self._connection.close()
