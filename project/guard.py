"""A route without an access rule stops the app from starting."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from project.access import Rule
from project.admin import ClosedView


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
