"""What is asked of the audit. Names are joined to the events as they are now; those of users who were deleted are None."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, Select, and_, func, select
from sqlalchemy.orm import aliased

from accounts.models import User
from project.audit import AuditEvent
from project.extensions import db
from project.ids import LARGEST_ID

SLACK = timedelta(hours=1)
"""Ids and instants grow together, but for what waited meanwhile: no event's INSERT has waited so long, and no clock was set back so far."""


@dataclass(frozen=True)
class EventFilter:
    """Which events are wanted; None does not filter."""

    actor_id: int | None = None
    by_nobody: bool = False
    """Only those of visitors and of the command line."""
    action: str | None = None
    """How the action begins."""
    object_type: str | None = None
    object_id: int | None = None
    address: str | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """The last instant that counts."""


EventRow = Row[AuditEvent, str | None, str | None]
"""An event, the name of the user who did it, and of the user it was done to."""


def _newest_first(wanted: EventFilter) -> Select[AuditEvent, str | None, str | None]:
    actor, subject = aliased(User), aliased(User)
    is_subject = and_(AuditEvent.object_type == "user", AuditEvent.object_id == subject.id)
    events = select(AuditEvent, actor.username, subject.username).outerjoin(actor, AuditEvent.actor_id == actor.id).outerjoin(subject, is_subject)
    exact = (
        (AuditEvent.actor_id, wanted.actor_id),
        (AuditEvent.object_type, wanted.object_type),
        (AuditEvent.object_id, wanted.object_id),
        (AuditEvent.address, wanted.address),
        (AuditEvent.request_id, wanted.request_id),
    )
    events = events.where(*(column == value for column, value in exact if value is not None))
    if wanted.by_nobody:
        events = events.where(AuditEvent.actor_id.is_(None))
    if wanted.action is not None:
        events = events.where(AuditEvent.action.startswith(wanted.action, autoescape=True))
    return events.where(*_within(wanted.since, wanted.until)).order_by(AuditEvent.id.desc())


def _within(since: datetime | None, until: datetime | None) -> Iterator[ColumnElement[bool]]:
    """The instants, and between which ids to look for them: else the search for an old day would begin with today's events."""
    other = aliased(AuditEvent)
    if since is not None:
        before = select(other.id).where(other.at < since - SLACK).order_by(other.at.desc()).limit(1).scalar_subquery()
        yield from (AuditEvent.at >= since, AuditEvent.id > func.coalesce(before, 0))
    if until is not None:
        after = select(other.id).where(other.at > until + SLACK).order_by(other.at).limit(1).scalar_subquery()
        yield from (AuditEvent.at <= until, AuditEvent.id < func.coalesce(after, LARGEST_ID))


def events_before(cursor: int | None, limit: int, wanted: EventFilter) -> Sequence[EventRow]:
    """A page of events, newest first, older than the event `cursor`."""
    page = _newest_first(wanted).limit(limit)
    return db.session.execute(page if cursor is None else page.where(AuditEvent.id < cursor)).all()


def every_event(wanted: EventFilter) -> Iterator[EventRow]:
    """All that `events_before` pages through, read a thousand at a time."""
    return iter(db.session.execute(_newest_first(wanted).execution_options(yield_per=1000)))
