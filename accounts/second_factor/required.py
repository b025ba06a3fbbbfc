"""Where superusers must have a second factor: one without it can do nothing but set it up, or leave."""

from flask import Flask, Response, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from accounts.models import User
from accounts.second_factor.queries import has_second_factor
from project.access import Person
from project.api import is_api, refusal
from project.extensions import settings_of

STILL_OPEN = {"accounts.second_factor", "accounts.set_up_second_factor", "accounts.logout", "theme.choose"}


def is_required_of(person: Person) -> bool:
    """Whether the person must have a second factor here."""
    return settings_of(current_app).second_factor == "superusers" and person.is_superuser


def lacks_required_second_factor(user: User) -> bool:
    """Whether the user must have a second factor here and has none: nothing that asks for a login may be opened so, by session or token."""
    return is_required_of(user) and not has_second_factor(user.id)


def lead_to_set_up() -> ResponseReturnValue | None:
    """Send whoever lacks a required second factor to the page that sets it up, whatever was asked for; a page that polls is made to reload."""
    if request.endpoint in STILL_OPEN or request.blueprint == "health" or (request.endpoint or "").split(".")[-1] == "static":
        return None
    if not lacks_required_second_factor(current_user):
        return None
    if "HX-Request" in request.headers:
        return Response(status=401, headers={"HX-Refresh": "true"})
    if is_api(request.path):
        return refusal(403, "A superuser of this site needs a second factor. Log in and set it up.")
    return redirect(url_for("accounts.second_factor"))


def register(app: Flask) -> None:
    """Ask it of each request, before its page is opened."""
    app.before_request(lead_to_set_up)
