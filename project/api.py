"""The JSON endpoints: what tokens may be good for, who a bearer token stands for, and refusals as JSON (RFC 6750)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import Flask, Response, current_app, jsonify, request
from werkzeug.http import HTTP_STATUS_CODES

if TYPE_CHECKING:
    from project.access import Person


@dataclass(frozen=True)
class Bearer:
    """Who a token stands for, and what it is good for."""

    name: str
    """What the audit calls the token: `token 7`."""
    user: Person
    scopes: frozenset[str]


FindBearer = Callable[[str], Bearer | None]
"""Says whom a token stands for; None for a token that is none, or no more."""


def scopes_of(app: Flask) -> dict[str, str]:
    """The scopes that a token can have, each with what it lets somebody do; features add theirs."""
    return cast(dict[str, str], app.extensions.setdefault("callboard_scopes", {}))


def find_bearers_with(app: Flask, find: FindBearer) -> None:
    """Have the app's bearer tokens looked up by `find`."""
    app.extensions["callboard_bearers"] = find


def bearer_behind(token: str) -> Bearer | None:
    """Whom a token stands for."""
    find: FindBearer = current_app.extensions["callboard_bearers"]
    return find(token)


BEARER, SESSION = "bearer token", "session"
"""Keys that open endpoints of the API; a feature may have others. What a session changes needs a form's token too."""


def is_api(path: str) -> bool:
    """Whether a path is the API's, where no answer is a page; the path of a route is one as well."""
    return "/api/" in path


def bearer_token() -> str | None:
    """The request's bearer token, which may be anything; None for a request without, or with another scheme."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def speaks_plainly(path: str) -> bool:
    """Whether errors there are lines of text, for the logs of a CI, unless JSON is asked for: what checkers ask begins with /api/."""
    return path.startswith("/api/") and request.accept_mimetypes.best_match(("text/plain", "application/json")) != "application/json"


def refusal(code: int, message: str, error: str | None = None) -> Response:
    """An error as JSON, or as text where checkers ask; without a word of its own the `error` is the status's, `not_found` say."""
    if speaks_plainly(request.path):
        return Response(f"{message}\n", code, mimetype="text/plain")
    answer = jsonify(error=error or HTTP_STATUS_CODES[code].lower().replace(" ", "_"), message=message)
    answer.status_code = code
    return answer


def challenge(code: int, message: str, error: str | None = None, scope: str | None = None) -> Response:
    """A refusal that says which token would be right; `error` is one of RFC 6750, 3.1, or None for a request that came with no token."""
    answer = refusal(code, message, error)
    parts = {"realm": "Callboard", "error": error, "scope": scope}
    answer.headers["WWW-Authenticate"] = "Bearer " + ", ".join(f'{name}="{value}"' for name, value in parts.items() if value)
    return answer
