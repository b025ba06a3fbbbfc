"""The processes that work messages, and how many messages became what."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Double, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from project.database import BigId, UTCDateTime
from project.extensions import Model

LOST_AFTER = timedelta(seconds=15)
"""A worker that was not heard for so long, five heartbeats, is lost."""


class WorkerState(StrEnum):
    """What a worker process is doing, or is wanted to do."""

    ONLINE = "online"
    PAUSING = "pausing"
    """It finishes what is in its threads, and gives the rest back."""
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    LOST = "lost"
    """Stands in no row: that nothing is heard of it can be seen by others alone."""


class WorkerProcess(Model):
    """A process that works messages, from its boot to its end; equal pids on two hosts, or one after another, are two."""

    __tablename__ = "worker_processes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    command_pid: Mapped[int | None]
    """The `dramatiq` command that started it; None where it works inside the process that serves the site."""
    version: Mapped[str] = mapped_column(String(50))
    """Dramatiq's."""
    queues: Mapped[list[str]] = mapped_column(JSON)
    threads: Mapped[int]
    prefetch: Mapped[int]
    """Messages it may hold of a queue whose rows are not written in batches."""
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    heartbeat_at: Mapped[datetime] = mapped_column(UTCDateTime)

    state: Mapped[str] = mapped_column(String(20))
    wanted: Mapped[str] = mapped_column(String(20), default=WorkerState.ONLINE)
    """What somebody wants it to be: online, paused or stopped. It reads that with each heartbeat."""
    processed: Mapped[int] = mapped_column(BigInteger, default=0)
    failed: Mapped[int] = mapped_column(BigInteger, default=0)
    retried: Mapped[int] = mapped_column(BigInteger, default=0)
    in_progress: Mapped[int] = mapped_column(default=0)
    """Messages that were begun and have not ended, those too whose rows wait to be committed."""
    at_work: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """What the threads are doing that do something."""
    cpu: Mapped[float] = mapped_column(Double, default=0.0)
    """Percent of one core, since the heartbeat before."""
    memory: Mapped[int] = mapped_column(BigInteger, default=0)
    """Bytes of memory of its own and shared (RSS)."""

    __table_args__ = (Index(None, heartbeat_at), {"sqlite_autoincrement": True})

    @property
    def threads_at_work(self) -> list[dict[str, Any]]:
        """`at_work`, each with its instant as one."""
        return [{**work, "since": datetime.fromisoformat(work["since"])} for work in self.at_work]

    def state_at(self, at: datetime) -> WorkerState:
        """Its state as it is seen at an instant of the database's clock."""
        silent = self.state != WorkerState.STOPPED and at - self.heartbeat_at > LOST_AFTER
        return WorkerState.LOST if silent else WorkerState(self.state)


class Outcome(StrEnum):
    """What became of a message that was worked."""

    PROCESSED = "processed"
    """Its actor returned, and what it had written in a batch is committed."""
    RETRIED = "retried"
    """Its actor raised, and it was sent again."""
    FAILED = "failed"
    """It failed for good."""


class WorkCount(Model):
    """How many messages of a queue and an actor became what within a minute, or an hour, and took how long."""

    __tablename__ = "work_counts"

    at: Mapped[datetime] = mapped_column(UTCDateTime, primary_key=True)
    """When the minute began; for what is older, the hour; for what is older still, 1970."""
    queue: Mapped[str] = mapped_column(String(255), primary_key=True)
    actor: Mapped[str] = mapped_column(String(255), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(20), primary_key=True)
    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Of the histogram of durations."""
    messages: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[float] = mapped_column(Double)
    """That they took together."""


class QueueState(Model):
    """A queue as some serving process saw it last."""

    __tablename__ = "queue_states"

    queue: Mapped[str] = mapped_column(String(255), primary_key=True)
    ready: Mapped[int] = mapped_column(BigInteger, default=0)
    """Messages that no worker has fetched."""
    delayed: Mapped[int] = mapped_column(BigInteger, default=0)
    """In its .DQ: to be worked later."""
    dead: Mapped[int] = mapped_column(BigInteger, default=0)
    """In its .XQ: failed, or too old."""
    consumers: Mapped[int] = mapped_column(default=0)
    unacknowledged: Mapped[int | None] = mapped_column(BigInteger)
    """Fetched and not settled; None where RabbitMQ's management can't be asked."""
    oldest_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the first message in the queue was sent; None where nothing waits."""
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When somebody looked, whether RabbitMQ answered or not."""
    fault: Mapped[str | None] = mapped_column(Text)
    """Why it could not be seen; the numbers are older then."""


class QueueMinute(Model):
    """How many messages of a queue waited at the end of a minute."""

    __tablename__ = "queue_minutes"

    at: Mapped[datetime] = mapped_column(UTCDateTime, primary_key=True)
    queue: Mapped[str] = mapped_column(String(255), primary_key=True)
    ready: Mapped[int] = mapped_column(BigInteger)
