"""What is older than results are kept, and how it goes: a slice at a time, in the order of ids.

Ids are given in the order of time, but for what is written at the same moment. So what is old stands at the beginning
of a table, and the primary key finds it: an index by time would be one more for each number that is drawn.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, select, true
from sqlalchemy.orm import aliased

from project.extensions import db
from tasks_app.models import TaskResult
from workers import slots
from workers.models import IS_OPEN, MessageFailure, Tick, TickState
from workers.queries import database_time

SLICE = 5000
NIGHT = 86400
"""Seconds between two nights; they begin at 00:00 UTC, as do all slots of a day."""


@dataclass(frozen=True)
class Aging:
    """A table that grows with each tick."""

    name: str
    """What its rows are, for people."""
    model: type[TaskResult | MessageFailure | Tick]
    at: ColumnElement[datetime]
    may_go: ColumnElement[bool]
    """What of it may go when it is old."""


_later = aliased(Tick)
AGING: Mapping[int, Aging] = {
    1: Aging("results", TaskResult, TaskResult.created_at.expression, true()),
    2: Aging("failures of messages", MessageFailure, MessageFailure.created_at.expression, true()),
    3: Aging(
        "ticks",
        Tick,
        func.coalesce(Tick.finished_at, Tick.slot),
        # By its latest tick a schedule knows which slot it had, and may have a slot a week.
        Tick.state.not_in([TickState.PUBLISHING, TickState.DRAWING]) & exists().where(_later.schedule == Tick.schedule, _later.slot > Tick.slot),
    ),
}
"""By the key that a nightly tick has for each."""


@dataclass(frozen=True)
class Slice:
    """What was found in a stretch of a table."""

    old: int
    """How many rows were, or are, too old."""
    last_id: int


def kept_from(at: datetime, days: int) -> datetime:
    """The instant from which on everything is kept, `days` before `at`.

    And all since the oldest open tick began: without them it would be drawn again.
    """
    opened = db.session.scalar(select(func.min(Tick.started_at)).where(IS_OPEN))
    return min(at - timedelta(days=days), opened or at)


def kept_from_last_night(days: int) -> datetime:
    """The same, `days` before the night began: an instant that stands still all day, or the work of a night would never be done."""
    return kept_from(slots.latest_slot(database_time(), NIGHT), days)


def old_tables(after: int, upto: int, limit: int, before: datetime) -> Sequence[int]:
    """The first `limit` keys in (after, upto] of tables that begin with something older than `before`."""
    keys = [key for key in AGING if after < key <= upto and _begins_old(AGING[key], before)]
    return keys[:limit]


def delete_slice(table: int, before: datetime, after: int) -> Slice:
    """Delete what is older than `before` among the first rows whose ids are beyond `after`; commits, so that no lock is held for long."""
    aging = AGING[table]
    last_id = _end_of_slice(aging, after)
    doomed = delete(aging.model).where(*_old(aging, before, after, last_id)).returning(aging.model.id)
    deleted = db.session.execute(doomed.execution_options(synchronize_session=False)).all()
    db.session.commit()
    return Slice(len(deleted), last_id)


def count_slice(table: int, before: datetime, after: int) -> Slice:
    """What `delete_slice` would delete."""
    aging = AGING[table]
    last_id = _end_of_slice(aging, after)
    return Slice(db.session.scalar(select(func.count()).where(*_old(aging, before, after, last_id))) or 0, last_id)


def slices(step: Callable[[int, datetime, int], Slice], table: int, before: datetime) -> Iterator[int]:
    """Take a step, `delete_slice` or `count_slice`, through a table until it finds nothing old; how many rows each found."""
    after = 0
    while (found := step(table, before, after)).old:
        yield found.old
        after = found.last_id


def count_ends(_tick_id: int) -> int:
    """A number that changes while something old is deleted, and while numbers are drawn, for which workers let it wait."""
    begins = [select(func.coalesce(func.min(aging.model.id), 0)).scalar_subquery() for aging in AGING.values()]
    ends = select(func.coalesce(func.max(TaskResult.id), 0)).scalar_subquery()
    return db.session.execute(select(sum(begins, ends))).scalar_one() or 0


def _begins_old(aging: Aging, before: datetime) -> bool:
    beginning = select(aging.model.id, aging.at.label("at")).order_by(aging.model.id).limit(SLICE).subquery()
    # Only of the old ones is it asked whether they may go: a page asks this each time that it is opened.
    old = select(aging.model.id).join(beginning, beginning.c.id == aging.model.id).where(beginning.c.at < before, aging.may_go)
    return db.session.scalar(old.limit(1)) is not None


def _end_of_slice(aging: Aging, after: int) -> int:
    """The last id of the slice that begins after an id; that id if there is nothing more."""
    slice_ = select(aging.model.id).where(aging.model.id > after, aging.may_go).order_by(aging.model.id).limit(SLICE).subquery()
    return db.session.scalar(select(func.max(slice_.c.id))) or after


def _old(aging: Aging, before: datetime, after: int, upto: int) -> tuple[ColumnElement[bool], ...]:
    return (aging.model.id > after, aging.model.id <= upto, aging.at < before, aging.may_go)
