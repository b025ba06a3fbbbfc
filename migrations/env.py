"""Runs migrations on the app's database, one process at a time: `flask db upgrade`."""

import fcntl
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from alembic import context
from flask import current_app
from sqlalchemy import Connection, event, text

from project.database import on_sqlite
from project.extensions import Model, db

LOCK = int.from_bytes(b"callboar")
"""The number of PostgreSQL's advisory lock that whoever migrates holds, one a database; nothing else here takes such a lock."""
ASK_SECONDS = 0.5


def prepare_sqlite(connection: Connection) -> None:
    """Let a migration be wholly done or not at all, and keep tables that refer to a rebuilt one.

    Python's driver begins no transaction before DDL, so an interrupted migration would leave half of itself behind;
    and with foreign keys on, dropping the old copy of a table that is built anew would empty those that refer to it.
    """
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.isolation_level = None
    driver.execute("PRAGMA foreign_keys = OFF").close()
    event.listen(connection, "begin", lambda begun: begun.exec_driver_sql("BEGIN IMMEDIATE"))


def wait_for(lock: Callable[[], bool]) -> None:
    """Return once `lock`, which says whether it took its lock, has taken it.

    It asks again and again: who waits inside pg_advisory_lock() holds a snapshot, for whose end a CREATE INDEX CONCURRENTLY of the
    migrating process would wait in turn.
    """
    if lock():
        return
    print("another process migrates; waiting", file=sys.stderr, flush=True)
    while not lock():
        time.sleep(ASK_SECONDS)


def lock_postgresql(connection: Connection) -> bool:
    """Try to take the lock until the connection ends, and leave no transaction open.

    A lock of the session is lost silently where a pool hands the session on. This connection is in no pool, and closes with
    the migrations or with their process, however it ends.
    """
    with connection.begin():
        return bool(connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}))


def lock_folder(folder: int) -> bool:
    """Try to take the lock on an open folder until it is closed."""
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def only_one_on_sqlite() -> Iterator[None]:
    """Lock the database's folder; its own locks end with each transaction, between which another process would migrate too."""
    file = db.engine.url.database
    if not file or file == ":memory:":
        yield
        return
    folder = os.open(os.path.dirname(file) or ".", os.O_RDONLY)
    try:
        wait_for(partial(lock_folder, folder))
        yield
    finally:
        os.close(folder)


@contextmanager
def connected_alone() -> Iterator[Connection]:
    """A connection for the migrations, while no other process migrates the same database."""
    if on_sqlite():
        # Before it connects: of two processes that give a new file its write-ahead log at once, one may find it locked and fail.
        with only_one_on_sqlite(), db.engine.connect() as connection:
            prepare_sqlite(connection)
            # It is unlike the pool's others now, and so must not go back there.
            connection.detach()
            yield connection
    else:
        with db.engine.connect() as connection:
            try:
                wait_for(partial(lock_postgresql, connection))
                yield connection
            finally:
                # The lock would go back to the pool with it. Not detached: then it could not leave its transactions, as a CREATE INDEX CONCURRENTLY must.
                connection.invalidate()


with current_app.app_context(), connected_alone() as connection:
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        compare_server_default=True,
        transaction_per_migration=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
