"""Apps of their own for tests: a fresh database each, no scheduler, no worker unless a test starts one."""

import shutil
from itertools import count
from pathlib import Path
from typing import Any

import psycopg2
from flask import Flask
from flask_migrate import upgrade

from project import create_app
from project.extensions import Model, db
from project.settings import Settings

SECRET = "a secret that only the tests know, and long enough"
WEEK = 7 * 86400
"""Seconds between scheduled ticks: with five minutes, a slot would now and then begin in the middle of a test, and bring a second tick."""
EMPTIED_ANEW = 100
"""Each so many times a database is emptied by TRUNCATE."""
_emptied = count(1)


def settings(database_url: str, **changes: Any) -> Settings:
    """An instance's settings, in development, with the in-process broker and a slot a week unless changed."""
    return Settings(**{"secret_key": SECRET, "database_url": database_url, "schedule_seconds": WEEK, **changes})


def make_app(database_url: str, **changes: Any) -> Flask:
    """An app on a database that is there; `changes` are settings."""
    return create_app(settings(database_url, **changes), testing=True)


def migrate(database_url: str) -> None:
    """Bring a database up to date as `flask db upgrade` does."""
    app = make_app(database_url)
    with app.app_context():
        upgrade()
    close(app)


def close(app: Flask) -> None:
    """Let go of the app's connections, so that its database can be dropped."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def sqlite_copy(template: Path, folder: Path) -> str:
    """The URL of a fresh copy of a migrated SQLite database."""
    path = folder / "callboard.db"
    shutil.copy(template, path)
    return f"sqlite:///{path}"


def empty(postgres_url: str) -> None:
    """Delete every row of a PostgreSQL database, and begin each table's ids anew.

    TRUNCATE would take ten times as long, for it makes each table's and each index's file anew; once in a while it clears away what deleted rows leave behind.
    """
    tables = list(Model.metadata.tables)
    delete = f"TRUNCATE {', '.join(tables)}" if next(_emptied) % EMPTIED_ANEW == 0 else ";".join(f"DELETE FROM {table}" for table in tables)
    connection = psycopg2.connect(postgres_url.replace("+psycopg2", ""))
    try:
        with connection, connection.cursor() as cursor:
            # Whoever still holds a lock is a test that left something running: better said than waited for.
            cursor.execute("SET lock_timeout = '20s'")
            cursor.execute(f"LOCK {', '.join(tables)}")
            # No foreign key needs a look: nothing is left that could point anywhere.
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(delete)
            cursor.execute("SELECT setval(format('%I.%I', schemaname, sequencename), start_value, false) FROM pg_sequences WHERE last_value IS NOT NULL")
    finally:
        connection.close()
