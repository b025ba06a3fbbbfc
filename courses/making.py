"""Making a course: what it may be called, and the token that it begins with."""

from collections.abc import Iterable

from courses import queries, token_queries
from courses.models import Course, Scope
from courses.names import name_fault, reserved_words
from courses.tokens import new_course_token, token_fault
from project import audit
from project.tokens import digest


def fault_of_new(name: str, routes: Iterable[str]) -> str | None:
    """What is wrong with the name of a new course, or None; `routes` are the site's addresses."""
    if fault := name_fault(name, reserved_words(routes)):
        return fault
    return f'There is a course "{name}" already.' if queries.find_course(name) else None


def fault_of_token(token: str) -> str | None:
    """What is wrong with a token that a new course is to keep, or None."""
    if fault := token_fault(token):
        return fault
    return "Another course has this token; each needs one of its own." if token_queries.is_used(digest(token)) else None


def make(name: str, title: str, token: str | None = None) -> tuple[Course, str]:
    """A course whose name is good and free, and its token, which may do everything in it; the caller commits."""
    course, made = queries.add_course(name, title or name), token or new_course_token()
    token_queries.add_token(course.id, "first", Scope.CONFIGURE, digest(made))
    audit.record("course.created", ("course", course.id), name=name)
    return course, made
