"""What is believed of a request's headers, how large it may be, and the headers that guard every answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response, abort, request
from gunicorn.http.errors import ParseException
from werkzeug.middleware.proxy_fix import ProxyFix

from project.extensions import settings_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOST_FIELDS = 500
"""Parts that a form with files may have."""
TWO_YEARS = 2 * 365 * 86400
PROBED = ("/healthz", "/healthcheck", "/readyz")

CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    # Files of the site alone: nothing is inline, so no page needs a nonce.
    "script-src": "'self'",
    "style-src": "'self'",
    # Pico's stylesheet holds its icons as data.
    "img-src": "'self' data:",
    "connect-src": "'self'",
    # Browsers hold redirects after a form to this too, so whoever signs in elsewhere is sent there by a page: leaving.leave_for.
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
ON_EVERY_ANSWER = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "; ".join(f"{directive} {sources}" for directive, sources in CONTENT_SECURITY_POLICY.items()),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def open_to_probes(inside: WSGIApplication, host: str) -> WSGIApplication:
    """Let probes of the site's health, which know its address alone, ask as if by the name `host`; what they are told depends on no name."""

    def asked(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in PROBED:
            environ["HTTP_HOST"] = host
        return inside(environ, start_response)

    return asked


def is_for_everyone(response: Response) -> bool:
    """Whether the answer is the same whoever asks: a file, or what probes are told. An error's page about either is not."""
    is_file = request.endpoint == "static" and response.status_code < 400
    return is_file or request.blueprint == "health"


def register(app: Flask) -> None:
    """Believe the proxies that the settings name, and them alone; bound what is asked, guard what is answered."""
    settings = settings_of(app)
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        # One field of a form may be all of it; Flask of its own would stop at 500 kB.
        MAX_FORM_MEMORY_SIZE=settings.max_body_bytes,
        MAX_FORM_PARTS=MOST_FIELDS,
    )
    if settings.trusted_hosts:
        app.config["TRUSTED_HOSTS"] = list(settings.trusted_hosts)
        app.wsgi_app = open_to_probes(app.wsgi_app, settings.trusted_hosts[0])  # type: ignore[assignment, method-assign]  # Flask says to
    if count := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count, x_port=count)  # type: ignore[method-assign]  # as above

    @app.before_request
    def read_chunks() -> None:
        # A body in chunks says nothing of its length, and Werkzeug would take as much of it as there may be for all of it;
        # gunicorn finds out only while it is read that the chunks are none.
        if request.endpoint and request.content_length is None:
            request.max_content_length = settings.max_body_bytes + 1
            try:
                size = len(request.get_data())
            except ParseException as fault:
                abort(400, f"The body can't be read: {fault}.")
            if size > settings.max_body_bytes:
                abort(413)

    @app.after_request
    def guard(response: Response) -> Response:
        for name, value in ON_EVERY_ANSWER.items():
            response.headers.setdefault(name, value)
        if settings.production and request.is_secure:
            response.headers["Strict-Transport-Security"] = f"max-age={TWO_YEARS}"
        if "Cache-Control" not in response.headers and not is_for_everyone(response):
            response.headers["Cache-Control"] = "no-store"
        return response
