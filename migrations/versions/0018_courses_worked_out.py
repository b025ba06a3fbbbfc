"""When the scores of a course were worked out last, so that a group that begins is seen."""

import sqlalchemy as sa
from alembic import op

from project.database import UTCDateTime

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Old code goes on without it."""
    op.add_column("courses", sa.Column("worked_out_at", UTCDateTime()))


def downgrade() -> None:
    """Drop it; a group that has begun is seen with the next report or config."""
    op.drop_column("courses", "worked_out_at")
