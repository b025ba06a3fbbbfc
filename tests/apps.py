"""Apps of their own for tests: a fresh database each, no scheduler, no worker unless a test starts one."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg2
from flask import Flask
from flask_migrate import upgrade

from project import create_app
from project.extensions import Model, db, settings_of
from project.settings import Settings
from workers import Workers
from workers.broker import InProcessBroker

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


class KeptApps:
    """One app for each database and settings, for one test after another: making one takes longer than most tests do. What a test changed is thrown away."""

    def __init__(self) -> None:
        self._apps: dict[Settings, tuple[Flask, object]] = {}

    @contextmanager
    def lent(self, database_url: str, **changes: Any) -> Iterator[Flask]:
        """An app that looks new, on the database; `changes` are settings. Forms need no CSRF token. It is kept if it is as it was afterwards."""
        wanted = settings(database_url, **changes)
        if wanted not in self._apps:
            app = make_app(database_url, **changes)
            app.config["WTF_CSRF_ENABLED"] = False
            self._apps[wanted] = app, state(app)
        app, was = self._apps[wanted]
        try:
            yield app
        finally:
            with app.app_context():
                db.session.remove()
            if state(app) != was:
                close(self._apps.pop(wanted)[0])

    def close(self) -> None:
        """Let go of all of them."""
        for app, _state in self._apps.values():
            close(app)
        self._apps.clear()


def state(app: Flask) -> object:
    """What a test may change in an app."""
    workers: Workers = app.extensions["workers"]
    assert isinstance(workers.broker, InProcessBroker)
    return (
        dict(app.config),
        len(list(app.url_map.iter_rules())),
        settings_of(app),
        {name: repr(extension) if isinstance(extension, dict | list) else id(extension) for name, extension in app.extensions.items()},
        set(workers.broker.actors),
        [schedule.name for schedule in workers.schedules.all()],
        workers.stopping.is_set(),
        workers.broker.worked,
        {name: queue.unfinished_tasks for name, queue in workers.broker.queues.items()},
    )


def sqlite_copy(template: Path, folder: Path) -> str:
    """The URL of a fresh copy of a migrated SQLite database."""
    path = folder / "callboard.db"
    shutil.copy(template, path)
    return f"sqlite:///{path}"


def restore(template: Path, url: str) -> None:
    """Make a SQLite database what the template is, whatever became of it."""
    with closing(sqlite3.connect(template)) as source, closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as target:
        source.backup(target)


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
