"""What the gradebook asks: a constant number of statements, however many students and assignments there are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, select, update

from courses.history_queries import Person
from courses.models import Assignment, ChangeKind, Enrolment, Group, Role, RowChange, Score
from project.database import json_object
from project.extensions import db

ROW = ("id", "rms_username", "total", "large_count", "saved_grade", "grade_override", "first_name", "last_name", "repo_url", "comment")


def find_person(course_id: int, *, rms_username: str | None = None, rms_id: str | None = None) -> Person | None:
    """Whom the course knows by the name, or else by the id."""
    who = and_(Enrolment.course_id == course_id, Enrolment.rms_username == rms_username if rms_username is not None else Enrolment.rms_id == rms_id)
    row = db.session.execute(select(Enrolment.id, Enrolment.rms_username, Enrolment.rms_id, Enrolment.saved_grade).where(who)).first()
    return row and Person(*row)


def enabled_assignments(course_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The enabled assignments in their order, each with its group's name, start and end."""
    own = (Assignment.name, Assignment.points, Assignment.is_bonus, Assignment.is_large)
    columns = (*own, Group.name.label("group"), Group.starts_at, Group.ends_at)
    enabled = (Assignment.course_id == course_id, Assignment.enabled, Group.enabled)
    return db.session.execute(select(*columns).join(Group, Group.id == Assignment.group_id).where(*enabled).order_by(Assignment.position)).all()


def students_with_scores(course_id: int, only: int | None = None) -> Sequence[Row[*tuple[Any, ...]]]:
    """The students by name, or one enrolment, with the scores of enabled assignments as JSON; None for no score."""
    who = (Enrolment.course_id == course_id, Enrolment.role == Role.STUDENT if only is None else Enrolment.id == only)
    scored = select(Score.enrolment_id, json_object(Assignment.name, Score.value).label("scores"))
    scored = scored.join_from(Score, Assignment, Assignment.id == Score.assignment_id).join(Group, Group.id == Assignment.group_id)
    scored = scored.where(Assignment.course_id == course_id, Assignment.enabled, Group.enabled)
    table = (scored if only is None else scored.where(Score.enrolment_id == only)).group_by(Score.enrolment_id).subquery()
    rows = select(*(getattr(Enrolment, name) for name in ROW), table.c.scores).outerjoin(table, table.c.enrolment_id == Enrolment.id)
    return db.session.execute(rows.where(*who).order_by(Enrolment.rms_username)).all()


def comment_and_override(enrolment_id: int) -> tuple[str, int | None]:
    """What teachers set of a student besides scores, as it is now; read past what the session knows of the row."""
    row = db.session.execute(select(Enrolment.comment, Enrolment.grade_override).where(Enrolment.id == enrolment_id)).one()
    return row.comment, row.grade_override


def add_change(enrolment_id: int, kind: ChangeKind, before: str | None, after: str | None, author_id: int | None, at: datetime) -> None:
    """Keep what was changed; the caller commits."""
    db.session.add(RowChange(enrolment_id=enrolment_id, kind=kind, before=before, after=after, author_id=author_id, at=at))


def set_comment(enrolment_id: int, comment: str) -> None:
    """Replace the comment; the caller commits."""
    db.session.execute(update(Enrolment).where(Enrolment.id == enrolment_id).values(comment=comment).execution_options(synchronize_session=False))


def set_override(enrolment_id: int, grade: int | None) -> None:
    """Let a grade stand, or none; the caller commits."""
    db.session.execute(update(Enrolment).where(Enrolment.id == enrolment_id).values(grade_override=grade).execution_options(synchronize_session=False))
