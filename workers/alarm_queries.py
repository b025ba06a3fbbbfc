"""What is asked of the alarms: who notices one, and who posts it. Every instant is the database's clock's."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, literal, select, update

from project.database import insert, now, seconds_from_now
from project.extensions import db
from workers.models import UNPOSTED, Alarm, AlarmKind

LEASE_SECONDS = 60.0
"""How long a process that fell silent while it posted an alarm keeps others from it; no post takes longer."""
QUIET_SECONDS = 600.0
"""How long after an alarm has ended the same one does not begin again, so that what comes and goes wakes nobody each minute."""
NEWS = timedelta(days=1)
"""How long after what it tells of an alarm is still posted."""


def record(kind: AlarmKind, about: str, text: str) -> None:
    """Note what is over at once; noting it twice changes nothing. The caller commits."""
    at = now()
    row = {"kind": kind, "about": about, "text": text, "began_at": at, "ended_at": at, "next_try_at": at}
    db.session.execute(insert(Alarm).values(row).on_conflict_do_nothing())


def begin(kind: AlarmKind, about: str, text: str, *, lasted: float) -> bool:
    """Note what has lasted so many seconds; False if somebody has noted it, or the same ended a moment ago; commits."""
    row: dict[str, ColumnElement[Any]] = {
        "kind": literal(kind.value),
        "about": literal(about),
        "text": literal(text),
        "began_at": seconds_from_now(-lasted),
        "attempts": literal(0),
        "next_try_at": now(),
    }
    quiet = exists().where(Alarm.kind == kind, Alarm.about == about, Alarm.ended_at > seconds_from_now(-QUIET_SECONDS))
    begun = db.session.scalar(insert(Alarm).from_select(list(row), select(*row.values()).where(~quiet)).on_conflict_do_nothing().returning(Alarm.id))
    db.session.commit()
    return begun is not None


def end(kind: AlarmKind, about: str) -> bool:
    """Note that what lasted is over, which is posted too; False if nothing of that kind lasts; commits.

    Whoever is posting the beginning just now loses its lease, and the end is posted when that would have run out.
    """
    over = (
        update(Alarm)
        .where(Alarm.kind == kind, Alarm.about == about, Alarm.ended_at.is_(None))
        .values(ended_at=now(), posted_at=None, attempts=0, lease_token=None)
        .returning(Alarm.id)
    )
    ended = db.session.scalar(over)
    db.session.commit()
    return ended is not None


def lasting(kind: AlarmKind) -> set[str]:
    """What the alarms of a kind that last are about."""
    return set(db.session.scalars(select(Alarm.about).where(Alarm.kind == kind, Alarm.ended_at.is_(None))))


def all_lasting() -> Sequence[Alarm]:
    """Every alarm that lasts, oldest first: one for each queue at most."""
    return db.session.scalars(select(Alarm).where(Alarm.ended_at.is_(None)).order_by(Alarm.id)).all()


def claim(token: str) -> Alarm | None:
    """The alarm that has waited longest to be posted, leased to `token`; None if there is none that is still news; commits."""
    due = (UNPOSTED, Alarm.next_try_at <= now(), func.coalesce(Alarm.ended_at, Alarm.began_at) > seconds_from_now(-NEWS.total_seconds()))
    first = select(Alarm.id).where(*due).order_by(Alarm.next_try_at, Alarm.id).limit(1).scalar_subquery()
    # `due` once more, for the statement that waited for another's claim of the same row.
    claimed = (
        update(Alarm)
        .where(Alarm.id == first, *due)
        .values(lease_token=token, next_try_at=seconds_from_now(LEASE_SECONDS), attempts=Alarm.attempts + 1)
        .returning(Alarm)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    alarm = db.session.scalar(claimed)
    db.session.commit()
    return alarm


def posted(alarm: Alarm, token: str) -> None:
    """Note that the webhook took an alarm, unless the lease is lost; commits."""
    _settle(alarm, token, posted_at=now(), next_try_at=now())


def postpone(alarm: Alarm, token: str, *, seconds: float) -> datetime | None:
    """When the alarm is tried again, so many seconds from now; None if the lease is lost; commits."""
    return _settle(alarm, token, next_try_at=seconds_from_now(seconds))


def _settle(alarm: Alarm, token: str, **values: Any) -> datetime | None:
    settled = update(Alarm).where(Alarm.id == alarm.id, Alarm.lease_token == token).values(lease_token=None, **values).returning(Alarm.next_try_at)
    next_try_at = db.session.scalar(settled.execution_options(synchronize_session=False))
    db.session.commit()
    return next_try_at
