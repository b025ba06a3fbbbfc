"""What the administration of courses needs: what waits to take effect, configs that are looked at, batches that fail, and who vouches for people."""

import sqlalchemy as sa
from alembic import op

from project.database import UTCDateTime

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Old code goes on without them."""
    op.add_column("courses", sa.Column("identity_provider", sa.String(16), nullable=False, server_default="gitlab"))
    op.add_column("courses", sa.Column("pending_config", sa.Text()))
    op.add_column("courses", sa.Column("pending_settings", sa.JSON()))
    op.add_column("report_batches", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("report_batches", sa.Column("reason", sa.Text()))
    op.create_table(
        "config_drafts",
        sa.Column("course_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("based_on", sa.String(64)),
        sa.Column("changes", sa.JSON()),
        sa.Column("moved", sa.JSON()),
        sa.Column("made_by", sa.BigInteger()),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_config_drafts_course_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name="fk_config_drafts_made_by", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("course_id", name="pk_config_drafts"),
    )
    op.create_index("ix_config_drafts_made_by", "config_drafts", ["made_by"])


def downgrade() -> None:
    """Drop them; a config that waits is to be loaded again."""
    op.drop_table("config_drafts")
    op.drop_column("report_batches", "reason")
    op.drop_column("report_batches", "tries")
    for name in ("pending_settings", "pending_config", "identity_provider"):
        op.drop_column("courses", name)
