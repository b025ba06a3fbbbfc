"""What is asked of the workers' monitor. Every instant is the database's clock's."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, exists, func, select, update

from project import audit
from project.database import insert, now, seconds_from_now
from project.extensions import Model, db
from workers import alarm_queries, alarms
from workers.models import IS_OPEN, AlarmKind, MessageFailure, Tick, TickState
from workers.monitor import history
from workers.monitor.gathering import Counts
from workers.monitor.models import LOST_AFTER, Outcome, QueueMinute, QueueState, WorkCount, WorkerProcess, WorkerState
from workers.records import worker_of

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
    minute = at.replace(second=0, microsecond=0)
    history.add([(minute, *kind, counts[kind].messages, counts[kind].seconds) for kind in sorted(counts)])


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


def failures_of(process: WorkerProcess) -> Sequence[MessageFailure]:
    """The newest messages that failed for good in a process; its number may have been another's before, or since."""
    lived = MessageFailure.created_at.between(process.started_at, process.heartbeat_at + LOST_AFTER)
    newest = select(MessageFailure).where(MessageFailure.worker == worker_of(process.host, process.pid), lived)
    return db.session.scalars(newest.order_by(MessageFailure.created_at.desc()).limit(FAILURES_SHOWN)).all()


FAILURES_SHOWN = 20


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


# The queues

SEEN_SECONDS = 4.0
"""How long a sight of the queues is fresh enough, whichever process had it."""
RATE_MINUTES = 5


def queues_are_due() -> bool:
    """Whether nobody has looked at the queues just now."""
    return not db.session.scalar(select(exists().where(QueueState.seen_at > seconds_from_now(-SEEN_SECONDS))))


def record_sights(sights: Mapping[str, Mapping[str, Any]]) -> None:
    """Note how the queues were seen just now; commits."""
    at = db.session.execute(select(now())).scalar_one()
    for queue, sight in sorted(sights.items()):
        _put(QueueState, ["queue"], queue=queue, seen_at=at, fault=None, **sight)
        _put(QueueMinute, ["at", "queue"], at=at.replace(second=0, microsecond=0), queue=queue, ready=sight["ready"])
    db.session.commit()


def record_fault(queues: Iterable[str], fault: str) -> None:
    """Note why the queues could not be seen just now; what was known of them stays; commits."""
    for queue in sorted(queues):
        _put(QueueState, ["queue"], {"seen_at": now(), "fault": fault}, queue=queue, seen_at=now(), fault=fault)
    db.session.commit()


def _put(model: type[Model], key: list[str], changes: dict[str, Any] | None = None, **values: Any) -> None:
    changes = changes or {name: value for name, value in values.items() if name not in key}
    db.session.execute(insert(model).values(values).on_conflict_do_update(index_elements=key, set_=changes))


def queues() -> Sequence[QueueState]:
    """Every queue as it was seen last, by name."""
    return db.session.scalars(select(QueueState).order_by(QueueState.queue)).all()


def rates_out(at: datetime) -> dict[str, float]:
    """How many messages a minute left each queue, done or failed, in the last whole minutes."""
    until = at.replace(second=0, microsecond=0)
    since = until - timedelta(minutes=RATE_MINUTES)
    left = select(WorkCount.queue, func.sum(WorkCount.messages)).where(WorkCount.at >= since, WorkCount.at < until, WorkCount.outcome != Outcome.RETRIED)
    return {queue: int(messages) / RATE_MINUTES for queue, messages in db.session.execute(left.group_by(WorkCount.queue))}


def ready_lately(at: datetime, minutes: int) -> dict[str, list[int]]:
    """How many messages of each queue waited at the end of each of the last whole minutes, the earliest first."""
    until = at.replace(second=0, microsecond=0)
    lately = select(QueueMinute.queue, QueueMinute.ready).where(QueueMinute.at >= until - timedelta(minutes=minutes), QueueMinute.at < until)
    found: dict[str, list[int]] = defaultdict(list)
    for queue, ready in db.session.execute(lately.order_by(QueueMinute.at)):
        found[queue].append(ready)
    return dict(found)


def work_by_actor(since: datetime) -> dict[str, dict[Outcome, dict[int, int]]]:
    """By actor, outcome and bucket, how many messages ended since an instant."""
    ended = select(WorkCount.actor, WorkCount.outcome, WorkCount.bucket, func.sum(WorkCount.messages)).where(WorkCount.at >= since)
    found: dict[str, dict[Outcome, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    for actor, outcome, bucket, messages in db.session.execute(ended.group_by(WorkCount.actor, WorkCount.outcome, WorkCount.bucket)):
        found[actor][Outcome(outcome)][bucket] = int(messages)
    return found


def work_ever() -> dict[tuple[str, str], dict[Outcome, dict[int, tuple[int, float]]]]:
    """By queue and actor, outcome and bucket, how many messages ever ended, and how many seconds they took."""
    kinds = (WorkCount.queue, WorkCount.actor, WorkCount.outcome, WorkCount.bucket)
    found: dict[tuple[str, str], dict[Outcome, dict[int, tuple[int, float]]]] = defaultdict(lambda: defaultdict(dict))
    sums = select(*kinds, func.sum(WorkCount.messages), func.sum(WorkCount.seconds)).group_by(*kinds)
    for queue, actor, outcome, bucket, messages, seconds in db.session.execute(sums):
        found[queue, actor][Outcome(outcome)][bucket] = int(messages), seconds
    return found


def failed_lately() -> int:
    """How many messages failed for good within the last hour."""
    return int(db.session.scalar(select(func.sum(WorkCount.messages)).where(WorkCount.at > seconds_from_now(-3600), WorkCount.outcome == Outcome.FAILED)) or 0)


def open_ticks() -> Sequence[Tick]:
    """The ticks that are open, oldest first; there are a few of each schedule at most."""
    return db.session.scalars(select(Tick).where(IS_OPEN).order_by(Tick.id).limit(MOST_TICKS)).all()


MOST_TICKS = 20


def abandon_ticks_of(schedules: Collection[str], reason: str) -> Sequence[int]:
    """Give up the open ticks of some schedules, whoever holds their leases, each with its alarm; their ids. The caller commits."""
    over = {"state": TickState.ABANDONED, "finished_at": now(), "reason": reason, "lease_token": None}
    given_up = update(Tick).where(IS_OPEN, Tick.launches.in_(schedules)).values(over).returning(Tick)
    ticks = db.session.scalars(given_up.execution_options(synchronize_session=False, populate_existing=True)).all()
    for tick in ticks:
        alarm_queries.record(AlarmKind.ABANDONED_TICK, str(tick.id), alarms.abandoned(tick))
    return [tick.id for tick in ticks]
