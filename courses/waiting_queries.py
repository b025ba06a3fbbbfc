"""Which courses and batches of reports wait for a worker, and have waited for longer than a message takes."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from courses.models import Course, Group, ReportBatch
from project.database import UTCDateTime, seconds_from_now
from project.extensions import db

SETTLED_SECONDS = 60


def last_outdated_course() -> int | None:
    """The largest id of a course whose scores wait."""
    return db.session.scalar(select(func.max(Course.id)).where(_outdated()))


def outdated_courses(after: int, upto: int, limit: int) -> Sequence[int]:
    """The first `limit` ids in (after, upto] of courses whose scores wait, ascending."""
    page = select(Course.id).where(Course.id > after, Course.id <= upto, _outdated())
    return db.session.scalars(page.order_by(Course.id).limit(limit)).all()


def progress_of_courses(_tick_id: int) -> int:
    """How many courses wait."""
    return db.session.scalar(select(func.count()).where(or_(Course.outdated_since.is_not(None), _begun()))) or 0


def has_begun(course_id: int) -> bool:
    """Whether a group of the course has begun since its scores were worked out: by that alone, percent and grades become others."""
    return db.session.scalar(select(Course.id).where(Course.id == course_id, _begun())) is not None


def last_waiting_batch() -> int | None:
    """The largest id of a batch that waits."""
    return db.session.scalar(select(func.max(ReportBatch.id)).where(ReportBatch.finished_at.is_(None), _settled()))


def waiting_batches(after: int, upto: int, limit: int) -> Sequence[int]:
    """The first `limit` ids in (after, upto] of batches that wait, ascending."""
    page = select(ReportBatch.id).where(ReportBatch.id > after, ReportBatch.id <= upto, ReportBatch.finished_at.is_(None), _settled())
    return db.session.scalars(page.order_by(ReportBatch.id).limit(limit)).all()


def progress_of_batches(_tick_id: int) -> int:
    """How many reports of batches that are not finished are taken in."""
    return db.session.scalar(select(func.coalesce(func.sum(ReportBatch.done), 0)).where(ReportBatch.finished_at.is_(None))) or 0


def _outdated() -> ColumnElement[bool]:
    return or_(Course.outdated_since <= seconds_from_now(-SETTLED_SECONDS), _begun())


def _begun() -> ColumnElement[bool]:
    # Before there was worked_out_at, loading a config was what worked scores out.
    since = func.coalesce(Course.worked_out_at, Course.config_loaded_at, type_=UTCDateTime())
    begun = exists().where(Group.course_id == Course.id, Group.enabled, Group.starts_at > since, Group.starts_at <= seconds_from_now(0))
    return and_(Course.archived_at.is_(None), begun)


def _settled() -> ColumnElement[bool]:
    return ReportBatch.created_at <= seconds_from_now(-SETTLED_SECONDS)
