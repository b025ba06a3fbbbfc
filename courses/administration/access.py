"""Who may administer a course: its teachers, and superusers."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from courses import queries, token_queries
from courses.models import Course, Role
from project.access import members, open_to, refuse
from project.extensions import db

View = Callable[..., ResponseReturnValue]
"""A view function whose first argument is the course."""
ARCHIVED = "This course is archived: nothing in it changes. Bring it back first."


def open_to_teachers(*, archived: bool = False) -> Callable[[View], View]:
    """Open a page of a course to its teachers and to superusers. Others get 403 where they see the course, else 404.

    In a course that is archived nothing is changed, but by what is marked as `archived`.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(course_name: str, **values: Any) -> ResponseReturnValue:
            course = queries.find_course(course_name)
            if course is None:
                abort(404)
            if not teaches(course):
                return refuse() if current_user.can_review_tasks or token_queries.role_of(course.id, current_user.id) else abort(404)
            if course.archived_at is not None and request.method == "POST" and not archived:
                flash(ARCHIVED, "error")
                return redirect(url_for("courses.settings", course_name=course.name))
            return view(course, **values)

        return open_to(members)(guarded)

    return decorate


def teaches(course: Course) -> bool:
    """Whether the current user may administer the course."""
    if current_user.is_superuser:
        return True
    row = token_queries.role_of(course.id, current_user.id)
    return row is not None and row.role == Role.TEACHER


def page(template: str, course: Course, **values: Any) -> str:
    """A page of the course's administration, with the course's menu."""
    return render_template(f"courses/administration/{template}.html", course=course, teaches=True, **values)


def done(message: str, endpoint: str, course: Course, **values: Any) -> Response:
    """Commit what was done in the course, and go to a page that says so."""
    db.session.commit()
    flash(message, "success")
    return redirect(url_for(f"courses.{endpoint}", course_name=course.name, **values))
