"""Pages of a sorted list that begin where another one ended, and not at a number of rows: a deep page costs what the first one
costs, and rows that come or go meanwhile move none of the others. The key and the id need an index together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, literal, tuple_

from project.ids import LARGEST_ID, read_id

Item = TypeVar("Item")


@dataclass(frozen=True)
class Place:
    """A row of a list: what it is sorted by there, and its id, which tells it from its equals."""

    value: Any
    row_id: int

    @classmethod
    def read(cls, typed: str, key: ColumnElement[Any]) -> Place | None:
        """The place that an address names so, in a list that is sorted by `key`; None for what is none."""
        number, _, value = typed.partition(":")
        row_id = read_id(number)
        try:
            return None if row_id is None else cls(READERS[key.type.python_type](value), row_id)
        except ValueError:
            return None

    def __str__(self) -> str:
        """As an address has it: `17:Dice`."""
        return f"{self.row_id}:{self.value.isoformat() if isinstance(self.value, datetime) else self.value}"


def _integer(typed: str) -> int:
    if len(typed) > 20 or abs(int(typed)) > LARGEST_ID:
        raise ValueError("no column holds such a number")
    return int(typed)


def _number(typed: str) -> float:
    if not math.isfinite(float(typed)):
        raise ValueError("no column holds such a number")
    return float(typed)


def _text(typed: str) -> str:
    # PostgreSQL's text can hold neither NUL nor half a surrogate pair.
    if "\0" in typed:
        raise ValueError("no column holds such a text")
    return typed.encode().decode()


def _instant(typed: str) -> datetime:
    instant = datetime.fromisoformat(typed)
    if instant.tzinfo is None:
        raise ValueError("no column holds an instant without a zone")
    return instant


READERS: dict[type, Callable[[str], Any]] = {int: _integer, float: _number, str: _text, datetime: _instant}
"""What reads a key out of an address, by its type; each raises ValueError for what no row could have."""


@dataclass(frozen=True)
class Stretch:
    """Which rows of a sorted list are wanted: so many from a place on, or those before it."""

    limit: int
    descending: bool = False
    place: Place | None = None
    backwards: bool = False

    @property
    def turned(self) -> bool:
        """Whether the rows are read from the largest key down."""
        return self.descending != self.backwards

    def of(self, rows: Select[*tuple[Any, ...]], key: ColumnElement[Any], row_id: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
        """Those of `rows`, the nearest to the place first."""
        if self.place is not None:
            here, there = tuple_(key, row_id), tuple_(literal(self.place.value, key.type), literal(self.place.row_id, row_id.type))
            rows = rows.where(here < there if self.turned else here > there)
        return rows.order_by(*self.order(key, row_id)).limit(self.limit)

    def order(self, key: ColumnElement[Any], row_id: ColumnElement[int]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """The order in which the rows are read."""
        return (key.desc(), row_id.desc()) if self.turned else (key.asc(), row_id.asc())


@dataclass(frozen=True)
class Page(Generic[Item]):
    """A page of a list, in its order, and the places at which the pages before and after it are found; None where there is none."""

    rows: Sequence[Item]
    previous: Place | None = None
    next: Place | None = None


def page(stretch: Stretch, find: Callable[[Stretch], Sequence[Row[Item, Any, int]]]) -> Page[Item]:
    """The page of a stretch, of what `find` finds of it: rows of an item, its key and its id."""
    found = find(replace(stretch, limit=stretch.limit + 1))
    more = len(found) > stretch.limit
    if stretch.backwards and not more:
        # Near the beginning: the whole first page rather than the few rows before that place.
        return page(replace(stretch, place=None, backwards=False), find)
    shown = found[: stretch.limit]
    if stretch.backwards:
        shown = shown[::-1]
    places = [Place(key, row_id) for _, key, row_id in shown]
    return Page(
        [item for item, _, _ in shown],
        previous=places[0] if places and stretch.place else None,
        next=places[-1] if places and (more or stretch.backwards) else None,
    )
