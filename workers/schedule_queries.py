"""What is asked of, and changed about, schedules by people. Each change is committed with its event of the audit; what changes nothing is none."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from project import audit
from project.database import insert, now
from project.extensions import db
from workers.models import IS_OPEN, ScheduleChange, Tick, TickState
from workers.queries import count_failed, published_again

GIVEN_UP = "given up by hand"


def changes() -> Mapping[str, ScheduleChange]:
    """What was changed about schedules, by their names."""
    return {change.name: change for change in db.session.scalars(select(ScheduleChange).execution_options(populate_existing=True))}


def interval_of(schedule: str) -> int | None:
    """The interval, in seconds, that somebody gave a schedule; None for one that has its own."""
    return db.session.scalar(select(ScheduleChange.interval).where(ScheduleChange.name == schedule))


def pause(schedule: str) -> bool:
    """Have no slot of a schedule launched until it is resumed; False if it is paused."""
    row = insert(ScheduleChange).values(name=schedule, paused_at=now())
    paused = row.on_conflict_do_update(
        index_elements=[ScheduleChange.name], set_={"paused_at": row.excluded.paused_at}, where=ScheduleChange.paused_at.is_(None)
    )
    return _record(db.session.scalar(paused.returning(ScheduleChange.name)), "schedule.paused", schedule=schedule)


def resume(schedule: str) -> bool:
    """Have the next slot of a schedule launched again; False if it is not paused."""
    paused = (ScheduleChange.name == schedule, ScheduleChange.paused_at.is_not(None))
    resumed = update(ScheduleChange).where(*paused).values(paused_at=None).returning(ScheduleChange.name)
    return _record(db.session.scalar(resumed.execution_options(synchronize_session=False)), "schedule.resumed", schedule=schedule)


def set_interval(schedule: str, interval: int | None) -> bool:
    """Give a schedule another interval, in seconds, or for None its own again; False if it has that already."""
    row = insert(ScheduleChange).values(name=schedule, interval=interval)
    differs = ScheduleChange.interval.is_distinct_from(interval)
    changed = row.on_conflict_do_update(index_elements=[ScheduleChange.name], set_={"interval": interval}, where=differs)
    return _record(db.session.scalar(changed.returning(ScheduleChange.name)), "schedule.changed", schedule=schedule, interval=interval)


def publish_again(tick_id: int) -> bool:
    """Have an open tick published again from its first key without an outcome, whoever is at it; False if it is not open."""
    reopened = update(Tick).where(Tick.id == tick_id, IS_OPEN).values(published_again()).returning(Tick.id)
    return _record(db.session.scalar(reopened.execution_options(synchronize_session=False)), "tick.published_again", ("tick", tick_id))


def give_up(tick_id: int) -> bool:
    """Abandon an open tick, whoever is at it; no alarm, for somebody knows. False if it is not open."""
    values = {"state": TickState.ABANDONED, "finished_at": now(), "failed": count_failed(tick_id), "reason": GIVEN_UP, "lease_token": None}
    given_up = update(Tick).where(Tick.id == tick_id, IS_OPEN).values(values).returning(Tick.id)
    return _record(db.session.scalar(given_up.execution_options(synchronize_session=False)), "tick.abandoned", ("tick", tick_id))


def _record(changed: object, action: str, on: tuple[str, int] | None = None, **details: Any) -> bool:
    if changed is not None:
        audit.record(action, on, **details)
    db.session.commit()
    return changed is not None
