"""What is asked of the table of users."""

from sqlalchemy import func, select, update

from accounts.models import User
from project.database import on_sqlite
from project.extensions import db


def find_user(username: str) -> User | None:
    """The user of that name, in upper or lower case."""
    return db.session.scalar(select(User).where(func.lower(User.username) == username.lower()))


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


def lock_superusers() -> list[int]:
    """The ids of the active superusers, locked until the transaction ends, so that no two changes each spare the other's last one."""
    if on_sqlite():
        # It knows no row locks; any write takes the lock of the whole database.
        db.session.execute(update(User).where(User.is_superuser).values(is_superuser=User.is_superuser))
    # The same order everywhere, so that two who lock them do not wait for each other.
    return list(db.session.scalars(select(User.id).where(User.is_superuser, User.is_active).order_by(User.id).with_for_update()))
