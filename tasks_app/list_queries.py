"""The list of Tasks: sorted, searched and paged, at the same cost however many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, String, Subquery, and_, case, func, literal, literal_column, or_, select, true, union
from sqlalchemy.orm import aliased, contains_eager

from accounts.models import User
from project.database import on_sqlite
from project.extensions import db
from project.ids import LARGEST_ID, read_id
from project.keyset import Stretch
from tasks_app.models import Task

NEAR = 2000
"""Tasks that a search looks through by themselves. If a page's worth of them is found there, which takes one in forty, looking for all would take longer."""
SAMPLE, LIKELY = 400, 4
"""Tasks that tell which of several words is rare, and whether it is worth while to look near: there are ten or so in the sample if a page's worth is near."""

BY_AUTHOR: ColumnElement[str] = func.lower(User.username, type_=String)
SORT_KEYS: Mapping[str, ColumnElement[Any]] = {
    "id": Task.id.expression,
    "title": func.coalesce(Task.title, literal_column("''")),
    "lower_limit": Task.lower_limit.expression,
    "upper_limit": Task.upper_limit.expression,
    "author": BY_AUTHOR,
    "created_at": Task.created_at.expression,
}


def tasks_with(words: Sequence[str]) -> Select[Task]:
    """All Tasks, with their authors, that have each of the words: as their number, in their title or in their author's name."""
    return select(Task).join(Task.author).options(contains_eager(Task.author)).where(*(_has(word) for word in words))


def tasks_in(stretch: Stretch, words: Sequence[str], key: ColumnElement[Any]) -> Sequence[Row[Task, Any, int]]:
    """Those of them in a stretch of the list that is sorted by `key`: rows of the Task, its key and its id."""
    if not words:
        return _read(_nearest(stretch, key), stretch)
    all_near, near = _amounts_near(stretch, words, key)
    if all_near >= LIKELY:
        found = _read(_nearest(replace(stretch, limit=NEAR), key), stretch, words)
        if len(found) == stretch.limit:
            return found
    rarest_first = [word for _, word in sorted(zip(near, words, strict=True), key=lambda pair: pair[0])]
    return _read(_searched(stretch, rarest_first, key), stretch)


def _amounts_near(stretch: Stretch, words: Sequence[str], key: ColumnElement[Any]) -> tuple[int, Sequence[int]]:
    """How many of a few Tasks near the place have all the words, and how many have each."""
    near = _nearest(replace(stretch, limit=SAMPLE), key)
    having = [_has(word) for word in words]
    sums = [func.coalesce(func.sum(case((has, 1), else_=0)), 0) for has in (and_(*having), *having)]
    all_words, *each = db.session.execute(select(*sums).select_from(near).join(Task, Task.id == near.c.id).join(Task.author)).one()
    return all_words, each


def _read(places: Subquery, stretch: Stretch, words: Sequence[str] = ()) -> Sequence[Row[Task, Any, int]]:
    """The Tasks at those places that have the words."""
    tasks = tasks_with(words).add_columns(places.c.key, Task.id).join(places, places.c.id == Task.id)
    # By the places' own columns: they stand in order, so it ends with the first that are enough.
    return db.session.execute(tasks.order_by(*stretch.order(places.c.key, places.c.id)).limit(stretch.limit)).all()


def _nearest(stretch: Stretch, key: ColumnElement[Any]) -> Subquery:
    if key is not BY_AUTHOR:
        return stretch.of(select(Task.id, key.label("key")), key, Task.id.expression).subquery()
    if on_sqlite():
        return stretch.of(select(Task.id, key.label("key")).join(Task.author), key, Task.id.expression).subquery()
    return _nearest_by_author(stretch)


def _nearest_by_author(stretch: Stretch) -> Subquery:
    """Author by author, of each as many Tasks as are wanted at most: PostgreSQL would else read all of one who has many, to sort them."""
    turned, place, authors = stretch.turned, stretch.place, User.task_count > 0
    own = select(Task.id).where(Task.created_by == User.id).order_by(Task.id.desc() if turned else Task.id).limit(stretch.limit)
    if place is not None:
        name = literal(place.value)
        authors &= name >= BY_AUTHOR if turned else name <= BY_AUTHOR
        nearest = case((name == BY_AUTHOR, place.row_id), else_=LARGEST_ID if turned else 0)
        own = own.where(Task.id < nearest if turned else Task.id > nearest)
    tasks = own.correlate(User).lateral("own")
    places = select(tasks.c.id, BY_AUTHOR.label("key")).select_from(User).join(tasks, true()).where(authors)
    return places.order_by(*stretch.order(BY_AUTHOR, tasks.c.id)).limit(stretch.limit).subquery()


def _searched(stretch: Stretch, words: Sequence[str], key: ColumnElement[Any]) -> Subquery:
    """Out of all that have the first word, however far from the place they are: materialised, for in the order of the list they are far between."""
    first, *others = words
    tasks = select(Task.id, key.label("key")).where(*(_has_by_itself(word) for word in others))
    with_authors = tasks.join(Task.author)
    if key is BY_AUTHOR:
        tasks = with_authors
    # Each part by an index of its own, which an OR over two tables can't; and with the other words in each, for what has the first is read once then.
    parts = (tasks.where(Task.id == (read_id(first) or 0)), tasks.where(_says(Task.title, first)), with_authors.where(_says(User.username, first)))
    found = union(*parts).cte("found").prefix_with("MATERIALIZED")
    return stretch.of(select(found), found.c.key, found.c.id).subquery()


def _has_by_itself(word: str) -> ColumnElement[bool]:
    """Whether a Task has a word, its author's name looked up row by row: PostgreSQL expects many rows, and would read all users to join them."""
    author = aliased(User)
    name = select(author.username).where(author.id == Task.created_by).scalar_subquery()
    return or_(Task.id == (read_id(word) or 0), _says(Task.title, word), _says(name, word))


def _has(word: str) -> ColumnElement[bool]:
    """Whether a Task, joined with its author, has a word."""
    return or_(Task.id == (read_id(word) or 0), _says(Task.title, word), _says(User.username, word))


def _says(text: SQLColumnExpression[Any], word: str) -> ColumnElement[bool]:
    """Whether a text has a word, or a part of one. One or two letters are looked for where words begin: no index knows them elsewhere."""
    if len(word) > 2 or not word.isascii():
        return text.icontains(word, autoescape=True)
    return or_(text.istartswith(word, autoescape=True), text.icontains(f" {word}", autoescape=True))
