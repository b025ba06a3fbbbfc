"""What a visitor sees when something is wrong: a page in the site's own look, never a stack trace."""

import logging

from flask import Flask, Response, current_app, render_template, request
from flask_wtf.csrf import CSRFError
from jinja2.filters import do_filesizeformat
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response as BaseResponse

from project import api
from project.database import is_trouble
from project.extensions import db, settings_of
from project.headers import MOST_FIELDS

log = logging.getLogger(__name__)

TITLES = {400: "That did not work", 403: "This is not open to you", 404: "There is nothing here", 413: "That is too large"}
TEXTS = {
    403: "You are logged in, but this page needs a right that your account does not have. A superuser can give it.",
    404: "The page does not exist, or what it showed has been deleted.",
    413: "What you sent is larger than this site accepts ({size}), or has too many parts ({parts} are accepted).",
}


def page(code: int, title: str, text: str, *, bare: bool = False) -> Response:
    """An error's page, or JSON where it is the API's; `bare` leaves out all that would need the database, such as who is logged in."""
    if api.is_api(request.path):
        return api.refusal(code, text)
    if bare:
        # Not render_template: its context processors ask who is logged in.
        html = current_app.jinja_env.get_template("error.html").render(code=code, title=title, text=text, bare=True, url_for=path_to)
        return Response(html, code)
    try:
        return Response(render_template("error.html", code=code, title=title, text=text, bare=False), code)
    except SQLAlchemyError as fault:
        return on_database_error(fault)


def path_to(endpoint: str, **values: str) -> str:
    """The path of a page; unlike Flask's url_for it needs no host, for the request's may have been refused."""
    current_app.inject_url_defaults(endpoint, values)
    return current_app.url_map.bind("", request.root_path).build(endpoint, values)


def on_unknown_host(_error: SecurityError) -> Response:
    """400 for a request by a name that is none of the site's; the answer repeats nothing of it."""
    return page(400, TITLES[400], "This site does not answer to the name that you asked for.", bare=True)


def on_http_error(error: HTTPException) -> BaseResponse:
    """The page for an error that the HTTP layer or a view raised on purpose, with the headers that belong to it."""
    if error.code is None or error.code < 400:
        return error.get_response()
    text = TEXTS.get(error.code, error.description or "")
    if error.code == 413:
        text = text.format(size=do_filesizeformat(settings_of(current_app).max_body_bytes, binary=True), parts=MOST_FIELDS)
    answer = page(error.code, TITLES.get(error.code, error.name), text, bare=error.code >= 500)
    answer.headers.extend((name, value) for name, value in error.get_headers() if name != "Content-Type")
    return answer


def loses_cookies() -> bool:
    """Whether the browser will not keep this site's cookies: in production they travel over https only, and this request came over http."""
    return settings_of(current_app).production and not request.is_secure


def plain_http_page() -> Response:
    """What keeps people from logging in, for them and for whoever runs the site."""
    return page(
        400,
        "This site needs https",
        "You can't log in here over http: the site runs with CALLBOARD_ENV=production, where cookies travel over https only. Open its https:// address. "
        "If you have: whoever runs the site has to set TRUSTED_PROXIES to the number of proxies in front of it, else it can't know of the https.",
        bare=True,
    )


def on_csrf_error(error: CSRFError) -> Response:
    """The page for a form whose token is missing, wrong or too old."""
    if loses_cookies():
        return plain_http_page()
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
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(SecurityError, on_unknown_host)
    app.register_error_handler(CSRFError, on_csrf_error)
    app.register_error_handler(SQLAlchemyError, on_database_error)
    app.register_error_handler(StaleDataError, on_stale_data)
    if not app.testing:
        app.register_error_handler(Exception, on_fault)
