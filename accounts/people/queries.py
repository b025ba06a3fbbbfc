"""What the tables of accounts and the audit hold about one user, and deleting it. No function here gives away a secret or the hash of one."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, and_, case, delete, or_, select

from accounts.guessing.models import FailedLogins
from accounts.guessing.subjects import of_name, of_user
from accounts.identities.models import Identity
from accounts.links.models import OneTimeLink
from accounts.models import User
from accounts.people.belongings import Record
from accounts.second_factor.models import Authenticator, RecoveryCode
from accounts.sessions.models import LoginSession
from accounts.tokens.models import ApiToken
from project.audit import AuditEvent
from project.extensions import db

CHUNK = 1000


def records(rows: Select[*tuple[Any, ...]]) -> Iterator[Record]:
    """The rows, a thousand at a time."""
    for row in db.session.execute(rows.execution_options(yield_per=CHUNK)).mappings():
        yield dict(row)


def account(user_id: int) -> Iterator[Record]:
    """The account itself."""
    columns = (User.id, User.username, User.is_active, User.is_superuser, User.can_review_tasks, User.task_count, User.created_at)
    return records(select(*columns).where(User.id == user_id))


def sessions(user_id: int) -> Iterator[Record]:
    """Where and when the user was logged in."""
    columns = ("id", "created_at", "last_seen_at", "ended_at", "remember", "address", "device")
    return records(select(*(getattr(LoginSession, name) for name in columns)).where(LoginSession.user_id == user_id).order_by(LoginSession.id))


def authenticators(user_id: int) -> Iterator[Record]:
    """Since when there is a second factor."""
    return records(select(Authenticator.created_at, Authenticator.confirmed_at).where(Authenticator.user_id == user_id))


def recovery_codes(user_id: int) -> Iterator[Record]:
    """Which recovery codes were used."""
    return records(select(RecoveryCode.id, RecoveryCode.used_at).where(RecoveryCode.user_id == user_id).order_by(RecoveryCode.id))


def identities(user_id: int) -> Iterator[Record]:
    """Who the user is elsewhere."""
    columns = ("issuer", "subject", "name", "created_at", "last_used_at")
    return records(select(*(getattr(Identity, name) for name in columns)).where(Identity.user_id == user_id).order_by(Identity.id))


def api_tokens(user_id: int) -> Iterator[Record]:
    """What the user's tokens are called, and what they open."""
    columns = ("name", "scopes", "created_at", "expires_at", "last_used_at")
    return records(select(*(getattr(ApiToken, name) for name in columns)).where(ApiToken.user_id == user_id).order_by(ApiToken.id))


def links(user_id: int) -> Iterator[Record]:
    """The one-time links made for or by the user."""
    columns = ("purpose", "user_id", "made_by", "note", "created_at", "expires_at", "used_at")
    own = or_(OneTimeLink.user_id == user_id, OneTimeLink.made_by == user_id)
    return records(select(*(getattr(OneTimeLink, name) for name in columns)).where(own).order_by(OneTimeLink.id))


def failed_logins(user_id: int) -> Iterator[Record]:
    """How often somebody failed lately to log in as the user, and what that was counted for; on which device, only a hash tells, which is left out."""
    username = db.session.scalar(select(User.username).where(User.id == user_id)) or ""
    for row in records(select(FailedLogins.subject, FailedLogins.failures, FailedLogins.last_at).where(_fails_as(user_id, username))):
        yield {"kind": row["subject"].removeprefix(of_user(user_id)).partition(":")[0], "failures": row["failures"], "last_at": row["last_at"]}


def _fails_as(user_id: int, username: str) -> Any:
    return or_(FailedLogins.subject == of_name(username).name, FailedLogins.subject.startswith(of_user(user_id)))


def audit_events(user_id: int) -> Iterator[Record]:
    """What the user did, and what others did to the account; where those others were is not the user's to know."""
    own = AuditEvent.actor_id == user_id
    about = and_(AuditEvent.object_type == "user", AuditEvent.object_id == user_id)
    names = ("id", "at", "actor_id", "action", "object_type", "object_id", "details")
    columns = (*(getattr(AuditEvent, name) for name in names), case((own, AuditEvent.address)).label("address"))
    return records(select(*columns).where(or_(own, about)).order_by(AuditEvent.id))


def delete_user(user: User) -> None:
    """Delete the user, and with it by cascade all that is only the user's; the caller commits."""
    db.session.execute(delete(FailedLogins).where(_fails_as(user.id, user.username)).execution_options(synchronize_session=False))
    db.session.expunge(user)
    db.session.execute(delete(User).where(User.id == user.id).execution_options(synchronize_session=False))
