"""What is asked of courses and the people in them."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select

from courses.models import Assignment, Course, Enrolment, Group
from project.extensions import db

CHUNK = 1000


def find_course(name: str) -> Course | None:
    """The course of that name."""
    # PostgreSQL's text can't have NUL, so no course has such a name.
    return None if "\0" in name else db.session.scalar(select(Course).where(Course.name == name))


def add_course(name: str, title: str) -> Course:
    """A new course, flushed; the caller commits."""
    course = Course(name=name, title=title)
    db.session.add(course)
    db.session.flush()
    return course


def find_enrolment(course_id: int, rms_username: str) -> Enrolment | None:
    """Whom the course knows by that name."""
    return db.session.scalar(select(Enrolment).where(Enrolment.course_id == course_id, Enrolment.rms_username == rms_username))


def groups_of(course_id: int) -> Sequence[Group]:
    """The course's groups in their order, disabled ones included."""
    return db.session.scalars(select(Group).where(Group.course_id == course_id).order_by(Group.position)).all()


def assignments_of(course_id: int) -> Sequence[Assignment]:
    """The course's assignments in their order, disabled ones included."""
    return db.session.scalars(select(Assignment).where(Assignment.course_id == course_id).order_by(Assignment.position)).all()


def enrolments_of_account(user_id: int) -> Iterator[dict[str, Any]]:
    """What a user's courses know of the user; what teachers note for each other is theirs."""
    columns = ("role", "rms_username", "rms_id", "first_name", "last_name", "repo_url", "total", "large_count", "saved_grade", "grade_override", "created_at")
    mine = select(Course.name.label("course"), *(getattr(Enrolment, name) for name in columns)).join(Course, Course.id == Enrolment.course_id)
    for row in db.session.execute(mine.where(Enrolment.account_id == user_id).order_by(Enrolment.id).execution_options(yield_per=CHUNK)).mappings():
        yield dict(row)
