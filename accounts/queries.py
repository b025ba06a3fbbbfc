"""What is asked of the table of users."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, func, or_, select, update

from accounts.models import User
from project.database import on_sqlite
from project.extensions import db

SORT_KEYS: Mapping[str, ColumnElement[Any]] = {
    "id": User.id.expression,
    "username": func.lower(User.username, type_=String),
    "task_count": User.task_count.expression,
    "created_at": User.created_at.expression,
}
"""What the list of users is sorted by."""


def find_user(username: str) -> User | None:
    """The user of that name, in upper or lower case."""
    return db.session.scalar(select(User).where(func.lower(User.username) == username.lower()))


def users_with(words: Sequence[str]) -> Select[User]:
    """All users whose names have each of the words."""
    return select(User).where(*(User.username.icontains(word, autoescape=True) for word in words))


def get_user(user_id: int) -> User | None:
    """The user with that id."""
    return db.session.get(User, user_id)


def any_user() -> bool:
    """Whether anybody has an account yet."""
    return db.session.scalar(select(User.id).limit(1)) is not None


def add_user(username: str, password_hash: str, *, is_superuser: bool = False) -> User:
    """A new user, flushed; the caller commits. Raises IntegrityError for a name that is taken."""
    user = User(username=username, password_hash=password_hash, is_superuser=is_superuser)
    db.session.add(user)
    db.session.flush()
    return user


def lock_people(*user_ids: int) -> list[User]:
    """Those users and all active superusers, locked until the transaction ends and read anew; whoever is not there any more is left out."""
    if on_sqlite():
        # It knows no row locks; any write takes the lock of the whole database.
        db.session.execute(update(User).where(User.is_superuser).values(is_superuser=User.is_superuser), execution_options={"synchronize_session": False})
    superusers = and_(User.is_superuser, User.is_active)
    # The same order everywhere, so that two who lock them do not wait for each other.
    people = select(User).where(or_(superusers, User.id.in_(user_ids))).order_by(User.id).with_for_update()
    return list(db.session.scalars(people.execution_options(populate_existing=True)))


def lock_superusers(*also: int) -> list[int]:
    """The ids of the active superusers, locked with those of the users `also`, so that no two changes each spare the other's last one."""
    return [user.id for user in lock_people(*also) if user.is_superuser and user.is_active]


def lock_user(user_id: int) -> User | None:
    """The user, locked until the transaction ends and read anew; SQLite waits at the first write instead."""
    return db.session.scalar(select(User).where(User.id == user_id).with_for_update().execution_options(populate_existing=True))


def hold_unchanged(user: User) -> bool:
    """Lock the user until the transaction ends; False if it is not active any more, is gone, or has another password than when it was read."""
    same = (User.id == user.id, User.is_active, User.password_hash == user.password_hash)
    # A write, for SQLite knows no other lock.
    held = update(User).where(*same).values(is_active=True).returning(User.id)
    return db.session.scalar(held.execution_options(synchronize_session=False)) is not None


def renew_hash(user: User, password_hash: str) -> bool:
    """Put a new hash of the same password in the place of the one that was read; False if the password is another one by now; the caller commits."""
    same = (User.id == user.id, User.password_hash == user.password_hash)
    renewed = update(User).where(*same).values(password_hash=password_hash).returning(User)
    return db.session.scalar(renewed, execution_options={"populate_existing": True, "synchronize_session": False}) is not None
