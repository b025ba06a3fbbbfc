"""What is asked of all tasks of a course at once."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, and_, case, func, select

from courses.models import Assignment, Enrolment, Group, Role, Score
from project.extensions import db


def of_tasks(course_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The enabled tasks in their order, each with how many students solved it, have a part of it, have nothing for a try, and what those have on average."""
    students = select(Enrolment.id).where(Enrolment.course_id == course_id, Enrolment.role == Role.STUDENT)
    scored = and_(Score.assignment_id == Assignment.id, Score.enrolment_id.in_(students))

    def amount(which: Any) -> Any:
        return func.count(case((which, 1)))

    columns = (
        *(Assignment.id, Assignment.name, Assignment.points, Assignment.is_bonus, Group.name.label("group")),
        amount(Score.value >= Assignment.points).label("solved"),
        amount(and_(Score.value > 0, Score.value < Assignment.points)).label("partial"),
        amount(and_(Score.value <= 0, Score.value < Assignment.points)).label("tried"),
        func.avg(Score.value).label("mean"),
    )
    found = select(*columns).join_from(Assignment, Group, Group.id == Assignment.group_id).outerjoin(Score, scored)
    found = found.where(Assignment.course_id == course_id, Assignment.enabled, Group.enabled)
    return db.session.execute(found.group_by(Assignment.id, Group.name).order_by(Assignment.position)).all()
