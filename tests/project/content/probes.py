"""Requests that carry something else than usual, to any route and under any name that it reads, and what is wrong with their answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import ImmutableMultiDict

from project.redirects import local_target
from tests.app_fixtures import log_in
from tests.project.content.attacks import taken_for_markup
from tests.project.gallery import Gallery
from tests.project.routes import Visit

MOST_REDIRECTS = 3


@contextmanager
def noted(app: Flask) -> Iterator[set[str]]:
    """By which names its routes look for parameters for as long as the block runs, so that nobody has to list them."""
    names: set[str] = set()

    class Noting(ImmutableMultiDict[str, Any]):
        """A query string or a form that notes what it is asked for."""

        def __getitem__(self, key: str) -> Any:
            names.add(key)
            return super().__getitem__(key)

        def __contains__(self, key: object) -> bool:
            names.add(str(key))
            return super().__contains__(key)

        def get(self, key: str, *args: Any, **kwargs: Any) -> Any:
            """Note the name, and give the first value."""
            names.add(key)
            return super().get(key, *args, **kwargs)

        def getlist(self, key: str, *args: Any, **kwargs: Any) -> list[Any]:
            """Note the name, and give all values."""
            names.add(key)
            return super().getlist(key, *args, **kwargs)

    kept = app.request_class
    app.request_class = type("NotingRequest", (kept,), {"parameter_storage_class": Noting})
    try:
        yield names
    finally:
        app.request_class = kept


def superuser(app: Flask, gallery: Gallery) -> FlaskClient:
    """The browser of somebody who may open everything, newly logged in, for some of what is sent logs out."""
    return log_in(app.test_client(), gallery.world.people["superuser"] or 0)


def request_of(gallery: Gallery, visit: Visit, values: dict[str, str]) -> dict[str, Any]:
    """A visit to a route with other values than the table of routes has, as the test client takes it; a form's stand in the address too."""
    path, _, query = gallery.filled(visit.url).partition("?")
    usual = dict(part.split("=") for part in query.split("&") if part)
    request = {"path": path, "method": visit.method, "query_string": usual | values}
    if visit.method == "GET":
        return request
    return request | {"data": {name: gallery.filled(value) for name, value in visit.form.items()} | values}


def faults_of(browser: FlaskClient, **request: Any) -> list[str]:
    """What is wrong with the answer to a request, and with those that it leads to."""
    found = []
    for _ in range(MOST_REDIRECTS):
        answer = browser.open(**request)
        found += taken_for_markup(answer)
        answer.close()
        if answer.status_code >= 500:
            found.append(answer.status)
        location = answer.headers.get("Location")
        if location is None:
            break
        # The router, which takes slashes together, names the host too.
        target = local_target(location.removeprefix("http://localhost"))
        if target is None:
            return [*found, f"leads to {location}"]
        request = {"path": target}
    return found


def names_asked(app: Flask, gallery: Gallery, visit: Visit) -> set[str]:
    """The parameters that a route reads, those too that it reads once it has others."""
    with noted(app) as names:
        for _ in range(2):
            faults_of(superuser(app, gallery), **request_of(gallery, visit, dict.fromkeys(names, "1")))
            names.discard("csrf_token")
    return names
