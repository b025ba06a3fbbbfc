"""Who asks the API of a course: a checker or a script with one of the course's tokens, or somebody, in a browser or with a token of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import current_app, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from courses import token_queries
from courses.faults import ApiFault
from courses.models import Course, CourseToken, Role, Scope
from courses.statuses import CourseStatus
from courses.tokens import opens
from project.access import everyone, keyed, note_refusal, stand_for, stand_for_nobody
from project.api import BEARER, SESSION, bearer_behind
from project.database import utc_now
from project.extensions import csrf
from project.tokens import digest

COURSE_TOKEN = "course token"
SEE, ACT = "courses:read", "courses:act"
"""Scopes of users' tokens."""


@dataclass(frozen=True)
class Caller:
    """Whom a request comes from, and the course it is about."""

    course: Course
    token: CourseToken | None = None
    enrolment_id: int | None = None
    """The only student whom this is about: a student's own token, or a student's session."""
    is_staff: bool = False
    """Whether to see what is for teachers."""


View = Callable[..., ResponseReturnValue]
"""A view function whose first argument is the Caller."""


def open_to_course(*scopes: Scope, tokens: bool = True, session: Role | None = None, form: bool = True) -> Callable[[View], View]:
    """Open an endpoint to the course's tokens that have one of the scopes (none named: to each), and to users of whom `session` says.

    A user comes with a session, or with a token of their own. A teacher's endpoint is open to superusers too, and takes a token that may act; a student's to
    whoever is in the course, and to reviewers, and takes one that may see. Where the course is not in the path, the course's token says which it is. `form`
    is False where the body is no form, so that no token is looked for in it.
    """
    keys = ({COURSE_TOKEN} if tokens else set()) | (set() if session is None else {BEARER, SESSION})
    scope = None if session is None else SEE if session is Role.STUDENT else ACT

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(name: str | None = None, **values: Any) -> ResponseReturnValue:
            presented = presented_token(form=form)
            course, token = _found(name, presented)
            if token is not None:
                return view(_of_token(course, token, scopes, may=tokens), **values)
            if session is None or scope is None or (tokens and presented is None and not current_user.is_authenticated):
                raise _unknown_token()
            if presented is None:
                _demand_session()
            else:
                _demand_bearer(presented, scope)
            return view(_of_user(course, session), **values)

        guarded.scope = scope  # type: ignore[attr-defined]  # a function takes attributes; mypy knows no type for that
        return keyed(guarded, everyone, keys)

    return decorate


def presented_token(*, form: bool) -> str | None:
    """The token that the request carries: the form's field, or the last word of the header."""
    if form and (typed := request.form.get("token")):
        return typed.split()[-1] if typed.split() else None
    words = request.headers.get("Authorization", "").split()
    return words[-1] if words else None


def _found(name: str | None, presented: str | None) -> tuple[Course, CourseToken | None]:
    """The course by its name, or else by its token, and the token if it is one of the course's. Raises ApiFault (403, 404)."""
    # Hashes are compared, by the database's index: how long that takes tells nothing of a token (ASVS 5.0, 11.2.4).
    token_hash = digest(presented or "")
    found = token_queries.course_of_token(token_hash) if name is None else token_queries.course_with_token(name, token_hash)
    if found is None:
        raise _unknown_token() if name is None else ApiFault(404, f'Unknown course "{name}".', "it is the word behind /api/ in the address.")
    course, token = found
    return course, token


def _of_token(course: Course, token: CourseToken, scopes: tuple[Scope, ...], *, may: bool) -> Caller:
    stand_for_nobody(f"{COURSE_TOKEN} {token.id}")
    if not may:
        note_refusal()
        raise _for_people()
    if not opens(token.scope, *scopes):
        note_refusal()
        raise ApiFault(403, f"This token is for {token.scope} alone.", "a teacher can make one with another scope on the course's page.")
    if token.last_used_at is None or utc_now() - token.last_used_at > timedelta(seconds=token_queries.USED_SECONDS):
        token_queries.use(token.id)
    return Caller(course, token, token.enrolment_id, is_staff=token.enrolment_id is None)


def _demand_session() -> None:
    if not current_user.is_authenticated:
        raise _for_people()
    if request.method == "POST" and current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()


def _demand_bearer(presented: str, scope: str) -> None:
    bearer = bearer_behind(presented)
    if bearer is None:
        raise _unknown_token()
    stand_for(bearer)
    if scope not in bearer.scopes:
        note_refusal()
        raise ApiFault(403, f"This token does not have the scope {scope}.", "make one that has it, under your name, Your account, Tokens.")


def _of_user(course: Course, session: Role) -> Caller:
    row = token_queries.role_of(course.id, current_user.id)
    enrolment_id, role = row or (None, None)
    if current_user.is_superuser or role == Role.TEACHER:
        return Caller(course, is_staff=True)
    if session is Role.TEACHER:
        note_refusal()
        raise ApiFault(403, "Only the course's teachers may do this.")
    if current_user.can_review_tasks:
        return Caller(course, is_staff=True)
    if enrolment_id is None or not CourseStatus(course.status).shown_to_students:
        note_refusal()
        raise ApiFault(403, "You are not in this course.")
    return Caller(course, enrolment_id=None if course.show_all_scores else enrolment_id)


def _for_people() -> ApiFault:
    return ApiFault(403, "This is for the course's teachers, and for no token of the course.")


def _unknown_token() -> ApiFault:
    return ApiFault(403, "The token is missing, wrong or revoked.", "send it as the form field token, or as the header Authorization: Bearer TOKEN.")
