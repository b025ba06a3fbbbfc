"""Which courses and batches of reports wait for a worker, and have waited for longer than a message takes."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select

from courses.models import Course, ReportBatch
from project.database import seconds_from_now
from project.extensions import db

SETTLED_SECONDS = 60


def last_outdated_course() -> int | None:
    """The largest id of a course whose scores wait."""
    return db.session.scalar(select(func.max(Course.id)).where(Course.outdated_since <= seconds_from_now(-SETTLED_SECONDS)))


def outdated_courses(after: int, upto: int, limit: int) -> Sequence[int]:
    """The first `limit` ids in (after, upto] of courses whose scores wait, ascending."""
    page = select(Course.id).where(Course.id > after, Course.id <= upto, Course.outdated_since <= seconds_from_now(-SETTLED_SECONDS))
    return db.session.scalars(page.order_by(Course.id).limit(limit)).all()


def progress_of_courses(_tick_id: int) -> int:
    """How many courses wait."""
    return db.session.scalar(select(func.count()).where(Course.outdated_since.is_not(None))) or 0


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


def _settled() -> ColumnElement[bool]:
    return ReportBatch.created_at <= seconds_from_now(-SETTLED_SECONDS)
