"""Who may open what: each route carries one rule."""

from collections.abc import Callable, Set
from functools import wraps
from typing import Any, ParamSpec, Protocol

from flask import Response, abort, current_app, g, request
from flask.typing import ResponseReturnValue
from flask_login import AnonymousUserMixin, current_user
from werkzeug.wrappers import Response as BaseResponse

from project import api, audit
from project.extensions import csrf, db, login_manager

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


def open_to_token(rule: Rule, scope: str) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Open a JSON endpoint to those whom `rule` admits: with a bearer token that has `scope`, or in the browser in which they are logged in.

    Refusals are JSON. A bearer token counts for this one request, whatever session comes with it, and needs no form's token, for no other site can make
    a browser send it; what a session changes needs one, in the header `X-CSRFToken`.
    """

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            return refusal_of_token(scope) or refusal_of_person(rule) or view(*args, **kwargs)

        guarded.scope = scope  # type: ignore[attr-defined]  # as above
        return keyed(guarded, rule, {api.BEARER, api.SESSION})

    return decorate


def keyed(view: Callable[P, ResponseReturnValue], rule: Rule, keys: Set[str]) -> Callable[P, ResponseReturnValue]:
    """Say of an endpoint of the API which keys open it, which it sees to itself: a form's token too, where a session is one and changes something."""
    view.rule = rule  # type: ignore[attr-defined]  # as above
    view.keys = frozenset(keys)  # type: ignore[attr-defined]  # as above
    # Flask-WTF checks before it is known how the request comes.
    csrf.exempt(view)
    return view


def open_to_all(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Open an endpoint of the API, which changes nothing, to the world, without a key."""
    return keyed(view, everyone, frozenset())


def refusal_of_token(scope: str) -> Response | None:
    """What is wrong with how the request says who sends it; None once that is known, by a token or by a session."""
    token = api.bearer_token()
    if token is None:
        if not current_user.is_authenticated:
            return api.challenge(401, "Send a token: Authorization: Bearer callboard_…")
        if current_app.config["WTF_CSRF_ENABLED"]:
            csrf.protect()
        return None
    bearer = api.bearer_behind(token)
    if bearer is None:
        return api.challenge(401, "This token is unknown, expired or revoked, or its user may not use it.", "invalid_token")
    stand_for(bearer)
    if scope not in bearer.scopes:
        note_refusal()
        return api.challenge(403, f"This token does not have the scope {scope}.", "insufficient_scope", scope)
    return None


def stand_for(bearer: api.Bearer) -> None:
    """Let this one request come from whom the token stands for."""
    # Where Flask-Login keeps the user of one request; its login_user would write a session.
    g._login_user = bearer.user
    audit.acting_with(bearer.name)


def stand_for_nobody(key: str) -> None:
    """Let this one request come from a key that is nobody's in particular, whatever session comes with it; `key` is what the audit calls it."""
    g._login_user = Visitor()
    audit.acting_with(key)


def refusal_of_person(rule: Rule) -> Response | None:
    """What the current user, who is known, gets where the rule does not admit them."""
    if rule(current_user):
        return None
    note_refusal()
    return api.refusal(403, "Your account does not have the right that this needs. A superuser can give it.")


def note_refusal() -> None:
    """Note in the audit that the current user, or a key, was refused here; once a minute, for a page that was left open asks every two seconds. Commits."""
    here: dict[str, Any] = {"endpoint": request.endpoint, "method": request.method}
    if not audit.recorded_lately("access.refused", by=current_user.id if current_user.is_authenticated else None, **here):
        audit.record("access.refused", **here)
        db.session.commit()


def refuse() -> BaseResponse:
    """Send a visitor to the login page, and back here afterwards; tell anybody else 403."""
    if current_user.is_authenticated:
        note_refusal()
        abort(403)
    if "HX-Request" in request.headers:
        # htmx would put the login page inside the fragment it polls; this makes it reload the whole page, which then redirects.
        return Response(status=401, headers={"HX-Refresh": "true"})
    response: BaseResponse = login_manager.unauthorized()
    return response
