"""What is asked about authors."""

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Row, Select, literal, literal_column, select, tuple_

from accounts.models import User
from project.extensions import db
from reviews.cursor import Cursor

FEWER: ColumnElement[int] = literal_column("0") - User.task_count
"""What grows from the author with the most Tasks to those with none; with the id behind it, it has an index."""


def _by_amount(search: str) -> Select[int, str, int]:
    authors = select(User.id, User.username, User.task_count).order_by(FEWER, User.id)
    return authors.where(User.username.icontains(search, autoescape=True)) if search else authors


def authors_by_amount(search: str, limit: int, after: Cursor | None = None) -> Sequence[Row[int, str, int]]:
    """A page of `(id, username, task_count)`, those with the most Tasks first, 0 included."""
    page = _by_amount(search).limit(limit)
    if after is not None:
        page = page.where(tuple_(FEWER, User.id) > tuple_(literal(-after.task_count), literal(after.user_id)))
    return db.session.execute(page).all()


def every_author(search: str) -> Iterator[Row[int, str, int]]:
    """All that `authors_by_amount` pages through, read a thousand at a time."""
    return iter(db.session.execute(_by_amount(search).execution_options(yield_per=1000)))
