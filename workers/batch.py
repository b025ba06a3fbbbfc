"""Batches: the rows of many messages in one transaction, each message acknowledged once its row is committed.

An actor hands its row over and returns. A writer thread takes all that wait, up to a batch's size,
writes and commits them, and settles their messages. So a batch closes when the queue is empty or
full: a lone message waits for nobody, and under load batches grow by themselves.

The actor of a message that wants its result waits for the commit instead, and gets what was stored.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, Generic, NamedTuple, TypeVar, cast

from dramatiq import Middleware
from dramatiq.broker import Broker, MessageProxy
from dramatiq.middleware import Shutdown
from flask import Flask, current_app

from project.database import is_trouble
from project.extensions import db
from workers import message_lines
from workers.actors import current_message
from workers.broker import BrokerUnreachable, broker_of
from workers.holding import hold
from workers.monitor.gathering import gathering_of
from workers.reply_to import is_awaited
from workers.schedule import stopping_of

log = logging.getLogger(__name__)

SIZE = 1000
FIRST_WAIT, LONGEST_WAIT = 1.0, 15.0
"""Seconds between two tries while the database is in trouble: doubled from the first to the longest."""
DRAIN_SECONDS = 5.0
STOP_SECONDS = 2.0
LOOK_SECONDS = 1.0
"""How often an actor that waits for a commit looks whether its worker is to stop."""

Row = TypeVar("Row")


class RefusedRowError(Exception):
    """The database will never take a row."""


class Held(NamedTuple, Generic[Row]):
    """A row and the message that stays unacknowledged until the row is committed."""

    row: Row
    message: Any
    answer: Future[Any] | None = None
    """Where somebody waits for what was stored, who settles the message himself."""


class Batch(Generic[Row]):
    """A feature's rows, declared at import; each app that works messages writes its own."""

    def __init__(self, name: str, write: Callable[[Sequence[Row]], None], stored: Callable[[Sequence[Row]], Sequence[Any]] | None = None) -> None:
        """`write` puts rows into the current session in few statements; committing is done here.

        `stored` gives for each of some rows, once they are committed, what is to be its message's result; without it that is None.
        """
        self.name = name
        self.write = write
        self.stored = stored or (lambda rows: [None] * len(rows))

    def add(self, row: Row) -> Any:
        """Hand over the row of the message at work; the message is acknowledged when the row is committed.

        For a message whose result somebody wants, waits for that and returns what was stored. Raises RefusedRowError if the row
        can never be written, Shutdown if the worker is to stop before it is.
        """
        message = current_message()
        app: Flask = cast(Any, current_app)._get_current_object()
        writer = writers_of(app).of(self)
        if is_awaited(broker_of(app), message):
            answer: Future[Any] = Future()
            writer.put(Held(row, message, answer))
            return _wait_for(answer)
        # Set before the writer can see it, else Dramatiq might acknowledge a second time.
        hold(message)
        writer.put(Held(row, message))
        return None


def _wait_for(answer: Future[Any]) -> Any:
    stopping = stopping_of(current_app)
    while True:
        # The database may be away for long, and a worker must be able to stop then: the message is tried again.
        last_look = stopping.is_set()
        try:
            return answer.result(LOOK_SECONDS)
        except TimeoutError:
            if last_look:
                raise Shutdown("the row is not committed yet") from None


class Writer(threading.Thread):
    """The thread that writes one batch after another for one app."""

    def __init__(self, app: Flask, batch: Batch[Any]) -> None:
        super().__init__(name=f"batch-{batch.name}", daemon=True)
        self._app = app
        self._batch = batch
        self._waiting: SimpleQueue[Held[Any] | None] = SimpleQueue()
        self._unsettled = 0
        self._changed = threading.Condition()
        self._stopping = threading.Event()

    def put(self, held: Held[Any]) -> None:
        """Queue a row."""
        with self._changed:
            self._unsettled += 1
        self._waiting.put(held)

    @property
    def unsettled(self) -> int:
        """How many rows were handed over whose messages are not settled."""
        return self._unsettled

    def drain(self, seconds: float) -> bool:
        """Wait until all rows handed over are settled; False if that takes longer than `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._unsettled == 0, timeout=seconds)

    def stop(self) -> None:
        """End the thread. What is not committed stays unacknowledged, so the broker delivers it again."""
        self._stopping.set()
        self._waiting.put(None)
        # A database that hangs must not keep the process; the thread ends with it.
        self.join(STOP_SECONDS)

    def run(self) -> None:
        """Write until stopped."""
        while (batch := self._next_batch()) and not self._stopping.is_set():
            self._write(batch)
            with self._changed:
                self._unsettled -= len(batch)
                self._changed.notify_all()

    def _next_batch(self) -> list[Held[Any]]:
        """All that waits, up to SIZE; blocks for the first, empty when stopped."""
        batch: list[Held[Any]] = []
        try:
            while len(batch) < SIZE and (held := self._waiting.get(block=not batch)):
                batch.append(held)
        except Empty:
            return batch
        return batch

    def _write(self, batch: list[Held[Any]]) -> None:
        """Commit the batch and settle its messages; a row that can't be written fails alone."""
        wait = FIRST_WAIT
        while fault := self._commit(batch):
            if not is_trouble(fault):
                self._without_the_bad_row(batch, fault)
                return
            log.warning("%s: the database cannot be used; %d messages wait, next try in %g s: %s", self.name, len(batch), wait, fault.__cause__ or fault)
            if self._stopping.wait(wait):
                return
            wait = min(2 * wait, LONGEST_WAIT)
        messages = [held.message for held in batch if held.answer is None]
        gathering_of(self._app).committed(messages)
        message_lines.end_together(messages, "done")
        self._settle(messages)

    def _commit(self, batch: list[Held[Any]]) -> Exception | None:
        awaited = [(held.row, held.answer) for held in batch if held.answer]
        try:
            # Leaving it rolls back what is not committed, for which the database may be gone as well.
            with self._app.app_context():
                self._batch.write([held.row for held in batch])
                db.session.commit()
                stored = self._batch.stored([row for row, _answer in awaited]) if awaited else []
        except Exception as fault:  # noqa: BLE001  # the writer must outlive any fault; what it means is decided by the caller
            return fault
        for (_row, answer), value in zip(awaited, stored, strict=True):
            answer.set_result(value)
        return None

    def _without_the_bad_row(self, batch: list[Held[Any]], fault: Exception) -> None:
        """Halve the batch until the row at fault stands alone, and fail its message for good."""
        if len(batch) > 1:
            middle = len(batch) // 2
            self._write(batch[:middle])
            self._write(batch[middle:])
            return
        message: MessageProxy = batch[0].message
        log.error("%s: message %s can never be written", self.name, message.message_id, exc_info=fault)
        if answer := batch[0].answer:
            answer.set_exception(RefusedRowError(f"{type(fault).__name__}: {fault}"))
            return
        message.stuff_exception(fault)
        message.fail()
        message_lines.end_together([message], "failed")
        broker = broker_of(self._app)
        broker.emit_before("nack", message)
        self._settle([message])
        broker.emit_after("nack", message)

    def _settle(self, messages: list[Any]) -> None:
        # After a reconnect a batch has messages of two connections.
        of_consumer = defaultdict(list)
        for message in messages:
            of_consumer[message.consumer].append(message)
        for consumer, its_messages in of_consumer.items():
            try:
                consumer.settle_all(its_messages)
            except BrokerUnreachable:
                # Their rows are there; when the broker delivers them again, the rows are found and nothing is written.
                log.info("%s: %d messages are done, but their connection is gone; they will be delivered again", self.name, len(its_messages))


class Writers(Middleware):
    """The app's writers: begun when first needed, drained before a worker lets go of its consumers."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._writers: dict[str, Writer] = {}

    def of(self, batch: Batch[Any]) -> Writer:
        """The writer of a batch."""
        return self._writers.get(batch.name) or self._begun(batch)

    def _begun(self, batch: Batch[Any]) -> Writer:
        with self._lock:
            writer = self._writers.get(batch.name)
            if writer is None:
                writer = Writer(self._app, batch)
                writer.start()
                self._writers[batch.name] = writer
            return writer

    def unsettled(self) -> int:
        """How many messages wait for their rows to be committed."""
        return sum(writer.unsettled for writer in list(self._writers.values()))

    def before_worker_thread_shutdown(self, broker: Broker, thread: threading.Thread) -> None:
        """Dramatiq stops its worker threads first and its consumers next; in between acks still go out."""
        for writer in list(self._writers.values()):
            if not writer.drain(DRAIN_SECONDS):
                log.warning("%s: not all rows could be committed; their messages will be delivered again", writer.name)

    def after_worker_shutdown(self, broker: Broker, worker: object) -> None:
        """End the writer threads."""
        with self._lock:
            ending, self._writers = self._writers, {}
        for writer in ending.values():
            writer.stop()


def writers_of(app: Flask) -> Writers:
    """The app's writers."""
    return cast(Writers, app.extensions["workers"].writers)
