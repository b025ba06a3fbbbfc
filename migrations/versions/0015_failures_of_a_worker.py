"""An index for the failures of one worker, made while the site runs: on PostgreSQL without a lock that writers would wait for."""

from alembic import op

revision = "0015"
down_revision = "0014"

NAME, TABLE = "ix_message_failures_worker_created_at", "message_failures"


def upgrade() -> None:
    """Add it. What an interrupted migration left of it is dropped first: PostgreSQL keeps it, invalid."""
    if op.get_bind().dialect.name == "sqlite":
        # It has one writer at a time anyway.
        op.create_index(NAME, TABLE, ["worker", "created_at"])
        return
    with op.get_context().autocommit_block():
        op.drop_index(NAME, TABLE, if_exists=True, postgresql_concurrently=True)
        op.create_index(NAME, TABLE, ["worker", "created_at"], postgresql_concurrently=True)


def downgrade() -> None:
    """Take it away."""
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index(NAME, TABLE)
        return
    with op.get_context().autocommit_block():
        op.drop_index(NAME, TABLE, if_exists=True, postgresql_concurrently=True)
