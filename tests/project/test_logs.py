"""The log: each line of a request names it, and no line holds a secret."""

import io
import logging
import re
from collections.abc import Iterator

import pytest
from flask import Flask

from project.logs import FORMAT, add_about, lines_about
from tests.apps import SECRET, close, make_app
from tests.factories import PASSWORD
from tests.place import free_port

log = logging.getLogger("tests.logs")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """All that is logged, written as the site writes it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter(FORMAT))
    handler.addFilter(add_about)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.fixture
def app(sqlite_url: str) -> Iterator[Flask]:
    """An app with a page that logs two lines."""
    app = make_app(sqlite_url)
    app.config["WTF_CSRF_ENABLED"] = False

    @app.route("/chatty")
    def chatty() -> str:
        log.info("first line")
        log.warning("second line")
        return "done"

    yield app
    close(app)


def abouts(lines: io.StringIO) -> list[str]:
    """What each line of the tests' own says it is about."""
    return re.findall(r"tests\.logs \[([^\]]*)\]", lines.getvalue())


def test_every_line_of_a_request_carries_the_requests_id(app: Flask, lines: io.StringIO) -> None:
    app.test_client().get("/chatty")

    first, second = abouts(lines)
    assert re.fullmatch(r"request=[0-9a-f]{12}", first)
    assert second == first


def test_two_requests_have_two_ids(app: Flask, lines: io.StringIO) -> None:
    browser = app.test_client()

    browser.get("/chatty")
    browser.get("/chatty")

    assert len(set(abouts(lines))) == 2


def test_a_request_that_fails_carries_its_id_and_leaves_none_behind(app: Flask, lines: io.StringIO) -> None:
    @app.route("/failing")
    def failing() -> str:
        log.info("about to fail")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        app.test_client().get("/failing")
    log.info("afterwards")

    before, after = abouts(lines)
    assert before.startswith("request=")
    assert after == "-"


def test_a_line_outside_of_every_request_says_so(app: Flask, lines: io.StringIO) -> None:
    app.test_client().get("/chatty")

    log.info("afterwards")

    assert abouts(lines)[-1] == "-"


def test_what_lines_are_about_can_be_nested(lines: io.StringIO) -> None:
    with lines_about("the outer"):
        with lines_about("the inner"):
            log.info("inside")
        log.info("outside")

    assert abouts(lines) == ["the inner", "the outer"]


def test_no_secret_is_in_the_log_of_an_account(app: Flask, lines: io.StringIO) -> None:
    mistyped, chosen, changed = "a mistyped password", "a chosen password", "a changed password"
    browser = app.test_client()

    statuses = [
        browser.post("/accounts/register", data={"username": "ada", "password": chosen, "repeat": chosen}).status_code,
        browser.post("/accounts/password", data={"current": chosen, "password": changed, "repeat": changed}).status_code,
        browser.post("/accounts/login", data={"username": "ada", "password": mistyped}).status_code,
        browser.post("/accounts/login", data={"username": "ada", "password": changed}).status_code,
    ]
    log.info("the end")

    assert statuses == [302, 302, 401, 302]
    assert "the end" in lines.getvalue()
    assert [secret for secret in (SECRET, mistyped, chosen, changed) if secret in lines.getvalue()] == []


def test_a_database_that_fails_is_logged_without_its_password(lines: io.StringIO) -> None:
    app = make_app(f"postgresql+psycopg2://callboard:the-database-password@127.0.0.1:{free_port()}/board")
    app.config["WTF_CSRF_ENABLED"] = False

    response = app.test_client().post("/accounts/login", data={"username": "ada", "password": PASSWORD})

    close(app)
    assert response.status_code == 503
    assert "the database cannot be used" in lines.getvalue()
    assert [secret for secret in ("the-database-password", SECRET, PASSWORD) if secret in lines.getvalue()] == []
