"""What the monitor keeps of the past: minutes for two hours, quarters of an hour for a day, hours for a week, a sum of all before; counters never fall."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, delete, extract, func, select

from project.database import insert
from project.extensions import db
from workers.monitor.models import Outcome, QueueMinute, WorkCount, WorkerProcess

MINUTES_KEPT = timedelta(hours=2)
QUARTERS_KEPT = timedelta(hours=25)
HOURS_KEPT = timedelta(days=8)
PROCESSES_KEPT = timedelta(days=7)
FOREVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Where the sum of all that is older stands."""


def processed_since(since: datetime, step: timedelta) -> dict[datetime, dict[int, int]]:
    """For each slot of a length since an instant in which messages were processed, how many, by bucket."""
    slot = _slot(WorkCount.at, step)
    processed = (WorkCount.at >= since, WorkCount.outcome == Outcome.PROCESSED)
    counted = select(slot, WorkCount.bucket, func.sum(WorkCount.messages)).where(*processed).group_by(slot, WorkCount.bucket)
    slots: dict[datetime, dict[int, int]] = defaultdict(dict)
    for seconds, bucket, messages in db.session.execute(counted):
        slots[datetime.fromtimestamp(int(seconds), UTC)][bucket] = int(messages)
    return dict(slots)


def waiting_since(since: datetime, step: timedelta) -> dict[str, dict[datetime, int]]:
    """By queue, for each slot of a length since an instant, the most messages that waited in it."""
    slot = _slot(QueueMinute.at, step)
    rows = db.session.execute(
        select(QueueMinute.queue, slot, func.max(QueueMinute.ready)).where(QueueMinute.at >= since).group_by(QueueMinute.queue, slot).order_by(slot)
    )
    found: dict[str, dict[datetime, int]] = defaultdict(dict)
    for queue, seconds, ready in rows:
        found[queue][datetime.fromtimestamp(int(seconds), UTC)] = ready
    return dict(found)


def _slot(at: Any, step: timedelta) -> ColumnElement[int]:
    """When the slot began, in seconds since 1970."""
    seconds = int(step.total_seconds())
    return cast(extract("epoch", at), BigInteger) // seconds * seconds


def roll_up(at: datetime) -> None:
    """Make quarters of an hour of minutes that are old, hours of those, a sum of the oldest, and forget processes that ended long ago; commits.

    Any number of processes may do so at once: each row is moved by the one that deletes it.
    """
    minute = extract("minute", WorkCount.at)
    _move(WorkCount.at < at - MINUTES_KEPT, minute.not_in((0, 15, 30, 45)), to=lambda then: then.replace(minute=then.minute // 15 * 15))
    _move(WorkCount.at < at - QUARTERS_KEPT, minute != 0, to=lambda then: then.replace(minute=0))
    _move(WorkCount.at < at - HOURS_KEPT, WorkCount.at > FOREVER, to=lambda _then: FOREVER)
    old = (QueueMinute.at < at - QUARTERS_KEPT) & (extract("minute", QueueMinute.at) != 0) | (QueueMinute.at < at - HOURS_KEPT)
    db.session.execute(delete(QueueMinute).where(old).execution_options(synchronize_session=False))
    db.session.execute(delete(WorkerProcess).where(WorkerProcess.heartbeat_at < at - PROCESSES_KEPT).execution_options(synchronize_session=False))
    db.session.commit()


def _move(*which: ColumnElement[bool], to: Any) -> None:
    gone = delete(WorkCount).where(*which).returning(WorkCount).execution_options(synchronize_session=False)
    sums: dict[tuple[Any, ...], list[Any]] = {}
    for row in db.session.scalars(gone).all():
        amount = sums.setdefault((to(row.at), row.queue, row.actor, row.outcome, row.bucket), [0, 0.0])
        amount[0] += row.messages
        amount[1] += row.seconds
    add([(*key, *amount) for key, amount in sorted(sums.items())])


COLUMNS = ("at", "queue", "actor", "outcome", "bucket", "messages", "seconds")


def add(rows: list[tuple[Any, ...]]) -> None:
    """Add amounts to what is there. Sorted, so that two processes that add to the same rows wait for each other, and not in a circle. The caller commits."""
    if not rows:
        return
    added = insert(WorkCount).values([dict(zip(COLUMNS, row, strict=True)) for row in rows])
    more = {"messages": WorkCount.messages + added.excluded.messages, "seconds": WorkCount.seconds + added.excluded.seconds}
    db.session.execute(
        added.on_conflict_do_update(index_elements=[WorkCount.at, WorkCount.queue, WorkCount.actor, WorkCount.outcome, WorkCount.bucket], set_=more)
    )
