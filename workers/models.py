"""The ledger of ticks, the messages that failed for good, and the alarms."""

import uuid
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from project.database import BigId, UTCDateTime, utc_now
from project.extensions import Model

MANUAL = "manual"
"""The schedule of ticks that somebody launched by hand."""


class TickState(StrEnum):
    """Where a tick is. Finished means that its outcomes are there, not that its messages are sent."""

    PUBLISHING = "publishing"
    DRAWING = "drawing"
    FINISHED = "finished"
    ABANDONED = "abandoned"
    SKIPPED = "skipped"


# As text and not with parameters: SQLite uses a partial index only where the statement names the same values.
IS_OPEN = text("state IN ('publishing', 'drawing')")


class Tick(Model):
    """One launch of a schedule: a message for each key up to `last_key`, until each has its outcome."""

    __tablename__ = "ticks"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    schedule: Mapped[str] = mapped_column(String(100))
    launches: Mapped[str] = mapped_column(String(100))
    """The name of the registered schedule whose actor is called; `schedule` unless launched by hand."""
    slot: Mapped[datetime] = mapped_column(UTCDateTime)
    """The scheduled instant, never the time at which somebody got round to it."""
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it was skipped or abandoned, or what is amiss with it though it is finished."""
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    lease_token: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime] = mapped_column(UTCDateTime)
    """Until then nobody but the token's holder touches the tick; without a token, nobody at all."""

    last_key: Mapped[int] = mapped_column(BigInteger)
    published_key: Mapped[int] = mapped_column(BigInteger, default=0)
    """Every key up to this one has its message."""
    verified_key: Mapped[int] = mapped_column(BigInteger, default=0)
    """Every key up to this one has its outcome."""
    published: Mapped[int] = mapped_column(default=0)
    verified: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)

    progress_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When something new was last seen of this tick."""
    missing: Mapped[int] = mapped_column(default=0)
    """Keys without an outcome in the stretch that was looked at last."""
    outcomes: Mapped[int | None] = mapped_column(BigInteger)
    """All outcomes, counted when that stretch was first seen to stand still; None while it moves."""
    silent_rounds: Mapped[int] = mapped_column(default=0)
    """How often in a row what is missing was published again and brought nothing."""

    __table_args__ = (
        Index("uq_ticks_schedule_slot", schedule, slot, unique=True),
        Index("ix_ticks_open", id, postgresql_where=IS_OPEN, sqlite_where=IS_OPEN),
        {"sqlite_autoincrement": True},
    )

    @property
    def done(self) -> int:
        """How many of its keys are known to have their outcome."""
        counted = self.outcomes or 0
        # What a schedule counts need not be its keys' outcomes, as long as it changes with them.
        return max(self.verified, counted) if counted <= self.published else self.verified

    @property
    def duration(self) -> timedelta | None:
        """From the first page to the last outcome; None while it is open or if it never ran."""
        return self.finished_at - self.started_at if self.finished_at else None


class ScheduleChange(Model):
    """What somebody changed about a schedule."""

    __tablename__ = "schedule_changes"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    interval: Mapped[int | None]
    """Seconds between two slots; None for the schedule's own."""
    paused_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when its slots are skipped; None for one that is not paused."""


class FailureState(StrEnum):
    """What became of a message that failed for good."""

    FAILED = "failed"
    RETRIED = "retried"
    """Somebody sent it again; if it fails again, that is another row."""
    DISCARDED = "discarded"


class MessageFailure(Model):
    """A message that failed for good and left its queue."""

    __tablename__ = "message_failures"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[uuid.UUID] = mapped_column()
    round: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often the message had been retried by hand before it failed this time."""
    state: Mapped[str] = mapped_column(String(20), default=FailureState.FAILED, server_default=FailureState.FAILED)
    actor: Mapped[str] = mapped_column(String(255))
    queue: Mapped[str] = mapped_column(String(255))
    args: Mapped[dict[str, Any]] = mapped_column(JSON)
    """`{"args": […], "kwargs": {…}}` as the actor got them, but for secrets."""
    tick_id: Mapped[int | None] = mapped_column(BigInteger)
    key: Mapped[int | None] = mapped_column(BigInteger)
    """With `tick_id`: which of the tick's keys will have no outcome, unless the message is retried."""
    attempts: Mapped[int] = mapped_column(default=1)
    """How often it was tried since it was sent, or retried by hand."""
    error: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utc_now)
    """When it failed."""
    enqueued_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    worker: Mapped[str | None] = mapped_column(String(255))
    """`host:pid` of the process in which it failed, where that is known."""
    # A page shows one traceback, and a list none.
    traceback: Mapped[str | None] = mapped_column(Text, deferred=True)
    body: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """The message as it is sent again, or what was no message as it came; None for a row of an earlier release. It is shown to nobody."""

    __table_args__ = (
        Index("uq_message_failures_message_id_round", message_id, round, unique=True),
        Index("ix_message_failures_tick_id_key", tick_id, key, postgresql_where=text("tick_id IS NOT NULL"), sqlite_where=text("tick_id IS NOT NULL")),
        # Each list is of one state, newest first.
        Index(None, state, id),
        Index(None, state, actor, id),
        Index(None, state, queue, id),
        Index(None, created_at),
        Index(None, worker, created_at),
        {"sqlite_autoincrement": True},
    )


class AlarmKind(StrEnum):
    """What somebody is told of. What becomes of a tick or a slot is over at once; the others last."""

    ABANDONED_TICK = "abandoned tick"
    FAILED_MESSAGES = "failed messages"
    GROWING_QUEUE = "growing queue"
    NO_WORKER = "no worker"
    OLD_TICK = "old tick"
    SKIPPED_SLOT = "skipped slot"


# As text, like IS_OPEN.
ONE_ROW = text("ended_at IS NULL OR kind IN ('abandoned tick', 'skipped slot')")
UNPOSTED = text("posted_at IS NULL")


class Alarm(Model):
    """An event that somebody should know of, kept whether or not there is a webhook that it is posted to."""

    __tablename__ = "alarms"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(String(255))
    """The tick's id, or the queue's name, or "messages"."""
    text: Mapped[str] = mapped_column(Text)
    """A sentence for an operator who was asleep."""
    began_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """None while it lasts."""

    posted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the webhook took what there is to tell; None again when it ends, which is to be told too."""
    attempts: Mapped[int] = mapped_column(default=0)
    """How often it was tried to tell that."""
    next_try_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """Until then nobody but the token's holder tries; without a token, nobody at all."""
    lease_token: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (
        # An event is one row, whichever processes notice it: a tick ends once, a worker may be missing again.
        Index("uq_alarms_kind_about", kind, about, unique=True, postgresql_where=ONE_ROW, sqlite_where=ONE_ROW),
        Index("ix_alarms_unposted", next_try_at, postgresql_where=UNPOSTED, sqlite_where=UNPOSTED),
        {"sqlite_autoincrement": True},
    )
