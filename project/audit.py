"""The audit: who did what, on what, when and from where; written in the transaction of its effect.

Ids and no names, so that a person who is deleted is gone from here too; the page that shows the audit looks the names up.
Nothing here changes or deletes an event.
"""

from datetime import datetime
from typing import Any

from flask import g, has_request_context
from flask_login import current_user
from sqlalchemy import JSON, BigInteger, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from project.addresses import client_address
from project.database import BigId, UTCDateTime, now, seconds_from_now
from project.extensions import Model, db
from project.logs import request_id

LATELY_SECONDS = 60


class AuditEvent(Model):
    """Something that somebody did."""

    __tablename__ = "audit_events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    """The user who did it; None for a visitor and for the command line. No foreign key: the event outlives the user."""
    action: Mapped[str] = mapped_column(String(64))
    """A noun and what became of it, such as `task.deleted`."""
    object_type: Mapped[str | None] = mapped_column(String(32))
    object_id: Mapped[int | None] = mapped_column(BigInteger)
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    address: Mapped[str | None] = mapped_column(String(45))
    """Where the request came from; None for the command line."""
    request_id: Mapped[str | None] = mapped_column(String(64))
    """The id that the log lines of the same request carry."""

    __table_args__ = (
        Index(None, at),
        Index(None, actor_id, id),
        # So that it finds the beginnings of words too, whatever the database's language.
        Index(None, action, id, postgresql_ops={"action": "varchar_pattern_ops"}),
        Index(None, object_type, object_id, id),
        Index(None, address, id),
        Index(None, request_id),
        {"sqlite_autoincrement": True},
    )


def acting_with(key: str) -> None:
    """Note with each event of the request at hand that it was done with that key, `course token 7` say, and not by somebody in a browser."""
    g.acting_with = key


def record(action: str, on: tuple[str, int] | None = None, *, by: int | None = None, **details: Any) -> None:
    """Note that `by`, or else the current user, did something `on` a thing, `("task", 7)` say; the caller commits it with its effect."""
    object_type, object_id = on or (None, None)
    asked = has_request_context()
    db.session.add(
        AuditEvent(
            at=now(),
            actor_id=by or (current_user.id if asked and current_user.is_authenticated else None),
            action=action,
            object_type=object_type,
            object_id=object_id,
            details=_with_key(details),
            address=client_address() if asked else None,
            request_id=request_id(),
        )
    )


def recorded_lately(action: str, *, by: int | None, **details: Any) -> bool:
    """Whether the same was recorded of that user, or of nobody with the same key, within the last minute."""
    lately = select(AuditEvent.details).where(AuditEvent.at > seconds_from_now(-LATELY_SECONDS), AuditEvent.actor_id == by, AuditEvent.action == action)
    return _with_key(details) in db.session.scalars(lately).all()


def _with_key(details: dict[str, Any]) -> dict[str, Any]:
    key = g.get("acting_with") if has_request_context() else None
    return details if key is None else {**details, "with": key}
