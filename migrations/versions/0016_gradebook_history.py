"""The gradebook's history: why a score was edited, and each change of a comment or of a grade that stands."""

import sqlalchemy as sa
from alembic import op

from project.database import BigId, UTCDateTime

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Nobody gave a reason so far; old code inserts without one, and writes no history of rows."""
    op.add_column("submissions", sa.Column("reason", sa.Text()))
    op.create_table(
        "row_changes",
        sa.Column("id", BigId, nullable=False),
        sa.Column("enrolment_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.Column("author_id", sa.BigInteger()),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name="fk_row_changes_enrolment_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_row_changes_author_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_row_changes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_row_changes_enrolment_id_id", "row_changes", ["enrolment_id", "id"])
    op.create_index("ix_row_changes_author_id", "row_changes", ["author_id"])


def downgrade() -> None:
    """Drop both; what was edited stays."""
    op.drop_table("row_changes")
    op.drop_column("submissions", "reason")
