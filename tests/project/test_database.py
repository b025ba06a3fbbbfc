"""The database: instants are aware and in UTC, one INSERT serves both kinds, and trouble is told from fault."""

from datetime import UTC, datetime, timedelta, timezone

import psycopg2
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import null, select, text, type_coerce
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError, ProgrammingError, SQLAlchemyError, StatementError, TimeoutError

from accounts.models import User
from project.database import UTCDateTime, insert, is_trouble, now, seconds_from_now, utc_now
from project.extensions import db
from tests.apps import close, make_app
from tests.factories import make_user

NEW_YEAR_IN_TOKYO = datetime(2026, 1, 1, 8, 30, tzinfo=timezone(timedelta(hours=9)))


def values_of(name: str) -> dict[str, object]:
    """A user's row."""
    return {"username": name, "password_hash": "-", "is_active": True, "is_superuser": False, "created_at": utc_now()}


def test_a_naive_datetime_is_refused(context: Flask) -> None:
    with pytest.raises(StatementError, match="has no time zone"):
        make_user(created_at=datetime(2026, 1, 1))  # noqa: DTZ001  # naive on purpose

    db.session.rollback()


@given(st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29), timezones=st.timezones()))  # noqa: DTZ001  # hypothesis wants naive bounds
def test_an_instant_goes_to_the_database_in_utc_and_stays_the_same_instant(instant: datetime) -> None:
    bound = UTCDateTime().process_bind_param(instant, SQLiteDialect())

    assert bound is not None
    assert bound.tzinfo is UTC
    assert bound == instant.astimezone(UTC)


def test_an_instant_comes_back_aware_and_in_utc(context: Flask) -> None:
    user_id = make_user(created_at=NEW_YEAR_IN_TOKYO).id
    db.session.expunge_all()

    read = db.session.scalars(select(User.created_at).where(User.id == user_id)).one()

    assert read == NEW_YEAR_IN_TOKYO
    assert read.tzinfo is UTC


def test_an_instant_read_from_a_session_in_another_zone_is_in_utc(postgres_url: str) -> None:
    app = make_app(postgres_url)
    with app.app_context():
        user_id = make_user(created_at=NEW_YEAR_IN_TOKYO).id
        db.session.execute(text("SET TIME ZONE 'Asia/Tokyo'"))

        read = db.session.scalars(select(User.created_at).where(User.id == user_id)).one()

    close(app)
    assert read == NEW_YEAR_IN_TOKYO
    assert read.tzinfo is UTC


def test_no_instant_is_none_both_ways(context: Flask) -> None:
    read = db.session.scalar(select(type_coerce(null(), UTCDateTime())))

    assert read is None
    assert UTCDateTime().process_bind_param(None, db.engine.dialect) is None


def test_the_databases_clock_is_aware_in_utc_and_agrees_with_ours(context: Flask) -> None:
    read = db.session.execute(select(now())).scalar_one()

    assert read.tzinfo is UTC
    assert abs(read - utc_now()) < timedelta(minutes=1)


@pytest.mark.parametrize("seconds", [-90.5, 0.0, 3600.0])
def test_an_instant_ahead_is_reckoned_on_the_databases_clock(context: Flask, seconds: float) -> None:
    # One statement: on PostgreSQL both are the same reading of the clock, on SQLite two of this process's.
    ahead, at = db.session.execute(select(seconds_from_now(seconds), now())).one()

    assert abs((ahead - at).total_seconds() - seconds) < 1


def test_instants_are_compared_by_the_database(context: Flask) -> None:
    hour_old, hour_ahead = make_user(created_at=utc_now() - timedelta(hours=1)).id, make_user(created_at=utc_now() + timedelta(hours=1)).id

    past = db.session.scalars(select(User.id).where(User.created_at < now())).all()

    assert hour_old in past
    assert hour_ahead not in past


def test_an_insert_skips_what_is_there_already(context: Flask) -> None:
    make_user("ada", is_superuser=True)

    for name in ("ADA", "grace"):
        db.session.execute(insert(User).values(values_of(name)).on_conflict_do_nothing())
    db.session.commit()

    assert db.session.execute(select(User.username, User.is_superuser).order_by(User.id)).all() == [("ada", True), ("grace", False)]


def test_an_insert_that_skips_fails_no_transaction(context: Flask) -> None:
    make_user("ada")
    db.session.add(User(username="grace", password_hash="-"))

    db.session.execute(insert(User).values(values_of("ada")).on_conflict_do_nothing())
    db.session.commit()

    assert set(db.session.scalars(select(User.username))) == {"ada", "grace"}


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        (OperationalError("SELECT 1", {}, psycopg2.OperationalError("server closed the connection")), True),
        (OperationalError("SELECT 1", {}, Exception("database is locked")), True),
        (InterfaceError("SELECT 1", {}, psycopg2.InterfaceError("connection already closed")), True),
        (ProgrammingError("SELECT 1", {}, psycopg2.ProgrammingError("can't adapt type 'dict'")), False),
        (TimeoutError("QueuePool limit reached"), True),
        (IntegrityError("INSERT", {}, psycopg2.IntegrityError("duplicate key")), False),
        (DataError("INSERT", {}, psycopg2.DataError("out of range")), False),
        (StatementError("INSERT", "INSERT", {}, ValueError("no time zone")), False),
        (SQLAlchemyError("anything"), False),
        (ValueError("anything"), False),
        (OSError("connection refused"), False),
    ],
    ids=lambda value: f"{type(value).__name__}-{value}" if isinstance(value, Exception) else str(value),
)
def test_trouble_of_the_database_is_told_from_a_fault_of_what_was_written(fault: Exception, trouble: bool) -> None:
    assert is_trouble(fault) is trouble


def test_a_table_that_is_not_there_yet_is_trouble(tmp_path: object) -> None:
    app = make_app(f"sqlite:///{tmp_path}/empty.db")

    with app.app_context(), pytest.raises(SQLAlchemyError) as fault:
        db.session.scalar(select(User.id))

    close(app)
    assert is_trouble(fault.value)


def test_a_duplicate_is_no_trouble(context: Flask) -> None:
    make_user("ada")

    with pytest.raises(SQLAlchemyError) as fault:
        make_user("Ada")

    db.session.rollback()
    assert not is_trouble(fault.value)


def test_sqlite_writes_ahead_and_holds_foreign_keys(sqlite_url: str) -> None:
    app = make_app(sqlite_url)

    with app.app_context():
        pragmas = [db.session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "foreign_keys")]

    close(app)
    assert pragmas == ["wal", 1]


def test_a_table_that_is_not_there_yet_is_trouble_and_no_fault(context: Flask) -> None:
    with pytest.raises(SQLAlchemyError) as caught:
        db.session.execute(text("SELECT 1 FROM a_table_of_the_next_migration"))

    assert is_trouble(caught.value)


def test_the_error_of_a_statement_tells_none_of_its_parameters(context: Flask) -> None:
    password_hash = make_user("ada").password_hash

    with pytest.raises(IntegrityError) as caught:
        make_user("Ada")

    assert password_hash not in str(caught.value)
