"""Who sits where in a course: what somebody who is logged in may see of its scores, and whether they may change them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import abort
from flask.typing import ResponseReturnValue
from flask_login import current_user

from courses import queries, student_queries
from courses.models import Course, Enrolment, Role
from courses.statuses import CourseStatus
from project.access import members, open_to, refuse


@dataclass(frozen=True)
class Seat:
    """Somebody's place in a course."""

    course: Course
    enrolment: Enrolment | None
    is_staff: bool
    """Sees everybody's scores and what is for teachers: a teacher of the course, a superuser or a reviewer."""
    teaches: bool
    """Changes them too: no reviewer does."""

    @property
    def changes(self) -> bool:
        """Whether there is anything for them to change: nothing of an archived course changes."""
        return self.teaches and self.course.archived_at is None

    @property
    def only(self) -> int | None:
        """The one enrolment whose scores they see; None for those who see all."""
        return None if self.enrolment is None or self.is_staff or self.course.show_all_scores else self.enrolment.id


View = Callable[..., ResponseReturnValue]
"""A view function whose first argument is the Seat."""
SeatRule = Callable[[Seat], bool]


def anybody(_seat: Seat) -> bool:
    """Whoever is in the course, and staff."""
    return True


def staff(seat: Seat) -> bool:
    """Teachers of the course, superusers and reviewers."""
    return seat.is_staff


def teachers(seat: Seat) -> bool:
    """Teachers of the course and superusers."""
    return seat.teaches


def open_to_seat(rule: SeatRule) -> Callable[[View], View]:
    """Open a page of a course, which the address names, to whom `rule` admits; the course is not there for those who are not in it."""

    def decorate(view: View) -> View:
        @open_to(members)
        @wraps(view)
        def guarded(course_name: str, **values: Any) -> ResponseReturnValue:
            seat = find_seat(course_name)
            return view(seat, **values) if rule(seat) else refuse()

        return guarded

    return decorate


def find_seat(course_name: str) -> Seat:
    """The current user's; 404 where there is none."""
    course = queries.find_course(course_name)
    if course is None:
        abort(404)
    enrolment = student_queries.enrolment_of(course.id, current_user.id)
    teaches = bool(current_user.is_superuser) or (enrolment is not None and enrolment.role == Role.TEACHER)
    seat = Seat(course, enrolment, teaches or bool(current_user.can_review_tasks), teaches)
    if seat.is_staff or (enrolment is not None and CourseStatus(course.status).shown_to_students):
        return seat
    abort(404)
