"""The audit."""

import sqlalchemy as sa
from alembic import op

from project.database import BigId, UTCDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table of events."""
    op.create_table(
        "audit_events",
        sa.Column("id", BigId, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("actor_id", sa.BigInteger()),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("object_type", sa.String(32)),
        sa.Column("object_id", sa.BigInteger()),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("address", sa.String(45)),
        sa.Column("request_id", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_audit_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_events_at", "audit_events", ["at"])
    op.create_index("ix_audit_events_actor_id_id", "audit_events", ["actor_id", "id"])
    op.create_index("ix_audit_events_action_id", "audit_events", ["action", "id"], postgresql_ops={"action": "varchar_pattern_ops"})
    op.create_index("ix_audit_events_object_type_object_id_id", "audit_events", ["object_type", "object_id", "id"])
    op.create_index("ix_audit_events_address_id", "audit_events", ["address", "id"])
    op.create_index("ix_audit_events_request_id", "audit_events", ["request_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("audit_events")
