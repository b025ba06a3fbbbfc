"""A route without an access rule, or one of the API that does not say which keys open it, stops the app from starting."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from project.access import Rule
from project.admin import ClosedView
from project.api import BEARER, SESSION, is_api, scopes_of


def rule_of(view: Callable[..., Any]) -> Rule | None:
    """The rule that a view function, or a method of a closed admin view, is opened by; None where nothing closes it."""
    owner = getattr(view, "__self__", None)
    if owner is None:
        return getattr(view, "rule", None)
    return getattr(type(owner), "rule", None) if isinstance(owner, ClosedView) else None


def demand_a_rule_of_every_route(app: Flask) -> None:
    """Raise RuntimeError if any route but those of static files has no access rule."""
    bare = sorted(name for name, view in app.view_functions.items() if name.split(".")[-1] != "static" and rule_of(view) is None)
    if bare:
        raise RuntimeError(f"routes without an access rule: {', '.join(bare)}")


def demand_tokens_of_the_api_alone(app: Flask) -> None:
    """Raise RuntimeError if a route of the API does not say by which keys it is opened, another one does, or users' tokens do not open what a session does."""
    views = {rule.rule: app.view_functions[rule.endpoint] for rule in app.url_map.iter_rules()}
    if misplaced := sorted(path for path, view in views.items() if is_api(path) != hasattr(view, "keys")):
        raise RuntimeError(f"a route says which keys open it if, and only if, /api/ is in it: {', '.join(misplaced)}")
    keys: dict[str, frozenset[str]] = {path: getattr(view, "keys", frozenset()) for path, view in views.items()}
    if browsers_only := sorted(path for path in keys if SESSION in keys[path] and BEARER not in keys[path]):
        raise RuntimeError(f"routes of the API that a session opens, and no token of the same user: {', '.join(browsers_only)}")
    scopes = {path: getattr(view, "scope", None) for path, view in views.items()}
    if bare := sorted(path for path in keys if BEARER in keys[path] and scopes[path] is None):
        raise RuntimeError(f"routes that take bearer tokens of no scope: {', '.join(bare)}")
    if unknown := sorted(set(filter(None, scopes.values())) - scopes_of(app).keys()):
        raise RuntimeError(f"scopes that no token can have, for no feature named them in scopes_of(app): {', '.join(unknown)}")
