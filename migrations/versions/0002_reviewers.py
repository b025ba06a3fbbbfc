"""Reviewers: users who may see who owns how many tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the right, which nobody has yet; the default serves the rows that are there and old code that inserts."""
    op.add_column("users", sa.Column("can_review_tasks", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Drop the right."""
    op.drop_column("users", "can_review_tasks")
