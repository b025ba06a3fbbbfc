"""What somebody should be told of, and whether the webhook took it."""

import sqlalchemy as sa
from alembic import op

from project.database import BigId, UTCDateTime

revision = "0005"
down_revision = "0004"

ONE_ROW = sa.text("ended_at IS NULL OR kind <> 'no worker'")
UNPOSTED = sa.text("posted_at IS NULL")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "alarms",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("about", sa.String(255), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("began_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime()),
        sa.Column("posted_at", UTCDateTime()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UTCDateTime(), nullable=False),
        sa.Column("lease_token", sa.String(36)),
        sa.PrimaryKeyConstraint("id", name="pk_alarms"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_alarms_kind_about", "alarms", ["kind", "about"], unique=True, postgresql_where=ONE_ROW, sqlite_where=ONE_ROW)
    op.create_index("ix_alarms_unposted", "alarms", ["next_try_at"], postgresql_where=UNPOSTED, sqlite_where=UNPOSTED)


def downgrade() -> None:
    """Drop it."""
    op.drop_table("alarms")
