"""What is asked of the people of a course by those who look after them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, exists, func, or_, select, update

from accounts.models import User
from courses.models import Course, CourseToken, Enrolment, Extension, Role, RowChange, Submission
from project.extensions import db
from project.keyset import Stretch

UNBOUND = "unbound"
KEY = Enrolment.rms_username.expression


def people_of(course_id: int, search: str, kind: str, stretch: Stretch) -> Sequence[Any]:
    """A stretch of the people of a course by name, each as `(enrolment and name of the account, key, id)`.

    `search` is a part of one of the names, `kind` a role, UNBOUND or nothing; of another kind is nobody.
    """
    rows = select(Enrolment, User.username, KEY, Enrolment.id).outerjoin(User, User.id == Enrolment.account_id).where(Enrolment.course_id == course_id)
    if search:
        names = (Enrolment.rms_username, Enrolment.first_name, Enrolment.last_name, User.username)
        rows = rows.where(or_(*(name.icontains(search, autoescape=True) for name in names)))
    if kind:
        rows = rows.where(Enrolment.account_id.is_(None) if kind == UNBOUND else Enrolment.role == kind)
    return [((row[0], row[1]), row[2], row[3]) for row in db.session.execute(stretch.of(rows, KEY, Enrolment.id.expression))]


def count_kinds(course_id: int) -> Row[int, int, int]:
    """How many students, teachers and people without an account a course has."""
    students = func.count().filter(Enrolment.role == Role.STUDENT)
    amounts = select(students, func.count().filter(Enrolment.role == Role.TEACHER), func.count().filter(Enrolment.account_id.is_(None)))
    return db.session.execute(amounts.where(Enrolment.course_id == course_id)).one()


def find_person(course_id: int, enrolment_id: int) -> Row[Enrolment, str | None] | None:
    """Somebody of the course, with the name of the account."""
    who = select(Enrolment, User.username).outerjoin(User, User.id == Enrolment.account_id)
    return db.session.execute(who.where(Enrolment.course_id == course_id, Enrolment.id == enrolment_id)).first()


def lock_enrolment(*of: ColumnElement[bool]) -> Enrolment | None:
    """The enrolment, as it is now, which nobody else changes until the transaction ends."""
    return db.session.scalar(select(Enrolment).where(*of).with_for_update().execution_options(populate_existing=True))


def has_history(enrolment_id: int) -> bool:
    """Whether anything was ever reported or edited for somebody."""
    return bool(db.session.scalar(select(exists().where(Submission.enrolment_id == enrolment_id))))


def absorb(gone: Enrolment, into: Enrolment) -> None:
    """Give what hangs on an enrolment without a history to another one, and delete it; the caller commits."""
    for model in (Extension, CourseToken, RowChange):
        moved = update(model).where(model.enrolment_id == gone.id).values(enrolment_id=into.id)
        db.session.execute(moved.execution_options(synchronize_session=False))
    delete_enrolment(gone)


def delete_enrolment(enrolment: Enrolment) -> None:
    """Delete somebody from a course with all that hangs on it; the caller commits."""
    db.session.expunge(enrolment)
    db.session.execute(delete(Enrolment).where(Enrolment.id == enrolment.id).execution_options(synchronize_session=False))


def unbound_of(provider: str, subject: str, username: str | None) -> Sequence[Enrolment]:
    """Who waits, in courses whose names are the provider's, for whoever has that id there; or that name, as a student without an id. Locked."""
    named = Enrolment.rms_id == subject
    if username:
        named = or_(named, (Enrolment.rms_username == username) & Enrolment.rms_id.is_(None) & (Enrolment.role == Role.STUDENT))
    waiting: Select[Enrolment] = select(Enrolment).join(Course, Course.id == Enrolment.course_id)
    waiting = waiting.where(Enrolment.account_id.is_(None), Course.identity_provider == provider, named)
    return db.session.scalars(waiting.order_by(Enrolment.rms_id.is_(None), Enrolment.id).with_for_update(of=Enrolment)).all()
