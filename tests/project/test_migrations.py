"""Migrations: they lead up, down and up again, end where the models are, and keep what a table already holds."""

import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Boolean, column, inspect, select, table, text
from sqlalchemy.exc import IntegrityError

from accounts.models import User
from project.database import UTCDateTime
from project.extensions import Model, db
from tests.apps import close, make_app

SCHEMA = {
    "postgresql": (
        "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default"
        " FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    ),
    "sqlite": (
        "SELECT t.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'",
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "SELECT name, sql LIKE '%AUTOINCREMENT%' FROM sqlite_master WHERE type = 'table'",
        'SELECT t.name, k."table", k."from", k."to", k.on_delete FROM sqlite_master t, pragma_foreign_key_list(t.name) k WHERE t.type = \'table\'',
    ),
}
"""What tells one schema from another; Alembic's comparison leaves out checks, the WHERE of an index, and on SQLite the indexes of expressions."""

OLD_USERS = table(
    "users", column("username"), column("password_hash"), column("is_active", Boolean), column("is_superuser", Boolean), column("created_at", UTCDateTime)
)
"""The table as the first migration made it, and as code of that age writes it."""


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An app on an empty database, its context entered."""
    app = make_app(f"sqlite:///{tmp_path}/empty.db" if request.param == "sqlite" else request.getfixturevalue("postgres").create_database())
    with app.app_context():
        yield app
    close(app)


def insert_like_old_code(*usernames: str) -> None:
    """Insert users without the columns that came later."""
    for username in usernames:
        row: dict[str, Any] = {
            "username": username,
            "password_hash": "-",
            "is_active": True,
            "is_superuser": username == "ada",
            "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        }
        db.session.execute(OLD_USERS.insert().values(row))
    db.session.commit()


def tables() -> set[str]:
    """The names of the database's tables."""
    db.session.rollback()
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def is_for(item: Any, kind: str, dialect: str) -> bool:
    """Whether that database has what the models say there is; Alembic knows nothing of Index.ddl_if()."""
    return not (kind == "index" and dialect == "sqlite" and item.dialect_options["postgresql"]["using"] == "gin")


def differences() -> list[Any]:
    """What a new migration would have to do to make the database equal to the models, as far as Alembic sees."""
    with db.engine.connect() as connection, warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*expression-based index")
        options = {"compare_server_default": True, "include_object": lambda item, _name, kind, *_: is_for(item, kind, connection.dialect.name)}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), Model.metadata))


def schema() -> set[tuple[Any, ...]]:
    """Every column, index and constraint of the database, in its own words."""
    rows = {tuple(row) for query in SCHEMA[db.engine.dialect.name] for row in db.session.execute(text(query))}
    checks = {(name, check["name"], check["sqltext"]) for name in tables() for check in inspect(db.engine).get_check_constraints(name)}
    return {row for row in rows | checks if not any("alembic_version" in str(value) for value in row)}


def test_migrations_lead_to_the_models(app: Flask) -> None:
    upgrade()

    assert differences() == []


def test_migrations_make_what_the_models_would_make(app: Flask) -> None:
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("CREATE EXTENSION pg_trgm"))
        db.session.commit()
    db.create_all()
    made_of_models = schema()
    db.drop_all()

    upgrade()

    assert schema() == made_of_models


def test_migrations_lead_down_to_an_empty_database(app: Flask) -> None:
    upgrade()

    downgrade(revision="base")

    assert tables() == set()


def test_migrations_lead_up_again_to_the_models(app: Flask) -> None:
    upgrade()
    downgrade(revision="base")

    upgrade()

    assert differences() == []


def test_upgrading_what_is_up_to_date_changes_nothing(app: Flask) -> None:
    upgrade()
    insert_like_old_code("ada")

    upgrade()

    assert db.session.scalars(select(User.username)).all() == ["ada"]


def test_the_right_to_review_comes_to_a_table_that_holds_users_and_nobody_has_it(app: Flask) -> None:
    upgrade(revision="0001")
    insert_like_old_code("ada", "grace")

    upgrade(revision="0002")

    users = db.session.execute(select(User.username, User.is_superuser, User.can_review_tasks).order_by(User.id)).all()
    assert users == [("ada", True, False), ("grace", False, False)]


def test_users_who_were_there_before_there_were_tasks_have_none(app: Flask) -> None:
    upgrade(revision="0001")
    insert_like_old_code("ada")

    upgrade()

    assert db.session.execute(select(User.username, User.task_count)).all() == [("ada", 0)]


def test_code_that_knows_only_the_first_columns_can_still_write(app: Flask) -> None:
    upgrade()

    insert_like_old_code("ada")

    assert db.session.execute(select(User.can_review_tasks, User.task_count)).all() == [(False, 0)]


@pytest.mark.parametrize("revision", ["0001", "0002", "0003"])
def test_going_down_keeps_the_users(app: Flask, revision: str) -> None:
    upgrade()
    insert_like_old_code("ada", "grace")

    downgrade(revision=revision)

    assert set(db.session.scalars(select(User.username))) == {"ada", "grace"}


def test_the_database_holds_a_username_once_in_upper_and_lower_case(app: Flask) -> None:
    upgrade()
    insert_like_old_code("ada")

    with pytest.raises(IntegrityError):
        insert_like_old_code("ADA")

    db.session.rollback()


def test_the_number_of_a_user_who_is_gone_is_not_given_again(app: Flask) -> None:
    upgrade()
    insert_like_old_code("ada", "grace")
    gone = db.session.scalars(select(User).where(User.username == "grace")).one()
    db.session.delete(gone)
    db.session.commit()

    insert_like_old_code("edsger")

    assert db.session.scalars(select(User.id).where(User.username == "edsger")).one() > gone.id
