"""What is asked of the table of API tokens. A token is live until it expires, on the database's clock; one that is revoked is deleted."""

from collections.abc import Collection, Sequence

from sqlalchemy import Row, delete, func, select, update

from accounts.models import User
from accounts.tokens.models import ApiToken
from project.database import now, seconds_from_now
from project.extensions import db

MOST_LIVE = 50
"""Live tokens that a user may have."""
USED_SECONDS = 60
"""How stale `last_used_at` may be."""


def add_token(*, user_id: int, name: str, scopes: Collection[str], token_hash: str, days: int) -> ApiToken | None:
    """A new token, flushed; None for a user who has as many as there may be; the caller commits."""
    # A write, so that on either database those who make tokens for one user count one after another.
    db.session.execute(update(User).where(User.id == user_id).values(task_count=User.task_count).execution_options(synchronize_session=False))
    live = db.session.scalar(select(func.count()).where(ApiToken.user_id == user_id, ApiToken.expires_at > now())) or 0
    if live >= MOST_LIVE:
        return None
    token = ApiToken(user_id=user_id, name=name, scopes=sorted(scopes), token_hash=token_hash)
    token.created_at, token.expires_at = now(), seconds_from_now(86400 * days)
    db.session.add(token)
    db.session.flush()
    return token


def tokens_of(user_id: int) -> Sequence[Row[ApiToken, bool]]:
    """The user's tokens, the newest first, each with whether it has expired."""
    mine = select(ApiToken, (ApiToken.expires_at <= now()).label("expired")).where(ApiToken.user_id == user_id)
    return db.session.execute(mine.order_by(ApiToken.id.desc())).all()


def has_token_named(user_id: int, name: str) -> bool:
    """Whether the user has a token of that name, expired or not."""
    return db.session.scalar(select(ApiToken.id).where(ApiToken.user_id == user_id, ApiToken.name == name).limit(1)) is not None


def find_live(token_hash: str) -> Row[ApiToken, User] | None:
    """The live token and its user, who must be active."""
    return db.session.execute(
        select(ApiToken, User).join(User, User.id == ApiToken.user_id).where(ApiToken.token_hash == token_hash, ApiToken.expires_at > now(), User.is_active)
    ).first()


def use(token_id: int) -> None:
    """Note that the token is in use, unless that was noted within the last minute; commits."""
    stale = ApiToken.last_used_at.is_(None) | (ApiToken.last_used_at < seconds_from_now(-USED_SECONDS))
    db.session.execute(update(ApiToken).where(ApiToken.id == token_id, stale).values(last_used_at=now()).execution_options(synchronize_session=False))
    db.session.commit()


def revoke(token_id: int, user_id: int) -> str | None:
    """Delete one of the user's tokens; its name, None if there is none; the caller commits."""
    gone = delete(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user_id).returning(ApiToken.name)
    return db.session.scalar(gone.execution_options(synchronize_session=False))


def revoke_tokens(user_id: int) -> int:
    """Delete all of a user's tokens; how many; the caller commits."""
    revoked = delete(ApiToken).where(ApiToken.user_id == user_id).returning(ApiToken.id)
    return len(db.session.execute(revoked.execution_options(synchronize_session=False)).all())
