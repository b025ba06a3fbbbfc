"""What people change about schedules: another interval, and pauses."""

import sqlalchemy as sa
from alembic import op

from project.database import UTCDateTime

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "schedule_changes",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("interval", sa.Integer()),
        sa.Column("paused_at", UTCDateTime()),
        sa.PrimaryKeyConstraint("name", name="pk_schedule_changes"),
    )


def downgrade() -> None:
    """Drop it: each schedule has its own interval again, and none is paused."""
    op.drop_table("schedule_changes")
