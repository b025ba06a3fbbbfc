"""What differs between PostgreSQL and SQLite, in one place: types, the clock, inserts that skip what is there, JSON."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    FromClause,
    Integer,
    Interval,
    TableClause,
    Text,
    cast,
    column,
    event,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.expression import SQLColumnExpression
from sqlalchemy.types import TypeDecorator, TypeEngine

from project.extensions import Model, db, settings_of

BigId = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key; SQLite counts up only what it calls INTEGER, which has 64 bits too."""

PASSING = ("42P01", "42703", "42501", "25006")
"""Codes of PostgreSQL that pass though they look like faults: no such table or column yet, for the migration is late; no right
to it yet; and a server that only reads until it is promoted."""
CONNECT_SECONDS = 5
BUSY_SECONDS = 15


class UTCDateTime(TypeDecorator[datetime]):
    """An instant, always aware and in UTC; a naive datetime is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What its values are."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant in UTC, for the database."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant in UTC; SQLite gives it back without its zone."""
        if value is not None and value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value and value.astimezone(UTC)


def utc_now() -> datetime:
    """This process's clock, in UTC."""
    return datetime.now(UTC)


def on_sqlite() -> bool:
    """Whether the current app's database is SQLite."""
    return db.engine.dialect.name == "sqlite"


def now() -> ColumnElement[datetime]:
    """The database's clock at the start of the statement; for SQLite, which runs in the process, the process's."""
    if on_sqlite():
        return literal(utc_now(), UTCDateTime())
    return func.statement_timestamp(type_=UTCDateTime())


def seconds_from_now(seconds: float) -> ColumnElement[datetime]:
    """An instant `seconds` ahead on the database's clock (behind, if negative)."""
    if on_sqlite():
        return literal(utc_now() + timedelta(seconds=seconds), UTCDateTime())
    return func.statement_timestamp(type_=UTCDateTime()) + literal(timedelta(seconds=seconds), Interval())


def insert(model: type[Model] | TableClause) -> postgresql.Insert | sqlite.Insert:
    """An INSERT into the model's table, or a table, that knows ON CONFLICT, in the current app's dialect."""
    return sqlite.insert(model) if on_sqlite() else postgresql.insert(model)


def json_object(key: SQLColumnExpression[str], value: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """Of a group of rows one JSON object, as text."""
    return func.json_group_object(key, value, type_=Text()) if on_sqlite() else cast(func.json_object_agg(key, value), Text)


def rows_as_table(types: Mapping[str, TypeEngine[Any]], rows: Sequence[Mapping[str, Any]]) -> FromClause:
    """Rows, of what JSON can hold, as a table of a statement.

    In one parameter: thousands of them take a statement longer to be put together than to be done, and executemany sends each row by itself.
    """
    data = json.dumps(rows)
    if on_sqlite():
        each = func.json_each(literal(data, Text())).table_valued("value")
        return select(*(cast(func.json_extract(each.c.value, f"$.{name}"), kind).label(name) for name, kind in types.items())).subquery()
    table = func.json_to_recordset(cast(literal(data, Text()), JSON)).table_valued(*(column(name, kind) for name, kind in types.items()), name="new")
    return table.render_derived(with_types=True)


def is_trouble(error: BaseException) -> bool:
    """Whether `error` is the database's trouble, which passes, and not the fault of what was asked of it."""
    if isinstance(error, TimeoutError | OperationalError | InterfaceError):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "pgcode", None) in PASSING


def engine_options(url: str) -> dict[str, Any]:
    """What SQLAlchemy's engine for `url` needs beyond the URL."""
    # Parameters of a statement may be secrets, and its error goes to the log.
    options: dict[str, Any] = {"hide_parameters": True}
    if url.startswith("sqlite"):
        return options | {"connect_args": {"timeout": BUSY_SECONDS}}
    # pre_ping: a connection that died with a restarted server is replaced before a request meets it.
    connecting = {"connect_timeout": CONNECT_SECONDS, "application_name": "callboard"}
    return options | {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20, "connect_args": connecting}


def register(app: Flask) -> None:
    """Bind the database to the app; SQLite gets its write-ahead log and its foreign keys."""
    url = settings_of(app).database_url
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url)
    db.init_app(app)
    with app.app_context():
        if on_sqlite():
            event.listen(db.engine, "connect", _prepare_sqlite)


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # WAL: readers do not wait for the writer. NORMAL: safe with WAL, and one fsync less a commit.
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()
    # Its own functions print at most 17 digits, and the last one not always right.
    connection.create_function("float_repr", 1, repr, deterministic=True)
