"""Light, dark or as the system has it: what somebody chose, in a cookie, so that a page comes in the right colours at once."""

from datetime import timedelta

from flask import Blueprint, Flask, Response, current_app, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from project.access import everyone, open_to
from project.extensions import settings_of
from project.redirects import local_target

SYSTEM = "system"
THEMES = (SYSTEM, "light", "dark")
KEPT = timedelta(days=365)

blueprint = Blueprint("theme", __name__)


def cookie_name() -> str:
    """The cookie's name; with this prefix no neighbouring host can plant one."""
    return "__Host-theme" if settings_of(current_app).production else "theme"


def chosen_theme() -> str:
    """One of THEMES: what was chosen in this browser."""
    theme = request.cookies.get(cookie_name(), SYSTEM)
    return theme if theme in THEMES else SYSTEM


@blueprint.post("/theme")
@open_to(everyone)
def choose() -> BaseResponse:
    """Remember a theme, and go back to the page where it was chosen."""
    theme = request.form.get("theme", "")
    answer: Response = redirect(local_target(request.form.get("back")) or "/", 303)  # type: ignore[assignment]  # Flask's is one of Werkzeug's
    if theme in THEMES:
        answer.set_cookie(cookie_name(), theme, max_age=KEPT, secure=settings_of(current_app).production, httponly=True, samesite="Lax")
    return answer


def register(app: Flask) -> None:
    """Let people choose, and tell every template what they chose; `error.html` is rendered without context processors."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(chosen_theme=chosen_theme, themes=THEMES)
