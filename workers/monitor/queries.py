"""What is asked of the workers' monitor. Every instant is the database's clock's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update

from project import audit
from project.database import insert, now, seconds_from_now
from project.extensions import db
from workers.monitor.gathering import Counts
from workers.monitor.models import LOST_AFTER, Outcome, WorkCount, WorkerProcess, WorkerState

Beat = tuple[int, datetime, str]
"""A process's id, when its heartbeat was, and what it is wanted to be."""
ENDED = (WorkerState.STOPPING, WorkerState.STOPPED)


def begin(**values: Any) -> Beat:
    """The first heartbeat of a process. The caller commits."""
    row = insert(WorkerProcess).values(started_at=now(), heartbeat_at=now(), wanted=WorkerState.ONLINE, **values)
    return _beat(db.session.execute(row.returning(WorkerProcess.id, WorkerProcess.heartbeat_at, WorkerProcess.wanted)).one())


def beat(process_id: int, **values: Any) -> Beat | None:
    """A heartbeat of a process; None if its row is gone. The caller commits."""
    row = update(WorkerProcess).where(WorkerProcess.id == process_id).values(heartbeat_at=now(), **values)
    found = db.session.execute(row.returning(WorkerProcess.id, WorkerProcess.heartbeat_at, WorkerProcess.wanted)).one_or_none()
    return found and _beat(found)


def _beat(row: Row[int, datetime, str]) -> Beat:
    return row.id, row.heartbeat_at, row.wanted


def add_counts(at: datetime, counts: Counts) -> None:
    """Add what ended to its minute. The caller commits."""
    if not counts:
        return
    minute = at.replace(second=0, microsecond=0)
    # Sorted, so that two processes that add to the same rows wait for each other, and not in a circle.
    rows = [{"at": minute, **kind._asdict(), "messages": counts[kind].messages, "seconds": counts[kind].seconds} for kind in sorted(counts)]
    added = insert(WorkCount).values(rows)
    more = {"messages": WorkCount.messages + added.excluded.messages, "seconds": WorkCount.seconds + added.excluded.seconds}
    known = [WorkCount.at, WorkCount.queue, WorkCount.actor, WorkCount.outcome, WorkCount.bucket]
    db.session.execute(added.on_conflict_do_update(index_elements=known, set_=more))


def processes(*, since: datetime, before: int | None, limit: int) -> Sequence[WorkerProcess]:
    """A page of processes that were heard since an instant, newest first, begun before the one of that id."""
    page = select(WorkerProcess).where(WorkerProcess.heartbeat_at >= since).order_by(WorkerProcess.id.desc()).limit(limit)
    if before is not None:
        page = page.where(WorkerProcess.id < before)
    return db.session.scalars(page).all()


def working() -> tuple[int, int]:
    """How many processes are there, paused ones too, and how many messages they have in progress."""
    there = (WorkerProcess.state != WorkerState.STOPPED, WorkerProcess.heartbeat_at > seconds_from_now(-LOST_AFTER.total_seconds()))
    row = db.session.execute(select(func.count(), func.coalesce(func.sum(WorkerProcess.in_progress), 0)).where(*there)).one()
    return row[0], row[1]


def outcomes_since(*instants: datetime) -> list[dict[Outcome, int]]:
    """How many messages became what since each of some instants, the earliest first."""
    sums = [func.coalesce(func.sum(WorkCount.messages).filter(WorkCount.at >= at), 0) for at in instants]
    rows = db.session.execute(select(WorkCount.outcome, *sums).where(WorkCount.at >= instants[0]).group_by(WorkCount.outcome)).all()
    found = {row[0]: row[1:] for row in rows}
    return [{outcome: int(found[outcome][number]) if outcome in found else 0 for outcome in Outcome} for number in range(len(instants))]


def get_process(process_id: int) -> WorkerProcess | None:
    """The process with that id."""
    return db.session.get(WorkerProcess, process_id)


def want(process_id: int, wanted: WorkerState) -> bool:
    """Have a process be online, paused or stopped, and note it in the audit; False if it ends already; commits."""
    row = update(WorkerProcess).where(WorkerProcess.id == process_id, WorkerProcess.state.not_in(ENDED), WorkerProcess.wanted != WorkerState.STOPPED)
    if db.session.scalar(row.values(wanted=wanted).returning(WorkerProcess.id)) is None:
        return False
    audit.record(ACTIONS[wanted], ("worker", process_id))
    db.session.commit()
    return True


ACTIONS = {WorkerState.ONLINE: "worker.resumed", WorkerState.PAUSED: "worker.paused", WorkerState.STOPPED: "worker.stopped"}
"""What the audit calls it."""
