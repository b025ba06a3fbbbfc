"""Runs migrations on the app's database: `flask db upgrade`."""

import sqlite3

from alembic import context
from flask import current_app
from sqlalchemy import Connection, event

from project.extensions import Model, db


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


with current_app.app_context(), db.engine.connect() as connection:
    if connection.dialect.name == "sqlite":
        prepare_sqlite(connection)
    # It is unlike the pool's others now, and so must not go back there.
    connection.detach()
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        compare_server_default=True,
        transaction_per_migration=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
