"""For whoever watches the instance: is it alive, is it ready, and if not, why."""

import logging
from collections.abc import Callable
from functools import cache
from typing import cast

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from project.access import everyone, open_to
from project.extensions import db
from project.settings import ROOT

log = logging.getLogger(__name__)
blueprint = Blueprint("health", __name__)

Check = Callable[[], str | None]
"""Says what is wrong, or None."""


def checks_of(app: Flask) -> dict[str, Check]:
    """The checks behind /readyz by name; features and infrastructure add theirs."""
    return cast(dict[str, Check], app.extensions.setdefault("callboard_checks", {}))


@blueprint.get("/healthz")
@open_to(everyone)
def healthz() -> ResponseReturnValue:
    """200 as long as the process answers at all."""
    return {"status": "alive"}


@blueprint.get("/healthcheck")
@open_to(everyone)
def healthcheck() -> ResponseReturnValue:
    """The same in the words of a Manytask server, for whoever watched one."""
    return "OK", {"Content-Type": "text/plain; charset=utf-8"}


@blueprint.get("/readyz")
@open_to(everyone)
def readyz() -> ResponseReturnValue:
    """200 when all that a request or a tick needs is there, else 503 and the reasons."""
    wrong = {name: reason for name, check in checks_of(current_app).items() if (reason := check())}
    return jsonify(status="unready" if wrong else "ready", reasons=wrong), 503 if wrong else 200


@cache
def newest_migrations() -> frozenset[str]:
    """The revisions that the code at hand needs."""
    return frozenset(ScriptDirectory(str(ROOT / "migrations")).get_heads())


def database_trouble() -> str | None:
    """Why the database can't be used: it does not answer, or its migrations are not the code's."""
    try:
        applied = frozenset(MigrationContext.configure(db.session.connection()).get_current_heads())
    except SQLAlchemyError as error:
        db.session.rollback()
        log.warning("not ready: %s", error.__cause__ or error)
        return "the database does not answer"
    if applied != newest_migrations():
        return f"migrations applied: {', '.join(sorted(applied)) or 'none'}; needed: {', '.join(sorted(newest_migrations()))}; run flask db upgrade"
    return None


def register(app: Flask) -> None:
    """Hang /healthz, /healthcheck and /readyz on the app."""
    checks_of(app)["database"] = database_trouble
    app.register_blueprint(blueprint)
