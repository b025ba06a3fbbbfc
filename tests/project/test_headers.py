"""Headers: what guards every answer is on every answer, proxies are believed as far as the settings say, and hosts and bodies have bounds."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort, request
from flask.testing import FlaskClient
from gunicorn.http.errors import InvalidChunkSize
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from project import create_app
from tests.app_fixtures import log_in
from tests.apps import close, settings, sqlite_copy
from tests.factories import make_superuser

GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

Make = Callable[..., Flask]


@pytest.fixture
def make(sqlite_template: Path, tmp_path: Path) -> Iterator[Make]:
    """Make apps as they are served, with pages for each kind of trouble; the arguments are settings."""
    made = []

    def make_app(**changes: Any) -> Flask:
        app = create_app(settings(sqlite_copy(sqlite_template, tmp_path), **changes))
        app.config["WTF_CSRF_ENABLED"] = False
        app.add_url_rule("/wrong", "wrong", lambda: abort(400))
        app.add_url_rule("/refused", "refused", lambda: abort(403))
        app.add_url_rule("/failing", "failing", lambda: str(1 / 0))
        app.add_url_rule("/away", "away", away)
        app.add_url_rule("/asked", "asked", lambda: f"{request.url_root} for {request.remote_addr}")
        made.append(app)
        return app

    yield make_app
    for app in made:
        close(app)


def away() -> str:
    """A page whose database is away."""
    raise OperationalError("SELECT", {}, ConnectionError())


def superuser(app: Flask) -> FlaskClient:
    """The browser of somebody who may see everything."""
    with app.app_context():
        user_id = make_superuser().id
    return log_in(app.test_client(), user_id)


PAGES = {
    "a page": ("GET", "/", 200),
    "a list": ("GET", "/tasks/", 200),
    "a table to download": ("GET", "/reviews/authors.csv", 200),
    "a redirect": ("GET", "/users/new/", 302),
    "a redirect of the router": ("GET", "/users", 308),
    "a form that is refused": ("POST", "/tasks/details/", 405),
    "a request that makes no sense": ("GET", "/wrong", 400),
    "a page that is not open": ("GET", "/refused", 403),
    "a page that is not there": ("GET", "/nowhere", 404),
    "a file that is not there": ("GET", "/static/nowhere.css", 404),
    "a file of Flask-Admin's": ("GET", "/static/admin/admin/css/bootstrap4/admin.css", 404),
    "too large a form": ("POST", "/accounts/login", 413),
    "a fault": ("GET", "/failing", 500),
    "a database that is away": ("GET", "/away", 503),
}
SAME_FOR_EVERYONE = {
    "a file": ("GET", "/static/callboard.css", 200),
    "liveness": ("GET", "/healthz", 200),
    "readiness": ("GET", "/readyz", 200),
}


def ask(browser: FlaskClient, method: str, url: str, status: int, **how: Any) -> TestResponse:
    """The answer, which must have the status."""
    form = {"username": "x" * 2**20} if status == 413 else None
    response = browser.open(url, method=method, data=form, **how)
    assert response.status_code == status
    return response


@pytest.mark.parametrize("kind", [*PAGES, *SAME_FOR_EVERYONE])
def test_every_answer_is_guarded(make: Make, kind: str) -> None:
    response = ask(superuser(make()), *(PAGES | SAME_FOR_EVERYONE)[kind])

    assert {name: response.headers.getlist(name) for name in GUARDS} == {name: [value] for name, value in GUARDS.items()}
    assert response.headers.get("X-Request-ID")
    response.close()


@pytest.mark.parametrize("kind", PAGES)
def test_no_cache_keeps_what_depends_on_who_is_logged_in(make: Make, kind: str) -> None:
    response = ask(superuser(make()), *PAGES[kind])

    assert response.headers.getlist("Cache-Control") == ["no-store"]


@pytest.mark.parametrize("kind", SAME_FOR_EVERYONE)
def test_what_is_the_same_for_everyone_may_be_kept(make: Make, kind: str) -> None:
    response = ask(superuser(make()), *SAME_FOR_EVERYONE[kind])

    assert "no-store" not in response.headers.get("Cache-Control", "")
    response.close()


def test_an_answer_that_says_itself_how_long_to_keep_it_is_left_alone(make: Make) -> None:
    app = make()
    app.add_url_rule("/kept", "kept", lambda: ("for an hour", {"Cache-Control": "private, max-age=3600"}))

    assert app.test_client().get("/kept").headers.getlist("Cache-Control") == ["private, max-age=3600"]


@pytest.mark.parametrize("kind", [*PAGES, *SAME_FOR_EVERYONE])
def test_in_production_every_answer_over_https_asks_for_https_for_two_years(make: Make, kind: str) -> None:
    browser = superuser(make(environment="production"))

    response = ask(browser, *(PAGES | SAME_FOR_EVERYONE)[kind], base_url="https://localhost")

    assert response.headers.getlist("Strict-Transport-Security") == ["max-age=63072000"]
    response.close()


@pytest.mark.parametrize(("environment", "base_url"), [("production", "http://localhost"), ("development", "https://localhost")])
def test_elsewhere_no_answer_asks_for_https(make: Make, environment: str, base_url: str) -> None:
    response = make(environment=environment).test_client().get("/", base_url=base_url)

    assert "Strict-Transport-Security" not in response.headers


FORWARDED = {"X-Forwarded-For": "8.8.8.8, 9.9.9.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "board.example.org", "X-Forwarded-Port": "8443"}


@pytest.mark.parametrize(
    ("proxies", "asked"),
    [
        (0, "http://localhost/ for 127.0.0.1"),
        (1, "https://board.example.org:8443/ for 9.9.9.9"),
    ],
)
def test_a_proxy_is_believed_if_the_settings_count_it(make: Make, proxies: int, asked: str) -> None:
    response = make(trusted_proxies=proxies).test_client().get("/asked", headers=FORWARDED)

    assert response.text == asked


def test_of_two_proxies_each_is_believed_once(make: Make) -> None:
    response = make(trusted_proxies=2).test_client().get("/asked", headers={"X-Forwarded-For": "6.6.6.6, 8.8.8.8, 9.9.9.9"})

    assert response.text == "http://localhost/ for 8.8.8.8"


def test_without_trusted_hosts_any_name_will_do(make: Make) -> None:
    assert make().test_client().get("/", base_url="http://evil.example").status_code == 200


def test_the_site_answers_to_its_names_on_any_port(make: Make) -> None:
    browser = make(trusted_hosts=("board.example.org", "10.0.0.5")).test_client()

    statuses = [browser.get("/", base_url=f"http://{host}").status_code for host in ("board.example.org", "BOARD.example.org:8000", "10.0.0.5")]

    assert statuses == [200, 200, 200]


@pytest.mark.parametrize("url", ["/", "/accounts/login", "/nowhere", "/static/callboard.css"])
@pytest.mark.parametrize("host", ["evil.example", "board.example.org.evil.example", "sub.board.example.org", "evil.example:80", "127.0.0.1", "a b"])
def test_another_name_gets_the_page_of_an_error_without_that_name_in_it(make: Make, host: str, url: str) -> None:
    response = make(trusted_hosts=("board.example.org",)).test_client().get(url, headers={"Host": host})

    assert response.status_code == 400
    assert "<title>That did not work · Callboard</title>" in response.text
    assert 'href="/static/callboard.css?v=' in response.text
    assert "http" not in response.text.replace("http-equiv", "")
    assert host not in response.text
    assert {name: response.headers.get(name) for name in GUARDS} == GUARDS


@pytest.mark.parametrize("url", ["/healthz", "/healthcheck", "/readyz"])
def test_probes_of_health_may_ask_by_address(make: Make, url: str) -> None:
    response = make(trusted_hosts=("board.example.org",)).test_client().get(url, headers={"Host": "10.0.0.5:8000"})

    assert response.status_code == 200


def test_a_name_that_a_trusted_proxy_passes_on_is_checked_and_the_proxys_own_is_not(make: Make) -> None:
    browser = make(trusted_hosts=("board.example.org",), trusted_proxies=1).test_client()

    asked_for = [browser.get("/", headers={"Host": "10.0.0.5", "X-Forwarded-Host": host}).status_code for host in ("board.example.org", "evil.example")]

    assert asked_for == [200, 400]


LIMIT = 50_000


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 401), (LIMIT + 1, 413)])
def test_a_form_may_be_as_large_as_the_settings_say_and_no_larger(make: Make, size: int, status: int) -> None:
    body = b"username=ada&password=".ljust(size, b"x")

    response = make(max_body_bytes=LIMIT).test_client().post("/accounts/login", data=body, content_type="application/x-www-form-urlencoded")

    assert response.status_code == status


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 401), (LIMIT + 1, 413), (LIMIT * 20, 413)])
def test_a_form_in_chunks_which_does_not_say_how_large_it_is_is_not_cut_off_at_the_limit(make: Make, size: int, status: int) -> None:
    body = BytesIO(b"username=ada&password=".ljust(size, b"x"))
    in_chunks = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}

    response = (
        make(max_body_bytes=LIMIT)
        .test_client()
        .post("/accounts/login", input_stream=body, environ_overrides=in_chunks, content_type="application/x-www-form-urlencoded")
    )

    assert response.status_code == status


class ChunksThatAreNone(BytesIO):
    """A body as gunicorn gives it whose chunks begin with what is no size."""

    def readinto(self, buffer: object) -> int:
        """Find that out."""
        raise InvalidChunkSize(b"ZZ")


def test_chunks_that_are_none_are_no_fault_of_the_site(make: Make) -> None:
    in_chunks = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}

    response = make().test_client().post("/accounts/login", input_stream=ChunksThatAreNone(), environ_overrides=in_chunks)

    assert response.status_code == 400


def test_another_name_is_refused_as_ever_when_what_it_sends_in_chunks_is_too_large(make: Make) -> None:
    in_chunks = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True, "HTTP_HOST": "evil.example"}
    browser = make(max_body_bytes=LIMIT, trusted_hosts=("board.example.org",)).test_client()

    response = browser.post("/accounts/login", input_stream=BytesIO(b"x" * 2 * LIMIT), environ_overrides=in_chunks)

    assert response.status_code == 400


def test_one_field_of_a_form_may_be_nearly_as_large_as_the_whole(make: Make) -> None:
    response = make().test_client().post("/accounts/login", data={"username": "ada", "password": "x" * 1_000_000})

    assert response.status_code == 401


def test_too_large_a_body_is_told_the_limit(make: Make) -> None:
    response = make(max_body_bytes=3 * 2**20).test_client().post("/accounts/login", data={"username": "x" * 3 * 2**20})

    assert response.status_code == 413
    assert "3.0 MiB" in response.text


def test_a_form_with_too_many_parts_is_413(make: Make) -> None:
    response = make().test_client().post("/accounts/login", data={f"field{number}": "" for number in range(600)}, content_type="multipart/form-data")

    assert response.status_code == 413
