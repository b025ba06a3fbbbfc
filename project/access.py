"""Who may open what: each route carries one rule."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, Protocol

from flask import Response, abort, request
from flask.typing import ResponseReturnValue
from flask_login import AnonymousUserMixin, current_user
from werkzeug.wrappers import Response as BaseResponse

from project.extensions import login_manager

P = ParamSpec("P")


class Person(Protocol):
    """What a rule may ask about whoever is there."""

    is_authenticated: bool
    is_superuser: bool
    can_review_tasks: bool


Rule = Callable[[Person], bool]


class Visitor(AnonymousUserMixin):
    """Somebody who has not logged in."""

    username = ""
    is_superuser = False
    can_review_tasks = False


def everyone(person: Person) -> bool:
    """Open to the world."""
    return True


def members(person: Person) -> bool:
    """Open to whoever has logged in."""
    return person.is_authenticated


def reviewers(person: Person) -> bool:
    """Open to reviewers and superusers."""
    return person.can_review_tasks or person.is_superuser


def superusers(person: Person) -> bool:
    """Open to superusers alone."""
    return person.is_superuser


def open_to(rule: Rule) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Open a view function to those whom `rule` admits; a visitor is sent to log in, others get 403."""

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            return view(*args, **kwargs) if rule(current_user) else refuse()

        guarded.rule = rule  # type: ignore[attr-defined]  # a function takes attributes; mypy knows no type for that
        return guarded

    return decorate


def refuse() -> BaseResponse:
    """Send a visitor to the login page, and back here afterwards; tell anybody else 403."""
    if current_user.is_authenticated:
        abort(403)
    if "HX-Request" in request.headers:
        # htmx would put the login page inside the fragment it polls; this makes it reload the whole page, which then redirects.
        return Response(status=401, headers={"HX-Refresh": "true"})
    response: BaseResponse = login_manager.unauthorized()
    return response
