"""Sessions, failed logins, one-time links, second factors, identities elsewhere and API tokens."""

import sqlalchemy as sa
from alembic import op

from project.database import BigId, UTCDateTime

revision = "0007"
down_revision = "0006"


def user_of(table: str, *, column: str = "user_id", ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    """The foreign key by which a row belongs to a user."""
    return sa.ForeignKeyConstraint([column], ["users.id"], name=f"fk_{table}_{column}", ondelete=ondelete)


def upgrade() -> None:
    """Make the tables; no table that is there is touched."""
    op.create_table(
        "login_sessions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("remember", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("last_seen_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime()),
        sa.Column("address", sa.String(45)),
        sa.Column("device", sa.String(255), nullable=False),
        sa.Column("device_hash", sa.String(64), nullable=False),
        user_of("login_sessions"),
        sa.PrimaryKeyConstraint("id", name="pk_login_sessions"),
        sa.UniqueConstraint("token_hash", name="uq_login_sessions_token_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_login_sessions_user_id_device_hash", "login_sessions", ["user_id", "device_hash"])
    op.create_index("ix_login_sessions_last_seen_at", "login_sessions", ["last_seen_at"])
    op.create_table(
        "failed_logins",
        sa.Column("subject", sa.String(320), nullable=False),
        sa.Column("failures", sa.Double(), nullable=False),
        sa.Column("last_at", UTCDateTime(), nullable=False),
        sa.Column("blocked_until", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_failed_logins"),
    )
    op.create_index("ix_failed_logins_last_at", "failed_logins", ["last_at"])
    op.create_table(
        "one_time_links",
        sa.Column("id", BigId, nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("user_id", sa.BigInteger()),
        sa.Column("made_by", sa.BigInteger()),
        sa.Column("note", sa.String(120), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime()),
        user_of("one_time_links"),
        user_of("one_time_links", column="made_by", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_one_time_links"),
        sa.UniqueConstraint("token_hash", name="uq_one_time_links_token_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_one_time_links_user_id", "one_time_links", ["user_id"])
    op.create_index("ix_one_time_links_made_by", "one_time_links", ["made_by"])
    op.create_table(
        "authenticators",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("confirmed_at", UTCDateTime()),
        sa.Column("last_step", sa.BigInteger()),
        user_of("authenticators"),
        sa.PrimaryKeyConstraint("user_id", name="pk_authenticators"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("used_at", UTCDateTime()),
        user_of("recovery_codes"),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_codes"),
        sa.UniqueConstraint("code_hash", name="uq_recovery_codes_code_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"])
    op.create_table(
        "identities",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("last_used_at", UTCDateTime()),
        user_of("identities"),
        sa.PrimaryKeyConstraint("id", name="pk_identities"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_identities_user_id", "identities", ["user_id"])
    op.create_index("uq_identities_issuer_subject", "identities", ["issuer", "subject"], unique=True)
    op.create_table(
        "api_tokens",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("last_used_at", UTCDateTime()),
        user_of("api_tokens"),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_api_tokens_token_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_api_tokens_user_id", "api_tokens", ["user_id"])


def downgrade() -> None:
    """Drop them: everybody has to log in again, with the password."""
    for name in ("api_tokens", "identities", "recovery_codes", "authenticators", "one_time_links", "failed_logins", "login_sessions"):
        op.drop_table(name)
