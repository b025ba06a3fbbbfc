"""The queues as they were seen last, and how many messages waited in them at the end of each minute."""

import sqlalchemy as sa
from alembic import op

from project.database import UTCDateTime

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "queue_states",
        sa.Column("queue", sa.String(255), nullable=False),
        sa.Column("ready", sa.BigInteger(), nullable=False),
        sa.Column("delayed", sa.BigInteger(), nullable=False),
        sa.Column("dead", sa.BigInteger(), nullable=False),
        sa.Column("consumers", sa.Integer(), nullable=False),
        sa.Column("unacknowledged", sa.BigInteger()),
        sa.Column("oldest_at", UTCDateTime()),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.Column("fault", sa.Text()),
        sa.PrimaryKeyConstraint("queue", name="pk_queue_states"),
    )
    op.create_table(
        "queue_minutes",
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("queue", sa.String(255), nullable=False),
        sa.Column("ready", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("at", "queue", name="pk_queue_minutes"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("queue_minutes")
    op.drop_table("queue_states")
