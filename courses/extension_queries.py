"""What is asked of the table of extensions by those who give them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy import delete as delete_from

from accounts.models import User
from courses.models import Assignment, Enrolment, Extension, Group
from project.extensions import db


def extensions_before(course_id: int, student: str, cursor: int | None, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """A page of the course's extensions, newest first, older than `cursor`: each with the student, the group's or the task's name, and who gave it.

    Of one student, if the name in reports is said.
    """
    rows = select(Extension, Enrolment, Group.name.label("group"), Assignment.name.label("task"), User.username.label("maker"))
    rows = rows.join_from(Extension, Enrolment, Enrolment.id == Extension.enrolment_id).outerjoin(Group, Group.id == Extension.group_id)
    rows = rows.outerjoin(Assignment, Assignment.id == Extension.assignment_id).outerjoin(User, User.id == Extension.made_by)
    rows = rows.where(Enrolment.course_id == course_id)
    if student:
        rows = rows.where(Enrolment.rms_username == student)
    if cursor is not None:
        rows = rows.where(Extension.id < cursor)
    return db.session.execute(rows.order_by(Extension.id.desc()).limit(limit)).all()


def add(enrolment_id: int, **values: Any) -> Extension:
    """A new extension, flushed; the caller commits."""
    row = Extension(enrolment_id=enrolment_id, **values)
    db.session.add(row)
    db.session.flush()
    return row


def delete(course_id: int, extension_id: int) -> int | None:
    """Delete an extension of the course; the id of its enrolment, None if there is none; the caller commits."""
    mine = Extension.enrolment_id.in_(select(Enrolment.id).where(Enrolment.course_id == course_id))
    gone = delete_from(Extension).where(Extension.id == extension_id, mine).returning(Extension.enrolment_id)
    return db.session.scalar(gone.execution_options(synchronize_session=False))
