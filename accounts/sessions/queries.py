"""What is asked of the table of sessions. A session is live until it is ended or runs out, on the database's clock."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Row, and_, delete, func, not_, or_, select, update

from accounts.models import User
from accounts.sessions.models import LoginSession
from project.database import now, seconds_from_now
from project.extensions import db
from project.settings import Settings

SEEN_SECONDS = 60
"""How stale `last_seen_at` may be."""
KNOWN_DEVICE_DAYS = 180
"""How long a device stays known after it was last seen."""
MOST_LISTED = 100
"""How many live sessions of a user a page shows; there may be any number."""
KNOWN_DEVICES = 10
"""How many an account knows."""
FORGOTTEN = ""
"""Stands in place of a device's hash that is known no more."""


def _live(settings: Settings) -> ColumnElement[bool]:
    browsing = and_(
        LoginSession.remember.is_(False),
        LoginSession.last_seen_at > seconds_from_now(-60 * settings.session_idle_minutes),
        LoginSession.created_at > seconds_from_now(-3600 * settings.session_hours),
    )
    remembered = and_(LoginSession.remember, LoginSession.created_at > seconds_from_now(-86400 * settings.remember_days))
    return and_(LoginSession.ended_at.is_(None), or_(browsing, remembered))


def add_session(*, user_id: int, token_hash: str, remember: bool, address: str | None, device: str, device_hash: str) -> LoginSession:
    """A new session, flushed; the caller commits."""
    begun = LoginSession(user_id=user_id, token_hash=token_hash, remember=remember, address=address, device=device, device_hash=device_hash)
    begun.created_at = begun.last_seen_at = now()
    db.session.add(begun)
    db.session.flush()
    return begun


def find_live(token_hash: str, settings: Settings) -> Row[LoginSession, User] | None:
    """The live session with that token and its user, who must be active."""
    return db.session.execute(
        select(LoginSession, User).join(User, User.id == LoginSession.user_id).where(LoginSession.token_hash == token_hash, User.is_active, _live(settings))
    ).first()


def see(session_id: int) -> None:
    """Note that the session is in use, unless that was noted within the last minute; commits."""
    db.session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.last_seen_at < seconds_from_now(-SEEN_SECONDS))
        .values(last_seen_at=now())
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def live_sessions(user_id: int, settings: Settings) -> Sequence[LoginSession]:
    """The user's live sessions, the latest used first; no more than MOST_LISTED."""
    mine = select(LoginSession).where(LoginSession.user_id == user_id, _live(settings))
    return db.session.scalars(mine.order_by(LoginSession.last_seen_at.desc(), LoginSession.id.desc()).limit(MOST_LISTED)).all()


def count_live_sessions(user_id: int, settings: Settings) -> int:
    """How many live sessions the user has."""
    return db.session.scalar(select(func.count()).where(LoginSession.user_id == user_id, _live(settings))) or 0


def end_session(session_id: int, user_id: int) -> bool:
    """End one session of that user; False if there is none to end; the caller commits."""
    return _end(LoginSession.id == session_id, LoginSession.user_id == user_id) > 0


def end_sessions(user_id: int, *, but: int | None = None) -> int:
    """End all of a user's sessions, `but` one; how many; the caller commits."""
    return _end(LoginSession.user_id == user_id, LoginSession.id != (but or 0))


def _end(*which: ColumnElement[bool]) -> int:
    ended = update(LoginSession).where(*which, LoginSession.ended_at.is_(None)).values(ended_at=now()).returning(LoginSession.id)
    return len(db.session.execute(ended.execution_options(synchronize_session=False)).all())


def knows_device(user_id: int, device_hash: str) -> bool:
    """Whether that is one of the devices on which the user logged in lately: the newest few, for each has wrong tries of its own."""
    lately = LoginSession.last_seen_at > seconds_from_now(-86400 * KNOWN_DEVICE_DAYS)
    devices = select(LoginSession.device_hash).where(LoginSession.user_id == user_id, lately, LoginSession.device_hash != FORGOTTEN)
    newest = devices.group_by(LoginSession.device_hash).order_by(func.max(LoginSession.id).desc()).limit(KNOWN_DEVICES)
    return device_hash in db.session.scalars(newest).all()


def forget_devices(user_id: int, *, but: int | None = None) -> None:
    """Know none of the user's devices any more, `but` that of one session: whoever had the password may have used them; the caller commits."""
    theirs = update(LoginSession).where(LoginSession.user_id == user_id, LoginSession.id != (but or 0))
    db.session.execute(theirs.values(device_hash=FORGOTTEN).execution_options(synchronize_session=False))


def forget_old_sessions(settings: Settings) -> None:
    """Delete sessions that are over and whose devices are not known any more; the caller commits."""
    long_ago = LoginSession.last_seen_at < seconds_from_now(-86400 * KNOWN_DEVICE_DAYS)
    old = select(LoginSession.id).where(long_ago, not_(_live(settings))).limit(1000).with_for_update(skip_locked=True)
    db.session.execute(delete(LoginSession).where(LoginSession.id.in_(old)).execution_options(synchronize_session=False))
