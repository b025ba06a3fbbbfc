"""A route without an access rule, or one of the API that takes no tokens, stops the app from starting."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from project.access import Rule
from project.admin import ClosedView
from project.api import is_api, scopes_of


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
    """Raise RuntimeError if a route of the API takes no bearer tokens, another one does, or a scope is none that a token can have."""
    scopes = {rule.rule: getattr(app.view_functions[rule.endpoint], "scope", None) for rule in app.url_map.iter_rules()}
    if misplaced := sorted(path for path, scope in scopes.items() if is_api(path) != (scope is not None)):
        raise RuntimeError(f"a route takes bearer tokens if, and only if, /api/ is in it: {', '.join(misplaced)}")
    if unknown := sorted(set(filter(None, scopes.values())) - scopes_of(app).keys()):
        raise RuntimeError(f"scopes that no token can have, for no feature named them in scopes_of(app): {', '.join(unknown)}")
