"""What is asked of batches of reports."""

from collections.abc import Sequence

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import defer

from courses.models import BatchState, Course, Enrolment, ReportBatch
from courses.reports import Whom
from project.database import on_sqlite
from project.extensions import db


def add_batch(course_id: int, lines: list[dict[str, str]]) -> ReportBatch:
    """A batch that waits, flushed; the caller commits."""
    batch = ReportBatch(course_id=course_id, lines=lines, total=len(lines), faults=[], state=BatchState.WAITING)
    db.session.add(batch)
    db.session.flush()
    return batch


def find_batch(course_id: int, batch_id: int) -> ReportBatch | None:
    """A batch of the course."""
    return db.session.scalar(select(ReportBatch).where(ReportBatch.id == batch_id, ReportBatch.course_id == course_id))


def forget(batch: ReportBatch) -> None:
    """Delete a batch that no worker will hear of; commits."""
    db.session.delete(batch)
    db.session.commit()


def lock_batch(batch_id: int) -> ReportBatch | None:
    """The batch, which nobody else works off until the transaction ends."""
    if on_sqlite():
        own = update(ReportBatch).where(ReportBatch.id == batch_id).values(done=ReportBatch.done)
        db.session.execute(own.execution_options(synchronize_session=False))
    return db.session.scalar(select(ReportBatch).where(ReportBatch.id == batch_id).with_for_update().execution_options(populate_existing=True))


def course_of(batch: ReportBatch) -> Course:
    """The course that the batch is for, as it is now."""
    return db.session.scalars(select(Course).where(Course.id == batch.course_id).execution_options(populate_existing=True)).one()


def lock_people(course_id: int, whom: Sequence[Whom]) -> None:
    """Lock all of them whom the course knows, in the order of their ids."""
    names = [each.username for each in whom if each.username is not None]
    ids = [each.user_id for each in whom if each.user_id is not None]
    who = and_(Enrolment.course_id == course_id, or_(Enrolment.rms_username.in_(names), Enrolment.rms_id.in_(ids)))
    db.session.execute(select(Enrolment.id).where(who).order_by(Enrolment.id).with_for_update()).all()


def batches_before(course_id: int, cursor: int | None, limit: int) -> Sequence[ReportBatch]:
    """A page of the course's batches, newest first, older than `cursor`, without their lines, which may be thousands."""
    page = select(ReportBatch).where(ReportBatch.course_id == course_id).options(defer(ReportBatch.lines)).order_by(ReportBatch.id.desc())
    return db.session.scalars((page if cursor is None else page.where(ReportBatch.id < cursor)).limit(limit)).all()
