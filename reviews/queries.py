"""What is asked about authors."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Row, Select, func, or_, select

from accounts.models import User
from project.extensions import db
from reviews.cursor import Cursor


def _by_amount(search: str) -> Select[int, str, int]:
    authors = select(User.id, User.username, User.task_count).order_by(User.task_count.desc(), User.id)
    return authors.where(func.lower(User.username).contains(search.lower(), autoescape=True)) if search else authors


def authors_by_amount(search: str, limit: int, after: Cursor | None = None) -> Sequence[Row[int, str, int]]:
    """A page of `(id, username, task_count)`, those with the most Tasks first, 0 included."""
    page = _by_amount(search).limit(limit)
    if after is not None:
        fewer = User.task_count < after.task_count
        page = page.where(or_(fewer, (User.task_count == after.task_count) & (User.id > after.user_id)))
    return db.session.execute(page).all()


def every_author(search: str) -> Iterator[Row[int, str, int]]:
    """All that `authors_by_amount` pages through, read a thousand at a time."""
    return iter(db.session.execute(_by_amount(search).execution_options(yield_per=1000)))
