"""Three more kinds of alarms last, and so may come again."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

NAME = "uq_alarms_kind_about"
BEFORE = sa.text("ended_at IS NULL OR kind <> 'no worker'")
AFTER = sa.text("ended_at IS NULL OR kind IN ('abandoned tick', 'skipped slot')")
NEW = "('failed messages', 'growing queue', 'old tick')"


def upgrade() -> None:
    """What old code writes is unique under either."""
    op.drop_index(NAME, "alarms")
    op.create_index(NAME, "alarms", ["kind", "about"], unique=True, postgresql_where=AFTER, sqlite_where=AFTER)


def downgrade() -> None:
    """The older release knows none of the three."""
    op.execute(f"DELETE FROM alarms WHERE kind IN {NEW}")  # nosec B608  # a constant of ours
    op.drop_index(NAME, "alarms")
    op.create_index(NAME, "alarms", ["kind", "about"], unique=True, postgresql_where=BEFORE, sqlite_where=BEFORE)
