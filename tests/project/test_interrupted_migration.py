"""A migration that fails half way leaves nothing of itself behind, and works once its obstacle is gone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.runtime.migration import MigrationContext
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from project.extensions import db
from tests.apps import close, make_app


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An app on a database before there were Tasks, its context entered."""
    app = make_app(f"sqlite:///{tmp_path}/empty.db" if request.param == "sqlite" else request.getfixturevalue("postgres").create_database())
    with app.app_context():
        upgrade(revision="0003")
        yield app
    close(app)


def execute(statement: str) -> None:
    """Change the database behind the migrations' back."""
    db.session.execute(text(statement))
    db.session.commit()


def tables() -> set[str]:
    """The names of the database's tables."""
    db.session.rollback()
    return set(inspect(db.engine).get_table_names())


def revision() -> str | None:
    """Which migration the database says was the last."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@pytest.fixture
def obstacle(app: Flask) -> None:
    """The third of the tables that the migration of the Tasks makes is there already."""
    execute("CREATE TABLE deleted_tasks (task_id INTEGER)")


def test_a_migration_that_fails_half_way_leaves_nothing_of_itself(app: Flask, obstacle: None) -> None:
    before = tables()

    with pytest.raises(DBAPIError, match="deleted_tasks"):
        upgrade(revision="0004")

    assert tables() == before
    assert revision() == "0003"


def test_a_migration_that_failed_works_once_its_obstacle_is_gone(app: Flask, obstacle: None) -> None:
    with pytest.raises(DBAPIError):
        upgrade(revision="0004")
    execute("DROP TABLE deleted_tasks")

    upgrade(revision="0004")

    assert {"tasks", "task_results", "deleted_tasks"} <= tables()
    assert revision() == "0004"


def test_what_was_migrated_before_the_failure_stays(app: Flask, obstacle: None) -> None:
    execute("INSERT INTO users (username, password_hash, is_active, is_superuser, created_at) VALUES ('ada', '-', true, true, '2026-01-01')")

    with pytest.raises(DBAPIError):
        upgrade()

    assert db.session.execute(text("SELECT username, can_review_tasks FROM users")).all() == [("ada", False)]
