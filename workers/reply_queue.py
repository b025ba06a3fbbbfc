"""A process's reply queue: what it asked for comes here, and threads of the process wait for it.

The queue is durable, for RabbitMQ 4 has no transient ones that outlive their connection; it belongs to the process, not to a
connection, so that an answer that comes while the process has lost its connection is there when it is back. When nobody has
consumed it for its time to live, RabbitMQ deletes it.
"""

import threading
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any
from weakref import WeakValueDictionary

from pika.channel import Channel
from pika.connection import Parameters
from pika.frame import Method
from pika.spec import Basic, BasicProperties

from workers.kept_connection import KeptConnection

ACK_SECONDS = 0.05
"""How long a reply may stay unacknowledged, so that one word does for many, and for none while somebody waits. At worst it comes twice."""


class Arrival:
    """That a reply is there; any number of threads wait for it. A threading.Event does the same in Python, at which a caller waits longer."""

    def __init__(self) -> None:
        self._token: SimpleQueue[None] = SimpleQueue()

    def come(self) -> None:
        """Wake whoever waits."""
        self._token.put(None)

    def wait(self, within: float) -> None:
        """Return when it has come, or after so many seconds."""
        try:
            self._token.get(timeout=within)
        except Empty:
            return
        # For the next who waits; one whose time is up just now needs it too, for the reason that workers/work_queue.py gives.
        self._token.put(None)


class ReplyQueue:
    """Consumed from the start; each reply is kept in memory, by its key, until its time to live is over."""

    def __init__(self, parameters: Parameters, name: str, ttl: int) -> None:
        """`ttl` is how long the queue outlives its consumer, in milliseconds."""
        self.name = name
        self.fault: BaseException | None = None
        """Why RabbitMQ can't be reached now; None while it can."""
        self._arguments = {"x-queue-type": "classic", "x-expires": ttl}
        self._ready = threading.Event()
        self._lock = threading.Lock()
        self._replies: dict[str, bytes] = {}
        self._arrivals: WeakValueDictionary[str, Arrival] = WeakValueDictionary()
        """What threads wait for; here for as long as one of them does."""
        self._channel: Channel | None = None
        self._unacknowledged: int | None = None
        """The last delivery tag of this channel, until it is acknowledged with all before it."""
        self._connection = KeptConnection("replies", parameters, self._declare, self._lost)

    @property
    def is_kept(self) -> bool:
        """Whether its connection is looked after, in this process."""
        return self._connection.is_kept

    def is_ready(self, within: float) -> bool:
        """Whether the queue is there; waits for that up to `within` seconds."""
        return self._ready.wait(within)

    def reply(self, key: str, within: float) -> bytes | None:
        """The reply with that key, None if it isn't there; waits for it up to `within` seconds."""
        with self._lock:
            reply = self._replies.get(key)
            if reply is not None or within <= 0:
                return reply
            arrival = self._arrivals.setdefault(key, Arrival())
        arrival.wait(within)
        with self._lock:
            return self._replies.get(key)

    def forget(self, key: str) -> None:
        """Drop a reply."""
        with self._lock:
            self._replies.pop(key, None)

    def close(self) -> None:
        """Delete the queue, with whatever comes too late, and end the connection."""
        self._connection.call(self._delete)
        self._connection.close()

    def _declare(self, channel: Channel) -> None:
        self._channel = channel
        self._unacknowledged = None
        # Somebody deleted the queue: it is declared again.
        channel.add_on_cancel_callback(lambda _frame: channel.close())
        channel.queue_declare(self.name, durable=True, arguments=self._arguments, callback=self._consume)

    def _consume(self, _frame: Method[Any]) -> None:
        assert self._channel is not None
        self._channel.basic_consume(self.name, self._arrived)
        self.fault = None
        self._ready.set()

    def _lost(self, fault: BaseException) -> None:
        self._ready.clear()
        self._channel = None
        self.fault = fault

    def _arrived(self, channel: Channel, method: Basic.Deliver, properties: BasicProperties, body: bytes) -> None:
        key = properties.correlation_id or ""
        with self._lock:
            self._replies[key] = body
            arrival = self._arrivals.get(key)
        if arrival:
            arrival.come()
        self._connection.call_later(int(properties.expiration or 0) / 1000, partial(self.forget, key))
        if self._unacknowledged is None:
            self._connection.call_later(ACK_SECONDS, partial(self._acknowledge, channel))
        self._unacknowledged = method.delivery_tag

    def _acknowledge(self, channel: Channel) -> None:
        if channel is self._channel and channel.is_open and self._unacknowledged is not None:
            channel.basic_ack(self._unacknowledged, multiple=True)
            self._unacknowledged = None

    def _delete(self) -> None:
        if self._channel is not None and self._channel.is_open:
            self._channel.queue_delete(self.name)
