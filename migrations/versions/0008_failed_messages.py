"""What is needed to look at messages that failed, and to send them again."""

import sqlalchemy as sa
from alembic import op

from project.database import UTCDateTime

revision = "0008"
down_revision = "0007"

TABLE = "message_failures"
IN_LISTS = (("state", "id"), ("state", "actor", "id"), ("state", "queue", "id"), ("created_at",))


def upgrade() -> None:
    """Add the columns, empty for what is there; old code goes on writing without them."""
    with op.batch_alter_table(TABLE, table_kwargs={"sqlite_autoincrement": True}) as table:
        table.add_column(sa.Column("round", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("state", sa.String(20), nullable=False, server_default="failed"))
        table.add_column(sa.Column("enqueued_at", UTCDateTime()))
        table.add_column(sa.Column("worker", sa.String(255)))
        table.add_column(sa.Column("traceback", sa.Text()))
        table.add_column(sa.Column("body", sa.LargeBinary()))
        table.drop_constraint("uq_message_failures_message_id", type_="unique")
    op.create_index("uq_message_failures_message_id_round", TABLE, ["message_id", "round"], unique=True)
    for columns in IN_LISTS:
        op.create_index(f"ix_message_failures_{'_'.join(columns)}", TABLE, list(columns))


def downgrade() -> None:
    """Drop them. Of a message that failed several times, the first is kept."""
    op.execute("DELETE FROM message_failures WHERE round > 0")
    for columns in IN_LISTS:
        op.drop_index(f"ix_message_failures_{'_'.join(columns)}", TABLE)
    op.drop_index("uq_message_failures_message_id_round", TABLE)
    with op.batch_alter_table(TABLE, table_kwargs={"sqlite_autoincrement": True}) as table:
        for column in ("body", "traceback", "worker", "enqueued_at", "state", "round"):
            table.drop_column(column)
        table.create_unique_constraint("uq_message_failures_message_id", ["message_id"])
