"""Rows that many tests begin with: made once, then put back as they were, which takes a tenth of the time."""

import io
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from time import monotonic
from typing import Any, Protocol, TypeVar, cast

import psycopg2
from flask import Flask

from project.extensions import Model, settings_of
from project.settings import Settings

Made = TypeVar("Made")

HEARD = {"worker_processes": "heartbeat_at", "queue_states": "seen_at"}
"""What the site takes for old after seconds; it stays as old as it was. Every other time is put back as it stands, and so is minutes older in a later test."""


class Rows(Protocol):
    """All rows of a database of one kind."""

    def put(self, url: str, age: int) -> None:
        """Fill an empty database with them, so many seconds after they were made."""


_kept: dict[tuple[str, Settings, Callable[[Flask], object]], tuple[Rows, float, object]] = {}
"""By the kind of database, all other settings, and what made them."""


def made_once(app: Flask, make: Callable[[Flask], Made]) -> Made:
    """What `make` makes in an empty database, and gives back; after the first time its rows are put there as they were."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    rows_of: Callable[[str], Rows] = SqliteRows if url.startswith("sqlite") else PostgresRows
    key = rows_of.__name__, replace(settings_of(app), database_url=""), make
    if key in _kept:
        rows, made_at, made = _kept[key]
        rows.put(url, int(monotonic() - made_at))
        return cast(Made, made)
    with closing(connect(url)) as connection:
        demand_that_it_is_empty(connection.cursor())
    made = make(app)
    _kept[key] = rows_of(url), monotonic(), made
    return made


class SqliteRows:
    """A copy of the whole database."""

    def __init__(self, url: str) -> None:
        self._copy = sqlite3.connect(":memory:")
        with closing(connect(url)) as source:
            source.backup(self._copy)

    def put(self, url: str, age: int) -> None:
        """Make the empty database what the copy is."""
        with closing(connect(url)) as target, target:
            demand_that_it_is_empty(target.cursor())
            self._copy.backup(target)
            for table, column in HEARD.items():
                whole_seconds, rest = f"substr({column}, 1, 19)", f"substr({column}, 20)"
                target.execute(f"UPDATE {table} SET {column} = strftime('%Y-%m-%d %H:%M:%S', {whole_seconds}, ?) || {rest}", [f"{age} seconds"])


class PostgresRows:
    """Each table's rows as COPY writes them, and how far each sequence has come."""

    def __init__(self, url: str) -> None:
        with closing(connect(url)) as connection, connection.cursor() as cursor:
            self._tables = {table: self._copied(cursor, table) for table in Model.metadata.tables}
            cursor.execute("SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences WHERE last_value IS NOT NULL")
            self._sequences = cursor.fetchall()

    def put(self, url: str, age: int) -> None:
        """Copy them into the empty tables; what triggers and foreign keys see to was seen to when they were made."""
        with closing(connect(url)) as connection, connection, connection.cursor() as cursor:
            demand_that_it_is_empty(cursor)
            cursor.execute("SET session_replication_role = replica")
            for table, text in self._tables.items():
                if text:
                    cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO(text))
            for table, column in HEARD.items():
                cursor.execute(f"UPDATE {table} SET {column} = {column} + %s * interval '1 second'", [age])
            cursor.execute(";".join(["SELECT setval(%s, %s)"] * len(self._sequences)), [part for sequence in self._sequences for part in sequence])

    def _copied(self, cursor: Any, table: str) -> str:
        text = io.StringIO()
        cursor.copy_expert(f"COPY (SELECT * FROM {table}) TO STDOUT", text)
        return text.getvalue()


def connect(url: str) -> Any:
    """A connection of either database's driver."""
    return sqlite3.connect(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else psycopg2.connect(url.replace("+psycopg2", ""))


def demand_that_it_is_empty(cursor: Any) -> None:
    """Refuse a database that others have put something into: it would be kept with the rest, or lost."""
    cursor.execute("SELECT " + " OR ".join(f"EXISTS (SELECT 1 FROM {table})" for table in Model.metadata.tables))
    assert not cursor.fetchone()[0], "the database is not empty"
