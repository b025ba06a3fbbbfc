"""Indexes for sorting and searching long lists, made while the site runs: on PostgreSQL without a lock that writers would wait for."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

SORTED: dict[str, tuple[str, list[Any]]] = {
    "ix_tasks_title_id": ("tasks", [sa.text("coalesce(title, '')"), "id"]),
    "ix_tasks_lower_limit_id": ("tasks", ["lower_limit", "id"]),
    "ix_tasks_upper_limit_id": ("tasks", ["upper_limit", "id"]),
    "ix_tasks_created_by_id": ("tasks", ["created_by", "id"]),
    "ix_tasks_created_at_id": ("tasks", ["created_at", "id"]),
    "ix_users_most_tasks": ("users", [sa.literal_column("0") - sa.column("task_count", sa.Integer), "id"]),
    "ix_users_created_at_id": ("users", ["created_at", "id"]),
}
PARTS = {"ix_tasks_title_parts": ("tasks", "title"), "ix_users_username_parts": ("users", "username")}
WITHOUT_PARTS = """
The extension pg_trgm can't be made: {reason}.
All works without it, but each search reads all Tasks or users. docs/running.md, "Long lists", says how to add it and its indexes later.
"""


def upgrade() -> None:
    """Add them, and take away those that they replace."""
    with concurrently() as how:
        for name, (table, columns) in SORTED.items():
            renew(name, table, columns, **how)
        renew("ix_users_task_count_id", "users", ["task_count", "id"], **how)
        op.drop_index("ix_tasks_created_by", "tasks", if_exists=True, **how)
        if how and has_trigrams():
            for name, (table, column) in PARTS.items():
                renew(name, table, [column], postgresql_using="gin", postgresql_ops={column: "gin_trgm_ops"}, **how)


def downgrade() -> None:
    """Take them away again; the extension stays, for others may use it by now."""
    with concurrently() as how:
        renew("ix_users_task_count_id", "users", [sa.text("task_count DESC"), "id"], **how)
        renew("ix_tasks_created_by", "tasks", ["created_by"], **how)
        for name, (table, _) in (SORTED | PARTS).items():
            op.drop_index(name, table, if_exists=True, **how)


@contextmanager
def concurrently() -> Iterator[dict[str, Any]]:
    """How an index is made or dropped while others write: on PostgreSQL outside of a transaction; SQLite's has one writer at a time anyway."""
    if op.get_bind().dialect.name == "sqlite":
        yield {}
        return
    with op.get_context().autocommit_block():
        yield {"postgresql_concurrently": True}


def renew(name: str, table: str, columns: list[Any], **how: Any) -> None:
    """Make an index. What an interrupted migration left of it is dropped first: PostgreSQL keeps it, invalid."""
    op.drop_index(name, table, if_exists=True, **{key: value for key, value in how.items() if key == "postgresql_concurrently"})
    op.create_index(name, table, columns, **how)


def has_trigrams() -> bool:
    """Make the extension if it is not there. Since PostgreSQL 13 whoever owns the database may, where its files are installed."""
    try:
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except sa.exc.DBAPIError as fault:
        print(WITHOUT_PARTS.format(reason=str(fault.orig).strip()), file=sys.stderr)
        return False
    return True
