"""What is asked of courses and the people in them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import defer

from courses.models import Assignment, Course, Enrolment, Group
from project.extensions import db


def find_course(name: str) -> Course | None:
    """The course of that name."""
    # PostgreSQL's text can't have NUL, so no course has such a name.
    return None if "\0" in name else db.session.scalar(select(Course).where(Course.name == name))


def get_course(course_id: int) -> Course:
    """The course with that id, which is there."""
    return db.session.get_one(Course, course_id)


def every_course() -> Sequence[Course]:
    """All courses, without their configs: those that run first, then by title."""
    return db.session.scalars(
        select(Course).options(defer(Course.config), defer(Course.pending_config)).order_by(Course.archived_at.is_not(None), Course.title, Course.id)
    ).all()


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
