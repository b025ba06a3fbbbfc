"""A result backend for Dramatiq on RabbitMQ: the process that sent a message, and no other, can have its result.

Used through Dramatiq's own middleware `Results`, and beside it `ReplyTo` (workers/reply_to.py), which writes into each message
that wants its result where the sender waits for it. See docs/results.md.
"""

import atexit
import logging
import os
import socket
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any

import pika
from dramatiq import Message
from dramatiq.encoder import Encoder
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import MiddlewareError
from dramatiq.results import ResultBackend, ResultMissing, ResultTimeout
from dramatiq.results.backend import DEFAULT_TIMEOUT
from dramatiq.results.middleware import DEFAULT_RESULT_TTL
from dramatiq.results.result import wrap_exception, wrap_result

from workers.reply_publisher import NotSent, ReplyPublisher
from workers.reply_queue import ReplyQueue

log = logging.getLogger(__name__)

NAMESPACE = "callboard.results"
REPLY_TO = "reply_to"
"""The option of a message that names the queue where its sender waits for the result."""
READY_SECONDS = 10.0
"""How long sending a message may wait for the reply queue to be there."""
LONGEST_TTL = 365 * 86_400_000
"""Milliseconds; RabbitMQ refuses some lengths, and closes a channel with all that is under way for it."""


class ReplyQueueError(MiddlewareError, ConnectionClosed):
    """The queue for results can't be declared, so a message that wants its result is not sent."""

    def __init__(self, fault: BaseException) -> None:
        super().__init__(f"there is no queue for results: {fault!r}")  # type: ignore[no-untyped-call]  # Dramatiq leaves its errors' constructor untyped


@dataclass
class Ends:
    """What one process has: where results come, and what sends them."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    queue: ReplyQueue | None = None
    publisher: ReplyPublisher | None = None


class RabbitBackend(ResultBackend):
    """Results as replies: a worker sends each to the queue of the process that waits for it."""

    def __init__(self, url: str, *, namespace: str = NAMESPACE, encoder: Encoder | None = None, queue_ttl: int = DEFAULT_RESULT_TTL) -> None:
        """`url` is RabbitMQ's; names of queues begin with `namespace`; `queue_ttl`, in milliseconds, is how long a queue outlives its process."""
        super().__init__(namespace=namespace, encoder=encoder)
        self._parameters = pika.URLParameters(url)
        self._queue_ttl = queue_ttl
        self._ends: dict[int, Ends] = {}
        """By process: one that is forked has its parent's objects, but neither their threads nor whoever would release their locks."""

    def reply_to(self) -> str:
        """The name of this process's reply queue, which is there. Raises ReplyQueueError."""
        queue = self._own_queue()
        if queue is None:
            with self._here.lock:
                queue = self._own_queue()
                if queue is None:
                    name = f"{self.namespace}.{socket.gethostname()}.{os.getpid()}.{uuid.uuid4().hex}"
                    queue = self._here.queue = ReplyQueue(self._parameters, name, self._queue_ttl)
                    atexit.register(self.close)
        if not queue.is_ready(READY_SECONDS):
            fault = queue.fault or TimeoutError(f"RabbitMQ has not answered for {READY_SECONDS:g} seconds")
            raise ReplyQueueError(fault) from fault
        return queue.name

    def get_result(self, message: Message[Any], *, block: bool = False, timeout: int | None = None) -> Any:
        """The result of a message that this process sent; with `block`, waits for it up to `timeout` milliseconds, 10,000 unless given.

        Raises ResultMissing if it isn't there, or if another process sent the message; ResultTimeout when waiting was in vain,
        because of RabbitMQ's being away if that is its cause; ResultFailure if the message failed.
        """
        queue = self._own_queue()
        if queue is None or message.options.get(REPLY_TO, queue.name) != queue.name:
            raise ResultMissing(message)  # type: ignore[no-untyped-call]  # Dramatiq leaves its errors' constructor untyped
        seconds = (DEFAULT_TIMEOUT if timeout is None else timeout) / 1000
        reply = queue.reply(self.build_message_key(message), within=seconds if block else 0)
        if reply is not None:
            return self.unwrap_result(self.encoder.decode(reply))  # type: ignore[no-untyped-call]  # as Dramatiq has it
        if block:
            raise ResultTimeout(message) from queue.fault  # type: ignore[no-untyped-call]  # as above
        raise ResultMissing(message)  # type: ignore[no-untyped-call]  # as above

    def forget(self, message: Message[Any]) -> None:
        """Drop the result of a message before its time to live is over."""
        if queue := self._own_queue():
            queue.forget(self.build_message_key(message))

    def store_result(self, message: Message[Any], result: Any, ttl: int) -> None:
        """Send the result to whoever waits for it, for `ttl` milliseconds. Raises NotSent."""
        self._reply(message, wrap_result(result), ttl)  # type: ignore[no-untyped-call]  # as Dramatiq has it

    def store_exception(self, message: Message[Any], exception: BaseException, ttl: int) -> None:
        """Send word of the failure to whoever waits for the result. Raises NotSent."""
        self._reply(message, wrap_exception(exception), ttl)  # type: ignore[no-untyped-call]  # as Dramatiq has it

    def close(self) -> None:
        """Delete this process's reply queue and end its connections; the next message begins anew."""
        here = self._here
        with here.lock:
            ended = [each for each in (here.queue, here.publisher) if each and each.is_kept]
            here.queue = here.publisher = None
        atexit.unregister(self.close)
        for each in ended:
            each.close()

    def _reply(self, message: Message[Any], value: Any, ttl: Any) -> None:
        reply_to = message.options.get(REPLY_TO)
        if not isinstance(reply_to, str) or not reply_to.startswith(f"{self.namespace}."):
            log.warning("message %s wants its result, but doesn't say where: it was sent without the middleware ReplyTo", message.message_id)
            return
        if not (isinstance(ttl, int) and 0 < ttl <= LONGEST_TTL):
            fault = ValueError(f"result_ttl is {ttl!r}, and has to be a whole number of milliseconds, at most a year's, e.g. {DEFAULT_RESULT_TTL}")
            log.warning("the result of message %s can't be sent: %r", message.message_id, fault)
            value, ttl = wrap_exception(fault), DEFAULT_RESULT_TTL  # type: ignore[no-untyped-call]  # as above
        key = self.build_message_key(message)
        try:
            self._publisher().publish(reply_to, key, self.encoder.encode(value), ttl)
        except NotSent:
            raise
        except Exception as fault:  # noqa: BLE001  # encoders raise what they like
            # It can't be encoded, or is too large: whoever waits is told so, instead of waiting in vain.
            log.warning("the result of message %s can't be sent: %r", message.message_id, fault)
            self._publisher().publish(reply_to, key, self.encoder.encode(wrap_exception(fault)), ttl)  # type: ignore[no-untyped-call]  # as above

    @property
    def _here(self) -> Ends:
        return self._ends.get(os.getpid()) or self._ends.setdefault(os.getpid(), Ends())

    def _own_queue(self) -> ReplyQueue | None:
        """The reply queue, if this process has one."""
        queue = self._here.queue
        return queue if queue and queue.is_kept else None

    def _publisher(self) -> ReplyPublisher:
        here = self._here
        with here.lock:
            if here.publisher is None or not here.publisher.is_kept:
                here.publisher = ReplyPublisher(self._parameters)
                atexit.register(self.close)
            return here.publisher
