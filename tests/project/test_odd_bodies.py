"""Odd bodies: whatever is sent to a route that changes something, the answer is an answer and no fault of the site."""

import pytest
from flask import Flask

from courses.teaching.sheet_views import LARGEST_SHEET
from project.extensions import settings_of
from tests.app_fixtures import log_in
from tests.project.routes import POSTS, World, kept_world

pytestmark = pytest.mark.no_cover

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"

BODIES = {
    "none": (b"", ""),
    "form without names": (b"=&=&&", FORM),
    "half a percent sign": (b"id=%&username=%f&name=%zz", FORM),
    "bytes that are no text": (b"id=%ff%fe&username=%ff&password=%ff&name=%ff&url=%ff", FORM),
    "half a surrogate pair": (b"id=%ed%a0%80&username=%ed%a0%80&password=%ed%a0%80&name=%ed%a0%80&code=%ed%a0%80", FORM),
    "zero bytes": (b"id=%00&username=%00&password=%00&name=%00&code=%00&schedule=%00&key=%00&note=%00&url=%00", FORM),
    "a thousand ids": (b"&".join([b"id=1"] * 1000), FORM),
    "an id of many digits": (b"id=" + b"9" * 5000 + b"&key=" + b"9" * 5000, FORM),
    "JSON": (b'{"id": 1, "is_superuser": true}', "application/json"),
    "JSON that is none": (b"{", "application/json"),
    "multipart without an end": (b'--x\r\nContent-Disposition: form-data; name="id"\r\n\r\n1', MULTIPART),
    "multipart that is none": (b"\0" * 100, MULTIPART),
    "multipart without a boundary": (b"--x\r\n", "multipart/form-data"),
    "a file where a word belongs": (b'--x\r\nContent-Disposition: form-data; name="id"; filename="a\0b"\r\n\r\n1\r\n--x--\r\n', MULTIPART),
    "an unknown character set": (b"id=1", f"{FORM}; charset=nonsense"),
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database will do: the bodies are refused before it."""
    return sqlite_url


@pytest.fixture
def world(app: Flask) -> World:
    """What there is to change."""
    return kept_world(app)


def answers(app: Flask, world: World, data: bytes, content_type: str) -> dict[str, int]:
    """What each route that changes something answers a superuser who sends it that body; a fault of the site is a 500, as in earnest."""
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    superuser = world.people["superuser"] or 0
    return {str(visit): log_in(app.test_client(), superuser).post(world.filled(visit.url), data=data, content_type=content_type).status_code for visit in POSTS}


@pytest.mark.parametrize("body", BODIES.values(), ids=list(BODIES))
def test_an_odd_body_is_no_fault_of_the_site(app: Flask, world: World, body: tuple[bytes, str]) -> None:
    faults = {route: status for route, status in answers(app, world, *body).items() if status >= 500}

    assert faults == {}


def test_a_body_that_is_too_large_is_refused_by_every_route(app: Flask, world: World) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    largest = max(settings_of(app).max_body_bytes, LARGEST_SHEET)

    statuses = answers(app, world, b"id=" + b"1" * largest, FORM)

    assert set(statuses.values()) == {413}
