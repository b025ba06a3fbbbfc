"""What the pages of one cell, one row and one task ask; a constant number of statements a page."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, func, literal, select

from accounts.models import User
from courses.models import Assignment, Enrolment, Group, Role, RowChange, Score, Submission
from courses.scoring import EntryKind
from project.extensions import db
from project.keyset import Stretch

BY_TIME = Submission.submitted_at.expression
"""What the history of a task is sorted by."""
Entry = Row[Submission, str | None, str]
"""An entry, who made it, and the name of what the page is not about."""


def find_cell(course_id: int, enrolment_id: int, assignment_id: int) -> tuple[Any, Any] | None:
    """A student and an enabled task of the course, with the name of its group."""
    person = db.session.execute(select(Enrolment.id, Enrolment.rms_username).where(Enrolment.course_id == course_id, Enrolment.id == enrolment_id)).first()
    task = db.session.execute(_tasks(course_id).where(Assignment.id == assignment_id)).first()
    return (person, task) if person and task else None


def find_person(course_id: int, username: str) -> Enrolment | None:
    """Whom the course knows by that name."""
    # PostgreSQL's text can't have NUL.
    if "\0" in username:
        return None
    return db.session.scalar(select(Enrolment).where(Enrolment.course_id == course_id, Enrolment.rms_username == username))


def find_enrolment(course_id: int, enrolment_id: int) -> Enrolment | None:
    """Somebody in the course."""
    return db.session.scalar(select(Enrolment).where(Enrolment.course_id == course_id, Enrolment.id == enrolment_id))


def find_task(course_id: int, name: str) -> Row[*tuple[Any, ...]] | None:
    """An enabled task of the course, with its group."""
    return None if "\0" in name else db.session.execute(_tasks(course_id).where(Assignment.name == name)).first()


def _tasks(course_id: int) -> Select[*tuple[Any, ...]]:
    own = (Assignment.id, Assignment.name, Assignment.points, Assignment.is_bonus, Assignment.is_large, Assignment.is_special, Assignment.min_score)
    of_group = (Group.name.label("group"), Group.starts_at, Group.ends_at, Group.steps)
    found = select(*own, *of_group).join_from(Assignment, Group, Group.id == Assignment.group_id)
    return found.where(Assignment.course_id == course_id, Assignment.enabled, Group.enabled)


def history_of(enrolment_id: int, assignment_id: int) -> Sequence[Entry]:
    """A student's entries for a task, in the order in which they came."""
    found = select(Submission, User.username, literal("")).outerjoin(User, User.id == Submission.author_id)
    mine = (Submission.enrolment_id == enrolment_id, Submission.assignment_id == assignment_id)
    return db.session.execute(found.where(*mine).order_by(Submission.id)).all()


def history_of_person(enrolment_id: int, before: int | None, limit: int) -> Sequence[Entry]:
    """A page of all of a student's entries with the names of the tasks, newest first, older than the entry `before`."""
    found = select(Submission, User.username, Assignment.name).join(Assignment, Assignment.id == Submission.assignment_id)
    found = found.outerjoin(User, User.id == Submission.author_id).where(Submission.enrolment_id == enrolment_id)
    if before is not None:
        found = found.where(Submission.id < before)
    return db.session.execute(found.order_by(Submission.id.desc()).limit(limit)).all()


def history_of_task(assignment_id: int, stretch: Stretch) -> Sequence[Entry]:
    """A stretch of all entries for a task with the names of the students, by when they were handed in."""
    found = select(Submission, User.username, Enrolment.rms_username).join(Enrolment, Enrolment.id == Submission.enrolment_id)
    found = found.outerjoin(User, User.id == Submission.author_id).where(Submission.assignment_id == assignment_id)
    return db.session.execute(stretch.of(found, BY_TIME, Submission.id.expression)).all()


def changes_of(enrolment_id: int) -> Sequence[Row[RowChange, str | None]]:
    """What was changed of a student's comment and grade, newest first, and by whom."""
    found = select(RowChange, User.username).outerjoin(User, User.id == RowChange.author_id).where(RowChange.enrolment_id == enrolment_id)
    return db.session.execute(found.order_by(RowChange.id.desc())).all()


def scores_for(assignment_id: int) -> Sequence[int]:
    """What each student has for a task, who has anything."""
    found = select(Score.value).join(Enrolment, Enrolment.id == Score.enrolment_id)
    return db.session.scalars(found.where(Score.assignment_id == assignment_id, Enrolment.role == Role.STUDENT)).all()


def times_of_reports(assignment_id: int) -> Sequence[Any]:
    """When each report for a task was handed in, in order."""
    reports = (Submission.assignment_id == assignment_id, Submission.kind == EntryKind.REPORT)
    return db.session.scalars(select(Submission.submitted_at).where(*reports).order_by(Submission.submitted_at)).all()


def count_students(course_id: int) -> int:
    """How many students the course has."""
    return db.session.scalar(select(func.count()).where(Enrolment.course_id == course_id, Enrolment.role == Role.STUDENT)) or 0
