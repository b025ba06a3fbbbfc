"""What the gradebook's page asks: a constant number of statements, however many students and tasks there are."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select

from courses.models import Assignment, Course, Enrolment, Group, Role, Score
from courses.teaching.wanted import PAGE, Sort, Wanted
from project.extensions import db
from project.tokens import digest

GRADE: ColumnElement[int] = func.coalesce(Enrolment.grade_override, Enrolment.saved_grade, 0)
KEYS: Mapping[Sort, Any] = {Sort.NAME: Enrolment.rms_username, Sort.TOTAL: Enrolment.total, Sort.PERCENT: Enrolment.total, Sort.GRADE: GRADE}
ROW = (
    *(Enrolment.id, Enrolment.rms_username, Enrolment.first_name, Enrolment.last_name, Enrolment.role, Enrolment.comment),
    *(Enrolment.total, Enrolment.large_count, Enrolment.grade_override, GRADE.label("grade")),
)


def columns(course_id: int, started_by: datetime | None = None) -> Sequence[Row[*tuple[Any, ...]]]:
    """The enabled tasks in their order, each with its group; with `started_by`, those alone whose group has begun."""
    own = (Assignment.id, Assignment.name, Assignment.points, Assignment.is_bonus, Assignment.is_large)
    found = select(*own, Group.id.label("group_id"), Group.name.label("group"), Group.starts_at).join(Group, Group.id == Assignment.group_id)
    found = found.where(Assignment.course_id == course_id, Assignment.enabled, Group.enabled)
    if started_by is not None:
        found = found.where(Group.starts_at <= started_by)
    return db.session.execute(found.order_by(Assignment.position)).all()


def _rows(course_id: int, wanted: Wanted, only: int | None) -> Select[*tuple[Any, ...]]:
    """A page of rows, each with how many there are on all pages."""
    found = select(*ROW, func.count().over().label("amount")).where(Enrolment.course_id == course_id)
    if only is not None:
        found = found.where(Enrolment.id == only)
    elif not wanted.everybody:
        found = found.where(Enrolment.role == Role.STUDENT)
    if wanted.search:
        names = (Enrolment.rms_username, Enrolment.first_name, Enrolment.last_name, Enrolment.first_name + " " + Enrolment.last_name)
        found = found.where(or_(*(name.icontains(wanted.search, autoescape=True) for name in names)))
    key = KEYS[wanted.sort]
    order = (key.desc(), Enrolment.id.desc()) if wanted.descending else (key, Enrolment.id)
    return found.order_by(*order).limit(PAGE).offset((wanted.page - 1) * PAGE)


def page_of(course_id: int, wanted: Wanted, only: int | None) -> Sequence[Row[*tuple[Any, ...]]]:
    """A page of rows; only those of one enrolment, if one is named."""
    return db.session.execute(_rows(course_id, wanted, only)).all()


def scores_of(enrolments: Collection[int], assignments: Collection[int]) -> Mapping[int, Mapping[int, int]]:
    """What counts, by enrolment and assignment."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    kept = (Score.enrolment_id.in_(enrolments), Score.assignment_id.in_(assignments))
    for person, assignment, value in db.session.execute(select(Score.enrolment_id, Score.assignment_id, Score.value).where(*kept)):
        found[person][assignment] = value
    return found


def version(course: Course, wanted: Wanted, only: int | None) -> str:
    """What is another one as soon as anything on that page is; one statement, which reads no single score out."""
    page = _rows(course.id, wanted, only).cte("page")
    sums = (Score.enrolment_id, func.count().label("amount"), func.sum(Score.value).label("sum"), func.max(Score.updated_at).label("at"))
    scored = select(*sums).where(Score.enrolment_id.in_(select(page.c.id))).group_by(Score.enrolment_id).subquery()
    found = select(*page.c, scored.c.amount, scored.c.sum, scored.c["at"]).outerjoin(scored, scored.c.enrolment_id == page.c.id)
    rows = sorted(tuple(map(str, row)) for row in db.session.execute(found))
    return digest(repr((course.config_loaded_at, course.outdated_since, rows)))[:16]
