"""What courses pin to the front page: one's courses, and in each what is due next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_login import current_user

from courses import student_queries
from courses.deadlines import DeadlineKind, Step
from courses.evaluation import extended
from courses.models import Course, Enrolment, Extension, Group
from courses.overview import deadline_of, less_from
from project.access import members
from project.database import utc_now
from project.home import Notice

SHOWN = 4


@dataclass(frozen=True)
class Due:
    """The next moment from which a submission for a group keeps less."""

    group: str
    step: Step


def facts() -> dict[str, Any]:
    """The first of somebody's courses that are not archived, and whether there are more."""
    running = [(course, enrolment) for course, enrolment in student_queries.courses_of(current_user.id) if course.archived_at is None]
    shown, at = running[:SHOWN], utc_now()
    groups = student_queries.groups_with_extensions([enrolment.id for _, enrolment in shown]) if shown else []
    return {"courses": [(course, enrolment, _due(course, enrolment, groups, at)) for course, enrolment in shown], "more": len(running) > SHOWN}


def _due(course: Course, enrolment: Enrolment, groups: Sequence[Any], at: datetime) -> Due | None:
    own: dict[int, tuple[Group, list[Extension]]] = {}
    for enrolment_id, group, extension in groups:
        if enrolment_id == enrolment.id:
            own.setdefault(group.id, (group, []))[1].extend([extension] if extension else [])
    return min(_steps(course, own.values(), at), key=lambda due: due.step.at, default=None)


def _steps(course: Course, groups: Iterable[tuple[Group, list[Extension]]], at: datetime) -> Iterable[Due]:
    for group, extensions in groups:
        step = less_from(extended(deadline_of(group, DeadlineKind(course.deadline_kind)), extensions), at)
        if step:
            yield Due(group.name, step)


courses_notice = Notice(rule=members, place=15, template="courses/_notice.html", facts=facts)
