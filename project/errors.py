"""What a visitor sees when something is wrong: a page in the site's own look, never a stack trace."""

import logging

from flask import Flask, Response, current_app, render_template
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from project.database import is_trouble
from project.extensions import db

log = logging.getLogger(__name__)

BODY_LIMIT = 1024 * 1024
"""Bytes that a request's body may have; more is 413."""

TITLES = {400: "That did not work", 403: "This is not open to you", 404: "There is nothing here", 413: "That is too large"}
TEXTS = {
    403: "You are logged in, but this page needs a right that your account does not have. A superuser can give it.",
    404: "The page does not exist, or what it showed has been deleted.",
    413: "What you sent is larger than this site accepts (1 MB).",
}


def page(code: int, title: str, text: str, *, bare: bool = False) -> Response:
    """An error's page; `bare` leaves out all that would need the database, such as who is logged in."""
    if bare:
        # Not render_template: its context processors ask who is logged in.
        html = current_app.jinja_env.get_template("error.html").render(code=code, title=title, text=text, bare=True)
        return Response(html, code)
    try:
        return Response(render_template("error.html", code=code, title=title, text=text, bare=False), code)
    except SQLAlchemyError as fault:
        return on_database_error(fault)


def on_http_error(error: HTTPException) -> BaseResponse:
    """The page for an error that the HTTP layer or a view raised on purpose, with the headers that belong to it."""
    if error.code is None or error.code < 400:
        return error.get_response()
    answer = page(error.code, TITLES.get(error.code, error.name), TEXTS.get(error.code, error.description or ""), bare=error.code >= 500)
    answer.headers.extend((name, value) for name, value in error.get_headers() if name != "Content-Type")
    return answer


def on_csrf_error(error: CSRFError) -> Response:
    """The page for a form whose token is missing, wrong or too old."""
    return page(400, "This form has expired", "Go back, reload the page and send the form again. Nothing was changed.")


def on_stale_data(error: StaleDataError) -> Response:
    """409 for a change that somebody else was faster with."""
    db.session.rollback()
    return page(
        409, "Somebody else was faster", "It was changed or deleted while you were at it. Go back, reload the page and look; nothing of yours was changed."
    )


def on_database_error(error: SQLAlchemyError) -> Response:
    """503 while the database can't be used; anything else about it is a fault of ours, 500."""
    db.session.rollback()
    if not is_trouble(error):
        return on_fault(error)
    log.error("the database cannot be used: %s", error.__cause__ or error)
    return page(
        503, "The database does not answer", "Nothing you did is wrong. The site works again as soon as the database is back; try again in a minute.", bare=True
    )


def on_fault(error: Exception) -> Response:
    """500, with the stack trace in the log and not on the page."""
    log.error("a request failed", exc_info=error)
    return page(500, "Something is broken", "The fault is ours, and it has been logged. Try again; if it stays, tell whoever runs this site.", bare=True)


def register(app: Flask) -> None:
    """Give the app its error pages."""
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(CSRFError, on_csrf_error)
    app.register_error_handler(SQLAlchemyError, on_database_error)
    app.register_error_handler(StaleDataError, on_stale_data)
    if not app.testing:
        app.register_error_handler(Exception, on_fault)
