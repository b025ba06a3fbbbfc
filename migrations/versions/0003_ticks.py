"""The ledger of ticks, and the messages that failed for good."""

import sqlalchemy as sa
from alembic import op

from project.database import BigId, UTCDateTime

revision = "0003"
down_revision = "0002"

IS_OPEN = sa.text("state IN ('publishing', 'drawing')")
HAS_TICK = sa.text("tick_id IS NOT NULL")


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "ticks",
        sa.Column("id", BigId, nullable=False),
        sa.Column("schedule", sa.String(100), nullable=False),
        sa.Column("launches", sa.String(100), nullable=False),
        sa.Column("slot", UTCDateTime(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime()),
        sa.Column("lease_token", sa.String(36)),
        sa.Column("lease_until", UTCDateTime(), nullable=False),
        sa.Column("last_key", sa.BigInteger(), nullable=False),
        sa.Column("published_key", sa.BigInteger(), nullable=False),
        sa.Column("verified_key", sa.BigInteger(), nullable=False),
        sa.Column("published", sa.Integer(), nullable=False),
        sa.Column("verified", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("progress_at", UTCDateTime(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("outcomes", sa.BigInteger()),
        sa.Column("silent_rounds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ticks"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_ticks_schedule_slot", "ticks", ["schedule", "slot"], unique=True)
    op.create_index("ix_ticks_open", "ticks", ["id"], postgresql_where=IS_OPEN, sqlite_where=IS_OPEN)
    op.create_table(
        "message_failures",
        sa.Column("id", BigId, nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("queue", sa.String(255), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("tick_id", sa.BigInteger()),
        sa.Column("key", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_message_failures"),
        sa.UniqueConstraint("message_id", name="uq_message_failures_message_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_message_failures_tick_id_key", "message_failures", ["tick_id", "key"], postgresql_where=HAS_TICK, sqlite_where=HAS_TICK)


def downgrade() -> None:
    """Drop both."""
    op.drop_table("message_failures")
    op.drop_table("ticks")
