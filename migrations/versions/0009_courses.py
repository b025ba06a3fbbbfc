"""Courses: their groups, assignments, people, submissions, scores, extensions, tokens and batches of reports."""

import sqlalchemy as sa
from alembic import op

from project.database import BigId, UTCDateTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables; no table that is there is touched."""
    op.create_table(
        "courses",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("deadline_kind", sa.String(16), nullable=False),
        sa.Column("task_url_template", sa.Text(), nullable=False),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("max_submissions", sa.Integer()),
        sa.Column("submission_penalty", sa.Double(), nullable=False),
        sa.Column("enforce_limits", sa.Boolean(), nullable=False),
        sa.Column("show_all_scores", sa.Boolean(), nullable=False),
        sa.Column("reports_enrol_anyone", sa.Boolean(), nullable=False),
        sa.Column("enrolment_secret_hash", sa.String(64)),
        sa.Column("grade_formulas", sa.JSON()),
        sa.Column("config", sa.Text()),
        sa.Column("config_loaded_at", UTCDateTime()),
        sa.Column("outdated_since", UTCDateTime()),
        sa.Column("archived_at", UTCDateTime()),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_courses"),
        sa.UniqueConstraint("name", name="uq_courses_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "course_groups",
        sa.Column("id", BigId, nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("starts_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_course_groups_course_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_course_groups"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_course_groups_course_id_name", "course_groups", ["course_id", "name"], unique=True)
    op.create_table(
        "enrolments",
        sa.Column("id", BigId, nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger()),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("rms_username", sa.String(255), nullable=False),
        sa.Column("rms_id", sa.String(255)),
        sa.Column("first_name", sa.String(255), nullable=False),
        sa.Column("last_name", sa.String(255), nullable=False),
        sa.Column("repo_url", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("grade_override", sa.Integer()),
        sa.Column("saved_grade", sa.Integer()),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("large_count", sa.Integer(), nullable=False),
        sa.Column("calendar_token_hash", sa.String(64)),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["users.id"], name="fk_enrolments_account_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_enrolments_course_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_enrolments"),
        sa.UniqueConstraint("calendar_token_hash", name="uq_enrolments_calendar_token_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_enrolments_rms_id", "enrolments", ["rms_id"])
    op.create_index("ix_enrolments_rms_username", "enrolments", ["rms_username"])
    op.create_index("uq_enrolments_account_id_course_id", "enrolments", ["account_id", "course_id"], unique=True)
    op.create_index("uq_enrolments_course_id_rms_id", "enrolments", ["course_id", "rms_id"], unique=True)
    op.create_index("uq_enrolments_course_id_rms_username", "enrolments", ["course_id", "rms_username"], unique=True)
    op.create_table(
        "report_batches",
        sa.Column("id", BigId, nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("faults", sa.JSON(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime()),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_report_batches_course_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_report_batches"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_report_batches_course_id", "report_batches", ["course_id"])
    op.create_table(
        "assignments",
        sa.Column("id", BigId, nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("is_bonus", sa.Boolean(), nullable=False),
        sa.Column("is_large", sa.Boolean(), nullable=False),
        sa.Column("is_special", sa.Boolean(), nullable=False),
        sa.Column("min_score", sa.Integer(), nullable=False),
        sa.Column("special", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_assignments_course_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["group_id"], ["course_groups.id"], name="fk_assignments_group_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_assignments"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_assignments_group_id", "assignments", ["group_id"])
    op.create_index("uq_assignments_course_id_name", "assignments", ["course_id", "name"], unique=True)
    op.create_table(
        "course_tokens",
        sa.Column("id", BigId, nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("enrolment_id", sa.BigInteger()),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("last_used_at", UTCDateTime()),
        sa.Column("revoked_at", UTCDateTime()),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_course_tokens_course_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name="fk_course_tokens_enrolment_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_course_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_course_tokens_token_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_course_tokens_course_id", "course_tokens", ["course_id"])
    op.create_index("ix_course_tokens_enrolment_id", "course_tokens", ["enrolment_id"])
    op.create_table(
        "extensions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("enrolment_id", sa.BigInteger(), nullable=False),
        sa.Column("assignment_id", sa.BigInteger()),
        sa.Column("group_id", sa.BigInteger()),
        sa.Column("extra", sa.Interval()),
        sa.Column("ends_at", UTCDateTime()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.BigInteger()),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("(assignment_id IS NULL) <> (group_id IS NULL)", name="of_one_thing"),
        sa.CheckConstraint("(extra IS NULL) <> (ends_at IS NULL)", name="in_one_way"),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name="fk_extensions_assignment_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name="fk_extensions_enrolment_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["group_id"], ["course_groups.id"], name="fk_extensions_group_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name="fk_extensions_made_by", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_extensions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_extensions_assignment_id", "extensions", ["assignment_id"])
    op.create_index("ix_extensions_enrolment_id", "extensions", ["enrolment_id"])
    op.create_index("ix_extensions_group_id", "extensions", ["group_id"])
    op.create_index("ix_extensions_made_by", "extensions", ["made_by"])
    op.create_table(
        "scores",
        sa.Column("enrolment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("assignment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name="fk_scores_assignment_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name="fk_scores_enrolment_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("enrolment_id", "assignment_id", name="pk_scores"),
    )
    op.create_index("ix_scores_assignment_id", "scores", ["assignment_id"])
    op.create_table(
        "submissions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("enrolment_id", sa.BigInteger(), nullable=False),
        sa.Column("assignment_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("raw", sa.String(64)),
        sa.Column("check_deadline", sa.Boolean(), nullable=False),
        sa.Column("allow_reduction", sa.Boolean(), nullable=False),
        sa.Column("submitted_at", UTCDateTime(), nullable=False),
        sa.Column("arrived_at", UTCDateTime(), nullable=False),
        sa.Column("commit", sa.String(64)),
        sa.Column("job", sa.String(128)),
        sa.Column("author_id", sa.BigInteger()),
        sa.Column("attempt", sa.Integer()),
        sa.Column("multiplier", sa.Double(), nullable=False),
        sa.Column("earned", sa.Integer()),
        sa.Column("score", sa.Integer()),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name="fk_submissions_assignment_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_submissions_author_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name="fk_submissions_enrolment_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_submissions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_submissions_assignment_id_submitted_at", "submissions", ["assignment_id", "submitted_at"])
    op.create_index("ix_submissions_author_id", "submissions", ["author_id"])
    op.create_index("ix_submissions_enrolment_id_assignment_id_id", "submissions", ["enrolment_id", "assignment_id", "id"])
    op.create_index("uq_submissions_report", "submissions", ["enrolment_id", "assignment_id", "job", "commit"], unique=True)


def downgrade() -> None:
    """Drop them, and with them every course."""
    for name in ("submissions", "scores", "extensions", "course_tokens", "assignments", "report_batches", "enrolments", "course_groups", "courses"):
        op.drop_table(name)
