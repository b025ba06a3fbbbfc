"""The front page: what features pin to it, for those who may see it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from flask import Blueprint, Flask, current_app
from flask_admin import Admin, AdminIndexView, expose
from flask_admin.theme import Theme
from flask_login import current_user

from project.access import Rule, everyone
from project.admin import ClosedView, navigation_of


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Something that a feature pins to the front page."""

    rule: Rule
    """Who sees it."""
    place: int
    """Smaller numbers stand first."""
    template: str
    """Renders one `<section class="pinned">`."""
    facts: Callable[[], dict[str, Any]]
    """What the template shows. It runs whenever somebody opens the front page, so it costs a few cheap statements, whatever there is in the tables."""


def notices_of(app: Flask) -> list[Notice]:
    """The app's notices, where features add theirs."""
    return cast(list[Notice], app.extensions.setdefault("callboard_notices", []))


class Home(ClosedView, AdminIndexView):
    """The front page."""

    rule = everyone

    @expose("/")
    def index(self) -> str:
        """For a visitor what this is and how to get in; for whoever is logged in what concerns them, and the shortest way to it."""
        notices = sorted((notice for notice in notices_of(current_app) if notice.rule(current_user)), key=lambda notice: notice.place)
        return self.render("home.html", notices=[(notice.template, notice.facts()) for notice in notices])

    def is_visible(self) -> bool:
        """The wordmark leads here, so the navigation need not."""
        return False

    def create_blueprint(self, admin: Admin) -> Blueprint:
        """The blueprint without Flask-Admin's own scripts and styles: no page uses them, and a tag that somebody smuggled in can't load them either."""
        blueprint: Blueprint = super().create_blueprint(admin)
        blueprint.static_folder = None
        return blueprint


def register(app: Flask) -> None:
    """Make the app's admin site, whose index is the front page, and give every template the navigation."""
    app.config["FLASK_ADMIN_RAISE_ON_VIEW_EXCEPTION"] = True
    Admin(app, name="Callboard", theme=Theme(folder="callboard", base_template="admin/master.html"), index_view=Home(url="/", endpoint="home"))
    app.context_processor(lambda: {"navigation": navigation_of(app)})
