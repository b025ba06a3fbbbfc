"""What is asked of the table of one-time links. A link is good until it is used or expires, on the database's clock; one that is void or revoked is deleted."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Row, and_, case, delete, select, update
from sqlalchemy.orm import aliased

from accounts.links.models import OneTimeLink, Purpose
from accounts.models import User
from accounts.queries import lock_user
from project.database import now, seconds_from_now
from project.extensions import db
from project.tokens import digest, new_token

LASTS = {Purpose.PASSWORD: timedelta(hours=24), Purpose.INVITE: timedelta(days=7)}


def _good(purpose: Purpose, token_hash: str) -> ColumnElement[bool]:
    return and_(OneTimeLink.purpose == purpose, OneTimeLink.token_hash == token_hash, OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now())


def _add(purpose: Purpose, *, by: int | None, user_id: int | None = None, note: str = "") -> tuple[OneTimeLink, str]:
    token = new_token()
    link = OneTimeLink(purpose=purpose, token_hash=digest(token), user_id=user_id, made_by=by, note=note)
    link.created_at, link.expires_at = now(), seconds_from_now(LASTS[purpose].total_seconds())
    db.session.add(link)
    db.session.flush()
    # What the database's clock said.
    db.session.refresh(link)
    return link, token


# To set a password


def make_password_link(user_id: int, *, by: int | None = None) -> tuple[OneTimeLink, str] | None:
    """A new link with which that user sets a password, and its token; older ones are void. None if there is no such active user.

    The caller has seen to it that `by` may (None is the command line), and commits.
    """
    user = lock_user(user_id)
    if user is None or not user.is_active:
        return None
    void_password_links(user_id)
    return _add(Purpose.PASSWORD, by=by, user_id=user_id)


def void_password_links(user_id: int) -> None:
    """Delete the links with which that user could still set a password; the caller commits."""
    unused = delete(OneTimeLink).where(OneTimeLink.purpose == Purpose.PASSWORD, OneTimeLink.user_id == user_id, OneTimeLink.used_at.is_(None))
    db.session.execute(unused.execution_options(synchronize_session=False))


def owner_of_password_link(token_hash: str) -> User | None:
    """The active user whose password the link sets; None for a link that is not good."""
    owner = select(User).join(OneTimeLink, OneTimeLink.user_id == User.id)
    return db.session.scalar(owner.where(_good(Purpose.PASSWORD, token_hash), User.is_active))


def use_password_link(token_hash: str) -> User | None:
    """Use the link up; its active user, locked. None for a link that is not good any more; the caller commits."""
    owner = owner_of_password_link(token_hash)
    # The user before the link, as whoever deletes the user locks them.
    user = owner and lock_user(owner.id)
    if user is None or not user.is_active:
        return None
    return user if _use(Purpose.PASSWORD, token_hash) else None


def _use(purpose: Purpose, token_hash: str, **values: int) -> int | None:
    """Use a link up, whose id is returned; None for one that is not good any more: of two at once, the database lets one win."""
    used = update(OneTimeLink).where(_good(purpose, token_hash)).values(used_at=now(), **values).returning(OneTimeLink.id)
    return db.session.scalar(used.execution_options(synchronize_session=False))


# To register


def make_invite(note: str, *, by: int | None = None) -> tuple[OneTimeLink, str]:
    """A new invite, and its token; the caller commits."""
    return _add(Purpose.INVITE, by=by, note=note)


def is_good_invite(token_hash: str) -> bool:
    """Whether somebody can register with that invite."""
    return db.session.scalar(select(OneTimeLink.id).where(_good(Purpose.INVITE, token_hash))) is not None


def use_invite(token_hash: str, user_id: int) -> int | None:
    """Use an invite up for the user who registers with it; its id, None if it is not good any more; the caller commits."""
    return _use(Purpose.INVITE, token_hash, user_id=user_id)


def invites(before: int | None, limit: int) -> Sequence[Row[OneTimeLink, str, str | None, str | None]]:
    """Invites older than the one with the id `before`, newest first: each with its state (open, used, expired), who made it and who used it."""
    maker, newcomer = aliased(User), aliased(User)
    state = case((OneTimeLink.used_at.is_not(None), "used"), (OneTimeLink.expires_at > now(), "open"), else_="expired")
    page = (
        select(OneTimeLink, state.label("state"), maker.username.label("maker"), newcomer.username.label("newcomer"))
        .outerjoin(maker, maker.id == OneTimeLink.made_by)
        .outerjoin(newcomer, newcomer.id == OneTimeLink.user_id)
        .where(OneTimeLink.purpose == Purpose.INVITE)
    )
    if before is not None:
        page = page.where(OneTimeLink.id < before)
    return db.session.execute(page.order_by(OneTimeLink.id.desc()).limit(limit)).all()


def revoke_invite(link_id: int) -> bool:
    """Delete an invite that nobody has used; False if there is none; the caller commits."""
    unused = delete(OneTimeLink).where(OneTimeLink.id == link_id, OneTimeLink.purpose == Purpose.INVITE, OneTimeLink.used_at.is_(None))
    return db.session.scalar(unused.returning(OneTimeLink.id).execution_options(synchronize_session=False)) is not None
