"""One student's history of one assignment in the database: lock, read, add, and what counts in the end.

What each report asks is put together once, and not a report: that takes as long as asking it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, and_, bindparam, delete, or_, select, update

from courses.evaluation import Counting, Terms
from courses.models import Assignment, Course, Enrolment, Extension, Group, Score, Submission
from project.database import insert, on_sqlite
from project.extensions import db


class Person(NamedTuple):
    """Whose history it is; part of `Enrolment`."""

    id: int
    rms_username: str
    rms_id: str | None
    saved_grade: int | None


TERMS = (
    *(Assignment.id, Assignment.name, Assignment.points, Assignment.group_id, Group.starts_at, Group.ends_at, Group.steps),
    *(Course.deadline_kind, Course.enforce_limits, Course.max_submissions, Course.submission_penalty),
)
"""In the order of `Terms`."""
COUNTING = (Assignment.name, Assignment.points, Assignment.min_score, Assignment.is_bonus, Assignment.is_large, Group.starts_at)
"""In the order of `Counting`."""


_PERSON = select(Enrolment.id, Enrolment.rms_username, Enrolment.rms_id, Enrolment.saved_grade).where(Enrolment.course_id == bindparam("course"))
_LOCK_BY_NAME = _PERSON.where(Enrolment.rms_username == bindparam("who")).with_for_update()
_LOCK_BY_ID = _PERSON.where(Enrolment.rms_id == bindparam("who")).with_for_update()
_TERMS = select(*TERMS).join_from(Assignment, Group, Group.id == Assignment.group_id).join(Course, Course.id == Assignment.course_id)
_TERMS = _TERMS.where(Assignment.course_id == bindparam("course"))
_TERMS_OF_ONE = _TERMS.where(Assignment.name == bindparam("task"), Assignment.enabled, Group.enabled)
_ENTRY = (Submission.kind, Submission.raw, Submission.check_deadline, Submission.allow_reduction, Submission.submitted_at)
_HISTORY = select(*_ENTRY, Submission.id, Submission.commit, Submission.job, Submission.score, Submission.why).order_by(Submission.id)
_HISTORY = _HISTORY.where(Submission.enrolment_id == bindparam("person"), Submission.assignment_id == bindparam("assignment"))
_EXTENSIONS = select(Extension.extra, Extension.ends_at).where(
    Extension.enrolment_id == bindparam("person"), or_(Extension.assignment_id == bindparam("assignment"), Extension.group_id == bindparam("group"))
)
_COUNTING = (
    select(*COUNTING, Score.value)
    .join_from(Assignment, Group, Group.id == Assignment.group_id)
    .outerjoin(Score, and_(Score.assignment_id == Assignment.id, Score.enrolment_id == bindparam("person")))
    .where(Assignment.course_id == bindparam("course"), Assignment.enabled, Group.enabled)
)
# Of tables, not of classes: the ORM would take as long to look the values through as the database to write them.
_ADD = Submission.metadata.tables[Submission.__tablename__].insert()
_SCORES = Score.metadata.tables[Score.__tablename__]
_ENROLMENTS = Enrolment.metadata.tables[Enrolment.__tablename__]
_SET_TOTALS = update(_ENROLMENTS).where(_ENROLMENTS.c.id == bindparam("person"))


def lock_person(course_id: int, *, rms_username: str | None = None, rms_id: str | None = None) -> Person | None:
    """Whom the course knows by the name, or else by the id; nobody else writes in any of the person's histories until the transaction ends."""
    who = and_(Enrolment.course_id == course_id, Enrolment.rms_username == rms_username if rms_username is not None else Enrolment.rms_id == rms_id)
    if on_sqlite():
        # It has no locks of rows; a write takes the whole database.
        db.session.execute(update(Enrolment).where(who).values(total=Enrolment.total).execution_options(synchronize_session=False))
    lock = _LOCK_BY_NAME if rms_username is not None else _LOCK_BY_ID
    row = db.session.execute(lock, {"course": course_id, "who": rms_username if rms_username is not None else rms_id}).first()
    return Person(*row) if row else None


def enrol_known(course_id: int, *, rms_username: str | None = None, rms_id: str | None = None) -> None:
    """Enrol whom another course of the instance knows by the name, or else by the id; the caller commits.

    No account comes along: who that is was decided by another course's teachers.
    """
    who = Enrolment.rms_username == rms_username if rms_username is not None else Enrolment.rms_id == rms_id
    columns = (Enrolment.rms_username, Enrolment.rms_id, Enrolment.first_name, Enrolment.last_name)
    known = db.session.execute(select(*columns).where(who).order_by(Enrolment.rms_id.is_(None), Enrolment.id.desc()).limit(1)).first()
    if known:
        add_enrolment(course_id, **known._mapping)


def add_enrolment(course_id: int, rms_username: str, **values: Any) -> None:
    """Enrol somebody, unless the name or the id is in the course already; the caller commits."""
    db.session.execute(insert(Enrolment).values(course_id=course_id, rms_username=rms_username, **values).on_conflict_do_nothing())


def terms_of(course_id: int, task: str) -> Terms | None:
    """What the points of an enabled assignment depend on, as it is committed now."""
    row = db.session.execute(_TERMS_OF_ONE, {"course": course_id, "task": task}).first()
    return Terms(*row) if row else None


def all_terms(course_id: int) -> list[Terms]:
    """The same of each assignment of the course, disabled ones included."""
    return [Terms(*row) for row in db.session.execute(_TERMS, {"course": course_id})]


def history_of(enrolment_id: int, assignment_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The student's entries of the assignment, in the order in which they came; in each the parts of `Happened` first."""
    return db.session.execute(_HISTORY, {"person": enrolment_id, "assignment": assignment_id}).all()


def extensions_of(enrolment_id: int, terms: Terms) -> Sequence[Row[*tuple[Any, ...]]]:
    """The student's extensions for the assignment or its group."""
    return db.session.execute(_EXTENSIONS, {"person": enrolment_id, "assignment": terms.assignment_id, "group": terms.group_id}).all()


def add_submission(**values: Any) -> None:
    """A new entry; the caller commits."""
    db.session.execute(_ADD, values)


def set_score(enrolment_id: int, assignment_id: int, value: int | None, at: datetime) -> None:
    """What counts from now on, None for nothing; the caller commits."""
    if value is None:
        mine = (Score.enrolment_id == enrolment_id, Score.assignment_id == assignment_id)
        db.session.execute(delete(Score).where(*mine).execution_options(synchronize_session=False))
        return
    put = insert(_SCORES)
    put = put.on_conflict_do_update(index_elements=["enrolment_id", "assignment_id"], set_={"value": put.excluded.value, "updated_at": put.excluded.updated_at})
    db.session.execute(put, {"enrolment_id": enrolment_id, "assignment_id": assignment_id, "value": value, "updated_at": at})


def score_of(enrolment_id: int, assignment_id: int) -> int | None:
    """What counts now."""
    return db.session.scalar(select(Score.value).where(Score.enrolment_id == enrolment_id, Score.assignment_id == assignment_id))


def counting_with_scores(course_id: int, enrolment_id: int) -> list[tuple[Counting, int | None]]:
    """The enabled assignments of the course, each with the student's score."""
    return [(Counting(*row[:-1]), row[-1]) for row in db.session.execute(_COUNTING, {"course": course_id, "person": enrolment_id})]


def set_totals(enrolment_id: int, total: int, large_count: int, saved_grade: int) -> None:
    """Keep what a student's scores add up to; the caller commits."""
    db.session.execute(_SET_TOTALS, {"person": enrolment_id, "total": total, "large_count": large_count, "saved_grade": saved_grade})


def set_saved_grade(enrolment_id: int, saved_grade: int) -> None:
    """Keep a grade that stood elsewhere; the caller commits."""
    db.session.execute(_SET_TOTALS, {"person": enrolment_id, "saved_grade": saved_grade})
