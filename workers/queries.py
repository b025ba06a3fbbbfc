"""What is asked of the ledger. Every change of a tick is fenced by the token of its lease."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Double, case, cast, exists, func, literal, null, or_, select, update

from project import audit
from project.database import UTCDateTime, insert, now, on_sqlite, seconds_from_now, utc_now
from project.extensions import db
from workers import alarm_queries, alarms, slots
from workers.models import IS_OPEN, MANUAL, AlarmKind, FailureState, MessageFailure, ScheduleChange, Tick, TickState

LEASE_SECONDS = 20.0
"""How long a launcher that fell silent keeps others from its tick."""
PAUSED = "the schedule was paused"


def database_time() -> datetime:
    """What the database's clock says."""
    return db.session.execute(select(now())).scalar_one()


def _latest_slot(interval: int) -> ColumnElement[datetime]:
    """`slots.latest_slot` on the database's clock, inside the statement that uses it."""
    if on_sqlite():
        return literal(slots.latest_slot(utc_now(), interval), UTCDateTime())
    epoch = cast(func.extract("epoch", now()), Double)
    return func.to_timestamp(func.floor(epoch / interval) * interval, type_=UTCDateTime())


def _claimed(schedule: str, slot: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether the slot, or a newer one, is known. One in the future is some wrong clock's, and must not hold the schedule until then."""
    return exists().where(Tick.schedule == schedule, Tick.slot >= slot, Tick.slot <= now())


def is_due(schedule: str, interval: int) -> bool:
    """Whether nobody has claimed the schedule's latest slot, as far as can be seen without claiming it."""
    return bool(db.session.scalar(select(~_claimed(schedule, _latest_slot(interval)))))


def claim_slot(schedule: str, *, interval: int, last_key: int, token: str, most_open: int) -> Tick | None:
    """The tick of the schedule's latest slot, leased to `token`, if nobody has claimed that slot before; commits.

    Due or not, the slot and the lease are all decided in this one statement, on the database's clock, and the
    unique key picks one winner among all who try. With `most_open` ticks still open the slot is recorded as skipped,
    and with it its alarm; and without one while the schedule is paused.
    A slot older than the newest known is never due: that happens when the interval has grown.
    """
    slot = _latest_slot(interval)
    open_ticks = select(func.count()).where(Tick.schedule == schedule, IS_OPEN).scalar_subquery()
    paused = exists().where(ScheduleChange.name == schedule, ScheduleChange.paused_at.is_not(None))
    full = open_ticks >= most_open
    row: dict[str, ColumnElement[Any]] = {
        "schedule": literal(schedule),
        "launches": literal(schedule),
        "slot": slot,
        "state": case((or_(paused, full), literal(TickState.SKIPPED.value)), else_=literal(TickState.PUBLISHING.value)),
        "reason": case((paused, literal(PAUSED)), (full, literal(f"{most_open} earlier ticks were still open")), else_=null()),
        "started_at": now(),
        "lease_token": literal(token),
        "lease_until": seconds_from_now(LEASE_SECONDS),
        "last_key": literal(last_key),
        "published_key": literal(0),
        "verified_key": literal(0),
        "published": literal(0),
        "verified": literal(0),
        "failed": literal(0),
        "progress_at": now(),
        "missing": literal(0),
        "silent_rounds": literal(0),
    }
    claim = insert(Tick).from_select(list(row), select(*row.values()).where(~_claimed(schedule, slot))).on_conflict_do_nothing().returning(Tick)
    tick = db.session.scalar(claim)
    if tick and tick.state == TickState.SKIPPED and tick.reason != PAUSED:
        alarm_queries.record(AlarmKind.SKIPPED_SLOT, str(tick.id), alarms.skipped(tick))
    db.session.commit()
    return tick


def add_manual_tick(schedule: str, last_key: int) -> Tick:
    """A tick that somebody launched by hand, due at once and leased to nobody; commits, and notes it in the audit."""
    at = database_time()
    tick = Tick(schedule=MANUAL, launches=schedule, slot=at, state=TickState.PUBLISHING, started_at=at, lease_until=at, last_key=last_key, progress_at=at)
    db.session.add(tick)
    db.session.flush()
    audit.record("tick.launched", ("tick", tick.id), schedule=schedule)
    db.session.commit()
    return tick


def open_ticks() -> Sequence[int]:
    """The ids of the ticks that are not finished, abandoned or skipped, oldest first."""
    return db.session.scalars(select(Tick.id).where(IS_OPEN).order_by(Tick.id)).all()


def open_launches() -> Sequence[str]:
    """The names of the schedules whose actors open ticks call."""
    return db.session.scalars(select(Tick.launches).where(IS_OPEN).distinct()).all()


def has_older_open(tick: Tick, schedules: Collection[str]) -> bool:
    """Whether a tick of any of these schedules is open that was launched before this one."""
    return bool(db.session.scalar(select(exists().where(Tick.id < tick.id, IS_OPEN, Tick.launches.in_(schedules)))))


def lease(tick_id: int, token: str) -> Tick | None:
    """The open tick, leased to `token`, unless somebody else holds it; commits."""
    claim = (
        update(Tick)
        .where(Tick.id == tick_id, IS_OPEN, Tick.lease_until <= now())
        .values(lease_token=token, lease_until=seconds_from_now(LEASE_SECONDS))
        .returning(Tick)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    tick = db.session.scalar(claim)
    db.session.commit()
    return tick


def change(tick: Tick, token: str, **values: Any) -> bool:
    """Change a tick whose lease `token` holds, and prolong the lease; False if the lease is lost; commits."""
    held = _change(tick, token, **values)
    db.session.commit()
    return held


def abandon(tick: Tick, token: str, reason: str) -> bool:
    """Give up a tick whose lease `token` holds, and record its alarm; False if the lease is lost; commits."""
    held = _change(tick, token, state=TickState.ABANDONED, finished_at=now(), failed=count_failed(tick.id), reason=reason)
    if held:
        alarm_queries.record(AlarmKind.ABANDONED_TICK, str(tick.id), alarms.abandoned(tick))
    db.session.commit()
    return held


def _change(tick: Tick, token: str, **values: Any) -> bool:
    values.setdefault("lease_until", seconds_from_now(LEASE_SECONDS))
    fenced = (
        update(Tick)
        .where(Tick.id == tick.id, Tick.lease_token == token)
        .values(values)
        .returning(Tick)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    return db.session.scalar(fenced) is not None


def release(tick: Tick, token: str, *, seconds: float) -> None:
    """Let go of a tick, so that the next look at it, by anybody, is possible after so long; commits."""
    change(tick, token, lease_token=None, lease_until=seconds_from_now(seconds))


def publish_again_from_verified() -> int:
    """Make every open tick due for publishing from its first unverified key, leased to nobody; how many; commits.

    For a broker whose messages died with the process that is now starting again.
    """
    reopened = db.session.execute(update(Tick).where(IS_OPEN).values(published_again()).returning(Tick.id)).all()
    db.session.commit()
    return len(reopened)


def published_again() -> dict[str, Any]:
    """The values of an open tick that is to be published from its first unverified key; whoever holds its lease loses it."""
    at = now()
    values: dict[str, Any] = {"state": TickState.PUBLISHING, "published_key": Tick.verified_key, "published": Tick.verified, "silent_rounds": 0}
    return values | {"lease_token": None, "lease_until": at, "progress_at": at}


def record_failure(*, message_id: uuid.UUID, **values: Any) -> None:
    """Note that a message failed for good just now; noting it twice changes nothing. The caller commits.

    A copy that fails after the message was retried makes the row a failed one again: the other may never have arrived.
    """
    row = insert(MessageFailure).values(message_id=message_id, created_at=utc_now(), **values)
    again = {"state": FailureState.FAILED, "error": row.excluded.error, "traceback": row.excluded.traceback, "worker": row.excluded.worker}
    known = (MessageFailure.message_id, MessageFailure.round)
    db.session.execute(row.on_conflict_do_update(index_elements=known, set_=again, where=MessageFailure.state == FailureState.RETRIED))


def failure_of(message_id: uuid.UUID) -> MessageFailure | None:
    """The newest record of a message that failed for good, unless it was retried since."""
    of_message = select(MessageFailure).where(MessageFailure.message_id == message_id).order_by(MessageFailure.round.desc()).limit(1)
    failure = db.session.scalar(of_message)
    return None if failure is None or failure.state == FailureState.RETRIED else failure


def failed_keys(tick_id: int, keys: Collection[int]) -> set[int]:
    """Which of the keys have failed for good in the tick."""
    if not keys:
        return set()
    return set(db.session.scalars(select(MessageFailure.key).where(*_failed_in(tick_id), MessageFailure.key.between(min(keys), max(keys)))))


def count_failed(tick_id: int) -> int:
    """How many keys have failed for good in the tick."""
    return db.session.scalar(select(func.count(MessageFailure.key.distinct())).where(*_failed_in(tick_id))) or 0


def _failed_in(tick_id: int) -> tuple[ColumnElement[bool], ...]:
    # A discarded one stays a failure; one that was retried is to have its outcome after all.
    return (MessageFailure.tick_id == tick_id, MessageFailure.state != FailureState.RETRIED)


def ticks_before(tick_id: int | None, limit: int) -> Sequence[Tick]:
    """A page of ticks, newest first, older than `tick_id`."""
    page = select(Tick).order_by(Tick.id.desc()).limit(limit)
    if tick_id is not None:
        page = page.where(Tick.id < tick_id)
    return db.session.scalars(page).all()


def get_tick(tick_id: int) -> Tick | None:
    """The tick with that id."""
    return db.session.get(Tick, tick_id)


def newest_failure() -> MessageFailure | None:
    """The last message that failed for good."""
    return db.session.scalar(select(MessageFailure).order_by(MessageFailure.id.desc()).limit(1))


def silent_for(tick: Tick, seconds: float) -> bool:
    """Whether nothing new was seen of the tick for so long, on the database's clock."""
    return database_time() - tick.progress_at >= timedelta(seconds=seconds)
