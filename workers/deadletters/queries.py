"""What is asked of the messages that failed for good."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Text, and_, cast, func, or_, select, update
from sqlalchemy.orm import aliased, undefer

from project.database import insert, utc_now
from project.extensions import db
from project.ids import LARGEST_ID
from workers.models import FailureState, MessageFailure
from workers.records import UNDECODABLE

SLACK = timedelta(hours=1)
"""Ids and instants grow together, but for what waited meanwhile, and for workers whose clocks differ."""
LOOKED_AT = 5_000
"""Messages in which one page looks for a text: it may stand anywhere in what they hold, so each has to be read."""


@dataclass(frozen=True)
class FailureFilter:
    """Which messages are wanted; None does not filter."""

    state: FailureState = FailureState.FAILED
    actor: str | None = None
    queue: str | None = None
    text: str | None = None
    """A part of the error or of the arguments, in upper or lower case, or the message's whole id."""
    since: datetime | None = None
    until: datetime | None = None
    """The last instant that counts."""


@dataclass(frozen=True)
class Page:
    """Some messages, newest first."""

    failures: Sequence[MessageFailure]
    next: int | None
    """Before which id the next page is; None if there is nothing more."""
    looked_at: int | None = None
    """In how many messages a text was looked for, if there are more to look into."""


def add_failures(rows: Sequence[Mapping[str, Any]]) -> None:
    """Add dead letters that no worker has recorded, and to a record of an earlier release the message itself; the caller commits."""
    if rows:
        # The same message twice in one statement would be changed twice, which PostgreSQL refuses.
        unlike = {(row["message_id"], row["round"]): row for row in rows}
        added = insert(MessageFailure).values([{"created_at": utc_now(), **row} for row in unlike.values()])
        missing = {name: added.excluded[name] for name in ("body", "enqueued_at", "traceback")}
        known = (MessageFailure.message_id, MessageFailure.round)
        db.session.execute(added.on_conflict_do_update(index_elements=known, set_=missing, where=MessageFailure.body.is_(None)))


def page_of_failures(wanted: FailureFilter, before: int | None, limit: int) -> Page:
    """A page of messages older than the failure `before`."""
    conditions = _conditions(wanted, before)
    looked = None
    if wanted.text and (exact := _as_uuid(wanted.text)):
        conditions = (*conditions, MessageFailure.message_id == exact)
    elif wanted.text:
        looked = _end_of_look(conditions)
        conditions = (*conditions, MessageFailure.id >= (looked or 0), _holds(wanted.text))
    found = db.session.scalars(select(MessageFailure).where(*conditions).order_by(MessageFailure.id.desc()).limit(limit + 1)).all()
    if len(found) > limit:
        return Page(found[:limit], found[limit - 1].id)
    return Page(found, looked, LOOKED_AT if looked else None)


def get_failure(failure_id: int) -> MessageFailure | None:
    """The failure of that id, with its traceback."""
    return db.session.get(MessageFailure, failure_id, options=[undefer(MessageFailure.traceback)])


def beginning_of_body(failure_id: int, limit: int) -> bytes:
    """The first bytes of what came in place of a message."""
    body = db.session.scalar(select(func.substr(MessageFailure.body, 1, limit)).where(MessageFailure.id == failure_id))
    return bytes(body or b"")


def others_of_message(failure: MessageFailure) -> Sequence[MessageFailure]:
    """The other failures of the same message, newest first."""
    same = (MessageFailure.message_id == failure.message_id, MessageFailure.id != failure.id)
    return db.session.scalars(select(MessageFailure).where(*same).order_by(MessageFailure.round.desc()).limit(50)).all()


def newest_failure_id() -> int:
    """The id of the newest failure; 0 if there is none."""
    return db.session.scalar(select(func.max(MessageFailure.id))) or 0


def end_of_slice(wanted: FailureFilter, after: int, upto: int, limit: int) -> int | None:
    """The id of the first `limit` messages in (after, upto] that a filter finds but for its text, of the last of them; None if there are fewer."""
    within = (*_conditions(wanted, None), MessageFailure.id > after, MessageFailure.id <= upto)
    return db.session.scalar(select(MessageFailure.id).where(*within).order_by(MessageFailure.id).offset(limit - 1).limit(1))


def settle(state: FailureState, of: ColumnElement[bool], limit: int, queues: Collection[str] | None = None) -> Sequence[Row[int, int, bytes | None]]:
    """Give the first `limit` messages that are failed, and that `of` describes, another state; the `(id, round, body)` of each.

    With `queues`, only of those that can be sent to one of these. Until the caller commits nobody else can take one of them.
    """
    may = [MessageFailure.state == FailureState.FAILED, of]
    if queues is not None:
        may += [MessageFailure.queue.in_(queues), MessageFailure.body.is_not(None), MessageFailure.actor != UNDECODABLE]
    ids = db.session.scalars(select(MessageFailure.id).where(*may).order_by(MessageFailure.id).limit(limit).with_for_update()).all()
    # The state once more, for SQLite, where reading locks nothing.
    still = (MessageFailure.id.in_(ids), MessageFailure.state == FailureState.FAILED)
    settled = update(MessageFailure).where(*still).values(state=state).returning(MessageFailure.id, MessageFailure.round, MessageFailure.body)
    return sorted(db.session.execute(settled.execution_options(synchronize_session=False)).all()) if ids else []


def among(ids: Collection[int]) -> ColumnElement[bool]:
    """The failures of these ids."""
    return MessageFailure.id.in_(ids)


def matching(wanted: FailureFilter, after: int, upto: int) -> ColumnElement[bool]:
    """The failures in (after, upto] that a filter finds, a text wherever it stands."""
    conditions = (*_conditions(wanted, None), MessageFailure.id > after, MessageFailure.id <= upto)
    if not wanted.text:
        return and_(*conditions)
    exact = _as_uuid(wanted.text)
    return and_(*conditions, MessageFailure.message_id == exact if exact else _holds(wanted.text))


def _conditions(wanted: FailureFilter, before: int | None) -> tuple[ColumnElement[bool], ...]:
    """All that is wanted but the text."""
    exact = ((MessageFailure.state, wanted.state), (MessageFailure.actor, wanted.actor), (MessageFailure.queue, wanted.queue))
    conditions = [column == value for column, value in exact if value is not None]
    if before is not None:
        conditions.append(MessageFailure.id < before)
    return (*conditions, *_within(wanted.since, wanted.until))


def _within(since: datetime | None, until: datetime | None) -> Iterator[ColumnElement[bool]]:
    """The instants, and between which ids to look for them: else the search for an old day would begin with today's failures."""
    other = aliased(MessageFailure)
    if since is not None:
        before = select(other.id).where(other.created_at < since - SLACK).order_by(other.created_at.desc()).limit(1).scalar_subquery()
        yield from (MessageFailure.created_at >= since, MessageFailure.id > func.coalesce(before, 0))
    if until is not None:
        after = select(other.id).where(other.created_at > until + SLACK).order_by(other.created_at).limit(1).scalar_subquery()
        yield from (MessageFailure.created_at <= until, MessageFailure.id < func.coalesce(after, LARGEST_ID))


def _end_of_look(conditions: Sequence[ColumnElement[bool]]) -> int | None:
    """The id of the last message that one page looks into; None if that is all of them."""
    last = select(MessageFailure.id).where(*conditions).order_by(MessageFailure.id.desc()).offset(LOOKED_AT - 1).limit(1)
    return db.session.scalar(last)


def _holds(text: str) -> ColumnElement[bool]:
    # JSON has other letters than those of ASCII escaped.
    in_json = json.dumps(text)[1:-1]
    return or_(MessageFailure.error.icontains(text, autoescape=True), cast(MessageFailure.args, Text).icontains(in_json, autoescape=True))


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
