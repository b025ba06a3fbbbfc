"""Courses and their groups, assignments, people and scores. `.manytask.yml` and the API call an assignment `task`."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, Interval, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from accounts.models import User
from project.database import BigId, UTCDateTime, utc_now
from project.extensions import Model

LONGEST_COURSE_NAME = 64
LONGEST_NAME = 255
"""Of a group, an assignment, a title and a person."""
LONGEST_TOKEN_NAME = 80


class Role(StrEnum):
    """What somebody is in a course."""

    STUDENT = "student"
    TEACHER = "teacher"


class Scope(StrEnum):
    """What a course's token is good for; what each lets somebody do is in `tokens.py`."""

    REPORT = "report"
    READ = "read"
    CONFIGURE = "configure"


class ChangeKind(StrEnum):
    """What of a student's row was changed."""

    COMMENT = "comment"
    GRADE = "grade"


class BatchState(StrEnum):
    """How far a batch of reports is."""

    WAITING = "waiting"
    WORKING = "working"
    FINISHED = "finished"
    FAILED = "failed"


class Course(Model):
    """A course, as its teachers set it up and as its last config says."""

    __tablename__ = "courses"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_COURSE_NAME), unique=True)
    """As in its addresses."""
    title: Mapped[str] = mapped_column(String(LONGEST_NAME))
    status: Mapped[str] = mapped_column(String(20), default="created")
    """One of `statuses.CourseStatus`."""
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    deadline_kind: Mapped[str] = mapped_column(String(16), default="hard")
    """One of `deadlines.DeadlineKind`."""
    task_url_template: Mapped[str] = mapped_column(Text, default="")
    links: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """Addresses by their titles."""
    max_submissions: Mapped[int | None]
    submission_penalty: Mapped[float] = mapped_column(default=0.0)
    enforce_limits: Mapped[bool] = mapped_column(default=False)
    """Whether the two above are more than words."""
    show_all_scores: Mapped[bool] = mapped_column(default=False)
    """Whether students see the rows of others."""
    reports_enrol_anyone: Mapped[bool] = mapped_column(default=False)
    """Whether a report enrols somebody whom the instance does not know."""
    identity_provider: Mapped[str] = mapped_column(String(16), default="gitlab", server_default="gitlab")
    """The key of the provider whose accounts reports name; a sign-in there binds. Empty where only teachers say who is who."""
    enrolment_secret_hash: Mapped[str | None] = mapped_column(String(64))
    """None while nobody can enrol by a secret."""
    grade_formulas: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """As `grades.from_json` reads them; None for a course without grades."""
    config: Mapped[str | None] = mapped_column(Text)
    """The `.manytask.yml` that was loaded last, as it came."""
    config_loaded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    pending_config: Mapped[str | None] = mapped_column(Text)
    """The config that takes the other's place together with all scores that it makes; None while none waits."""
    pending_settings: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Columns of this row that wait likewise."""
    outdated_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when scores wait for being recomputed by a worker; None if they are what they should be."""
    worked_out_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When everybody's scores were worked out last; groups that have begun since then are not in the grades yet."""
    archived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utc_now)

    __table_args__ = ({"sqlite_autoincrement": True},)

    def __str__(self) -> str:
        """Its name."""
        return self.name


class Group(Model):
    """Assignments with one deadline."""

    __tablename__ = "course_groups"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    course_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(Course.id, ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    position: Mapped[int]
    enabled: Mapped[bool] = mapped_column(default=True)
    """False too for what the last config has no more."""
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    steps: Mapped[list[tuple[float, str]]] = mapped_column(JSON, default=list)
    """Each a share of the points and the instant from which it counts, ISO 8601 in UTC; in order."""

    __table_args__ = (
        Index("uq_course_groups_course_id_name", course_id, name, unique=True),
        {"sqlite_autoincrement": True},
    )


class Assignment(Model):
    """What students solve; a `task` in `.manytask.yml` and in the API."""

    __tablename__ = "assignments"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    course_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(Course.id, ondelete="CASCADE"))
    group_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(Group.id, ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    position: Mapped[int]
    """In its course."""
    points: Mapped[int]
    enabled: Mapped[bool] = mapped_column(default=True)
    """False too for what the last config has no more; counts only if its group is enabled as well."""
    is_bonus: Mapped[bool] = mapped_column(default=False)
    is_large: Mapped[bool] = mapped_column(default=False)
    is_special: Mapped[bool] = mapped_column(default=False)
    min_score: Mapped[int] = mapped_column(default=0)
    special: Mapped[int] = mapped_column(default=0)
    url: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("uq_assignments_course_id_name", course_id, name, unique=True),
        {"sqlite_autoincrement": True},
    )


class Enrolment(Model):
    """Somebody in a course, with or without an account; reports name them by `rms_username` or `rms_id`."""

    __tablename__ = "enrolments"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    course_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(Course.id, ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey(User.id, ondelete="CASCADE"))
    """Bound by a verified sign-in or by a teacher, never by an equal name."""
    role: Mapped[str] = mapped_column(String(16), default=Role.STUDENT)
    rms_username: Mapped[str] = mapped_column(String(LONGEST_NAME))
    """The name in the repository management system, GitLab say."""
    rms_id: Mapped[str | None] = mapped_column(String(LONGEST_NAME))
    first_name: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    last_name: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    repo_url: Mapped[str] = mapped_column(Text, default="")
    comment: Mapped[str] = mapped_column(Text, default="")
    """The teachers', for teachers."""
    grade_override: Mapped[int | None]
    saved_grade: Mapped[int | None]
    """What the formulas gave when scores changed last, within what the course's status allows."""
    total: Mapped[int] = mapped_column(default=0)
    """The sum of what counts, kept by each change of a score."""
    large_count: Mapped[int] = mapped_column(default=0)
    calendar_token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utc_now)

    __table_args__ = (
        Index("uq_enrolments_course_id_rms_username", course_id, rms_username, unique=True),
        Index("uq_enrolments_course_id_rms_id", course_id, rms_id, unique=True),
        Index("uq_enrolments_account_id_course_id", account_id, course_id, unique=True),
        # Whether the instance knows somebody whom a report names.
        Index(None, rms_username),
        Index(None, rms_id),
        {"sqlite_autoincrement": True},
    )


class Submission(Model):
    """One entry of a student's history of an assignment. What happened never changes; what it was worth is worked out anew when the rules change."""

    __tablename__ = "submissions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(Enrolment.id, ondelete="CASCADE"))
    assignment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(Assignment.id, ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    """One of `scoring.EntryKind`."""
    raw: Mapped[str | None] = mapped_column(String(64))
    """The score as it was typed, which `scoring.parse_score` reads; None for the full score, and for an edit that took the score away."""
    check_deadline: Mapped[bool]
    allow_reduction: Mapped[bool]
    submitted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When the student handed it in: the push."""
    arrived_at: Mapped[datetime] = mapped_column(UTCDateTime)
    commit: Mapped[str | None] = mapped_column(String(64))
    job: Mapped[str | None] = mapped_column(String(128))
    author_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey(User.id, ondelete="SET NULL"), index=True)
    """Who edited; None for what a token did."""
    reason: Mapped[str | None] = mapped_column(Text)
    """Why, in the words of whoever edited; the student reads it too."""
    # What follows is worked out, by `scoring.fold`.
    attempt: Mapped[int | None]
    """A report's number, from 1."""
    multiplier: Mapped[float]
    """The share of the points that its time left it."""
    earned: Mapped[int | None]
    """What it was worth by itself."""
    score: Mapped[int | None]
    """What counted for the assignment after it; None for no score."""
    counted: Mapped[bool]
    why: Mapped[str] = mapped_column(Text)
    """What became of it, and why, in words for the student."""

    __table_args__ = (
        Index(None, enrolment_id, assignment_id, id),
        Index(None, assignment_id, submitted_at),
        # The same commit and job again is the same submission; a report that names none is always new.
        Index("uq_submissions_report", enrolment_id, assignment_id, job, commit, unique=True),
        {"sqlite_autoincrement": True},
    )


class Score(Model):
    """What counts now for a student's assignment: the fold of its submissions. Without a row there is no score."""

    __tablename__ = "scores"

    enrolment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(Enrolment.id, ondelete="CASCADE"), primary_key=True, autoincrement=False)
    assignment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(Assignment.id, ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True)
    value: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)


class RowChange(Model):
    """A change of what teachers set of a student besides scores: the comment, or the grade that stands whatever the formulas say. Never changes itself."""

    __tablename__ = "row_changes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(Enrolment.id, ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    """One of `ChangeKind`."""
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    """None for a grade that the formulas decide."""
    author_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey(User.id, ondelete="SET NULL"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (Index(None, enrolment_id, id), {"sqlite_autoincrement": True})


class Extension(Model):
    """More time for one student, in one assignment or in a group."""

    __tablename__ = "extensions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(Enrolment.id, ondelete="CASCADE"), index=True)
    assignment_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey(Assignment.id, ondelete="CASCADE"), index=True)
    group_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey(Group.id, ondelete="CASCADE"), index=True)
    extra: Mapped[timedelta | None] = mapped_column(Interval)
    """By how much each step and the end come later."""
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """An end of the student's own."""
    reason: Mapped[str] = mapped_column(Text, default="")
    made_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey(User.id, ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utc_now)

    __table_args__ = (
        CheckConstraint("(assignment_id IS NULL) <> (group_id IS NULL)", name="of_one_thing"),
        CheckConstraint("(extra IS NULL) <> (ends_at IS NULL)", name="in_one_way"),
        {"sqlite_autoincrement": True},
    )


class CourseToken(Model):
    """What a checker, a script or one student's CI opens the API with. It is shown once; its hash is kept."""

    __tablename__ = "course_tokens"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    course_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(Course.id, ondelete="CASCADE"), index=True)
    enrolment_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey(Enrolment.id, ondelete="CASCADE"), index=True)
    """The only student whom it can report for; None for everybody."""
    name: Mapped[str] = mapped_column(String(LONGEST_TOKEN_NAME))
    scope: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utc_now)
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """To the minute."""
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = ({"sqlite_autoincrement": True},)


class ReportBatch(Model):
    """Many reports that came at once, which a worker works off."""

    __tablename__ = "report_batches"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    course_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(Course.id, ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(16), default=BatchState.WAITING)
    """One of `BatchState`."""
    lines: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    """The reports as they came, until they are worked off."""
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    faults: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """`{"line": 3, "error": "…"}` for each that was refused."""
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often in a row the next lines could not be taken in."""
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it failed; None unless it did."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utc_now)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = ({"sqlite_autoincrement": True},)


class ConfigDraft(Model):
    """A config that was uploaded to a course and is looked at before it is loaded; a course has one at a time."""

    __tablename__ = "config_drafts"

    course_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(Course.id, ondelete="CASCADE"), primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64))
    """Of `text`: what is loaded is what was looked at."""
    text: Mapped[str] = mapped_column(Text)
    based_on: Mapped[str | None] = mapped_column(String(64))
    """The SHA-256 of the course's config that it was compared to; None if there was none."""
    changes: Mapped[list[dict[str, str]] | None] = mapped_column(JSON(none_as_null=True))
    """As `config.changes.Change` has them; None until they are worked out."""
    moved: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    """As `recomputing.Moved` has them."""
    made_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey(User.id, ondelete="SET NULL"), index=True)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utc_now)
