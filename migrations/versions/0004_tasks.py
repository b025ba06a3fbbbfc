"""Tasks, their results, and how many each user has."""

import sqlalchemy as sa
from alembic import op

from project.database import BigId, UTCDateTime

revision = "0004"
down_revision = "0003"

NO_TICK = sa.text("tick_id IS NULL")
LARGEST = "1.7976931348623157e+308"


def upgrade() -> None:
    """Make the tables, and the counter with 0 for the users that are there, who have no Tasks yet."""
    op.create_table(
        "tasks",
        sa.Column("id", BigId, nullable=False),
        sa.Column("title", sa.String(120)),
        sa.Column("lower_limit", sa.Double(), nullable=False),
        sa.Column("upper_limit", sa.Double(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("lower_limit <= upper_limit", name="ordered"),
        sa.CheckConstraint(f"lower_limit >= -{LARGEST} AND upper_limit <= {LARGEST}", name="finite"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_tasks_created_by"),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tasks_created_by", "tasks", ["created_by"])
    op.create_table(
        "task_results",
        sa.Column("id", BigId, nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("tick_id", sa.BigInteger()),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("task_params", sa.JSON(), nullable=False),
        sa.Column("result", sa.Double(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_task_results"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_task_results_tick_id_task_id", "task_results", ["tick_id", "task_id"], unique=True)
    op.create_index("uq_task_results_message_id", "task_results", ["message_id"], unique=True, postgresql_where=NO_TICK, sqlite_where=NO_TICK)
    op.create_index("ix_task_results_task_id_id", "task_results", ["task_id", "id"])
    op.create_table(
        "deleted_tasks",
        sa.Column("task_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("deleted_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", name="pk_deleted_tasks"),
    )
    op.add_column("users", sa.Column("task_count", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_users_task_count_id", "users", [sa.text("task_count DESC"), "id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_users_task_count_id", "users")
    op.drop_column("users", "task_count")
    op.drop_table("deleted_tasks")
    op.drop_table("task_results")
    op.drop_table("tasks")
