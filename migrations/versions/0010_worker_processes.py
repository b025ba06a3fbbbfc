"""The processes that work messages, and how many messages became what."""

import sqlalchemy as sa
from alembic import op

from project.database import BigId, UTCDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "worker_processes",
        sa.Column("id", BigId, nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("command_pid", sa.Integer()),
        sa.Column("version", sa.String(50), nullable=False),
        sa.Column("queues", sa.JSON(), nullable=False),
        sa.Column("threads", sa.Integer(), nullable=False),
        sa.Column("prefetch", sa.Integer(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("heartbeat_at", UTCDateTime(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("wanted", sa.String(20), nullable=False),
        sa.Column("processed", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("retried", sa.BigInteger(), nullable=False),
        sa.Column("in_progress", sa.Integer(), nullable=False),
        sa.Column("at_work", sa.JSON(), nullable=False),
        sa.Column("cpu", sa.Double(), nullable=False),
        sa.Column("memory", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_worker_processes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_worker_processes_heartbeat_at", "worker_processes", ["heartbeat_at"])
    op.create_table(
        "work_counts",
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("queue", sa.String(255), nullable=False),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("at", "queue", "actor", "outcome", "bucket", name="pk_work_counts"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("work_counts")
    op.drop_table("worker_processes")
