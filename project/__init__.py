"""Callboard: the app factory."""

from importlib import import_module

from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader

from project import assets, database, errors, formatting, guard, headers, health, home, logs, theme
from project.extensions import csrf, db, login_manager, migrate
from project.settings import FEATURES, INSTANCE, ROOT, Settings, load_settings


def create_app(settings: Settings | None = None, *, testing: bool = False) -> Flask:
    """Make a site of its own; several may live in one process.

    Without `settings` they come from the environment. Nothing is started here: serving starts the
    scheduler (project/wsgi.py), `dramatiq workers.main` starts workers. Raises SettingsError.
    """
    settings = settings or load_settings()
    app = Flask(__name__, instance_path=str(INSTANCE))
    app.extensions["callboard"] = settings
    app.config.update(
        TESTING=testing,
        SECRET_KEY=settings.secret_key,
        # A form stays good as long as its session: pages that keep themselves fresh stay open for hours.
        WTF_CSRF_TIME_LIMIT=None,
        # An edited template shows at once, with no restart.
        TEMPLATES_AUTO_RELOAD=not settings.production,
    )
    # A Flask-Admin view's blueprint brings Flask-Admin's own templates, so each package's folder is searched here.
    app.jinja_loader = ChoiceLoader([FileSystemLoader(ROOT / package / "templates") for package in ("project", *FEATURES)])
    # First of all, so that what the others refuse is logged with the request's id.
    logs.register(app)
    headers.register(app)
    database.register(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    csrf.init_app(app)
    login_manager.init_app(app)
    for part in (errors, formatting, assets, theme, health, home):
        part.register(app)
    for feature in FEATURES:
        import_module(feature).register(app)
    guard.demand_a_rule_of_every_route(app)
    guard.demand_tokens_of_the_api_alone(app)
    return app
