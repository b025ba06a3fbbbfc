"""What is asked of the table of identities."""

from collections.abc import Sequence

from sqlalchemy import Row, delete, select, update

from accounts.identities.models import Identity
from accounts.models import User
from project.database import insert, now
from project.extensions import db


def find_linked(issuer: str, subject: str) -> Row[Identity, User] | None:
    """The identity with that issuer and subject, and the user whom it is linked to."""
    same = (Identity.issuer == issuer, Identity.subject == subject)
    return db.session.execute(select(Identity, User).join(User, User.id == Identity.user_id).where(*same)).first()


def identities_of(user_id: int) -> Sequence[Identity]:
    """All that is linked to a user, the oldest link first."""
    return db.session.scalars(select(Identity).where(Identity.user_id == user_id).order_by(Identity.id)).all()


def link(user_id: int, *, issuer: str, subject: str, name: str) -> bool:
    """Link an identity to a user; False if it is linked already, to whomever; the caller commits."""
    row = {"user_id": user_id, "issuer": issuer, "subject": subject, "name": name, "created_at": now()}
    linked = insert(Identity).values(row).on_conflict_do_nothing().returning(Identity.id)
    return db.session.scalar(linked) is not None


def use(identity_id: int) -> None:
    """Note that somebody logs in by that identity; the caller commits."""
    used = update(Identity).where(Identity.id == identity_id).values(last_used_at=now())
    db.session.execute(used.execution_options(synchronize_session=False))


def lock_identities(user_id: int) -> Sequence[Identity]:
    """All that is linked to a user, locked until the transaction ends, so that no two requests each spare the other's as the last."""
    # Writing what is there locks the rows on PostgreSQL, and SQLite whole.
    locked = update(Identity).where(Identity.user_id == user_id).values(user_id=Identity.user_id).returning(Identity)
    return db.session.scalars(locked.execution_options(synchronize_session=False)).all()


def unlink(identity_id: int) -> None:
    """Unlink an identity; the caller commits."""
    db.session.execute(delete(Identity).where(Identity.id == identity_id).execution_options(synchronize_session=False))
