"""Runs migrations on the app's database: `flask db upgrade`."""

from alembic import context
from flask import current_app

from project.extensions import Model, db

with current_app.app_context(), db.engine.connect() as connection:
    if connection.dialect.name == "sqlite":
        # A table that a migration builds anew is dropped in between; with foreign keys on, that would empty the tables that refer to it.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    context.configure(connection=connection, target_metadata=Model.metadata, compare_server_default=True, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
