"""Who may administer a course: its teachers, and superusers."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from courses.models import Course
from courses.seats import Seat, open_to_seat, teachers
from project.extensions import db

View = Callable[..., ResponseReturnValue]
"""A view function whose first argument is the course."""
ARCHIVED = "This course is archived: nothing in it changes. Bring it back first."


def open_to_teachers(*, archived: bool = False) -> Callable[[View], View]:
    """Open a page of a course to its teachers and to superusers.

    In a course that is archived nothing is changed, but by what is marked as `archived`.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(seat: Seat, **values: Any) -> ResponseReturnValue:
            course = seat.course
            if course.archived_at is not None and request.method == "POST" and not archived:
                flash(ARCHIVED, "error")
                return redirect(url_for("courses.settings", course_name=course.name))
            return view(course, **values)

        return open_to_seat(teachers)(guarded)

    return decorate


def page(template: str, course: Course, **values: Any) -> str:
    """A page of the course's administration, with the course's menu."""
    return render_template(f"courses/administration/{template}.html", course=course, **values)


def done(message: str, endpoint: str, course: Course, **values: Any) -> Response:
    """Commit what was done in the course, and go to a page that says so."""
    db.session.commit()
    flash(message, "success")
    return redirect(url_for(f"courses.{endpoint}", course_name=course.name, **values))
