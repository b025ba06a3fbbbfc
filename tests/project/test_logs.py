"""The log: each line of a request names it, each request has one of its own, and no line holds a secret."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, Response, abort, request, stream_with_context
from flask.testing import FlaskClient
from flask_login import current_user
from werkzeug.test import TestResponse

from project.extensions import db
from project.logs import lines_about, request_id
from tests.app_fixtures import log_in
from tests.apps import SECRET, close, make_app
from tests.factories import PASSWORD, make_superuser
from tests.place import free_port
from tests.project.logged import log, parsed


@pytest.fixture
def app(sqlite_url: str) -> Iterator[Flask]:
    """An app with a page that logs two lines, and one whose address holds a secret."""
    app = make_app(sqlite_url)
    app.config["WTF_CSRF_ENABLED"] = False

    @app.route("/chatty")
    def chatty() -> str:
        log.info("first line")
        log.warning("second line")
        return "done"

    @app.route("/reset/<token>", methods=["GET", "POST"])
    def reset(token: str) -> str:
        return f"by {current_user.username}" if current_user.is_authenticated else "by a visitor"

    yield app
    close(app)


def abouts(lines: io.StringIO) -> list[str]:
    """What each line of the tests' own says it is about."""
    return re.findall(r"tests\.logs \[([^\]]*)\]", lines.getvalue())


def answered(objects: io.StringIO) -> list[dict[str, Any]]:
    """The lines that say how requests were answered."""
    return [line for line in parsed(objects) if line["message"] == "answered"]


def test_every_line_of_a_request_carries_the_requests_id(app: Flask, lines: io.StringIO) -> None:
    app.test_client().get("/chatty")

    first, second = abouts(lines)
    assert re.fullmatch(r"request=[0-9a-f]{32}", first)
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
    with lines_about(request="the outer"):
        with lines_about(message_id="the inner"):
            log.info("inside")
        log.info("outside")

    assert abouts(lines) == ["request=the outer message_id=the inner", "request=the outer"]


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


@pytest.mark.parametrize("given", ["4f3a-11.b_C", "x" * 64])
def test_a_request_keeps_the_id_it_comes_with(app: Flask, objects: io.StringIO, given: str) -> None:
    response = app.test_client().get("/chatty", headers={"X-Request-ID": given})

    assert response.headers.getlist("X-Request-ID") == [given]
    assert {line["request"] for line in parsed(objects) if "request" in line} == {given}


@pytest.mark.parametrize("given", ["", "x" * 65, "with a space", "semi;colon", "<script>", "ünicode", "a,b"])
def test_an_id_of_another_shape_is_replaced(app: Flask, objects: io.StringIO, given: str) -> None:
    response = app.test_client().get("/chatty", headers={"X-Request-ID": given})

    made = response.headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", made)
    assert {line["request"] for line in parsed(objects) if "request" in line} == {made}


def test_the_id_at_work_is_known_inside_of_a_request_and_nowhere_else(app: Flask) -> None:
    app.add_url_rule("/id", "id", lambda: request_id() or "none")

    response = app.test_client().get("/id")

    assert response.text == response.headers["X-Request-ID"]
    assert request_id() is None


def test_each_request_has_one_line_that_says_how_it_was_answered(app: Flask, objects: io.StringIO) -> None:
    response = app.test_client().post("/reset/a-secret-token?state=another-secret")

    (line,) = answered(objects)
    assert (line["method"], line["route"], line["status"], line["user"]) == ("POST", "/reset/<token>", 200, None)
    assert line["milliseconds"] >= 0
    assert line["request"] == response.headers["X-Request-ID"]


def test_no_line_holds_the_path_or_the_query(app: Flask, objects: io.StringIO) -> None:
    browser = app.test_client()

    for url in ("/reset/a-secret-token?state=another-secret", "/no/a-secret-token?state=another-secret", "/accounts/login?next=/a-secret-token"):
        browser.get(url)
        browser.put(url)

    assert len(answered(objects)) == 6
    assert "secret" not in objects.getvalue()


def test_the_line_of_a_user_names_the_user(app: Flask, objects: io.StringIO) -> None:
    with app.app_context():
        user_id = make_superuser("ada").id

    log_in(app.test_client(), user_id).get("/reset/token")

    assert [line["user"] for line in answered(objects)] == [user_id]


def test_a_user_whom_nobody_asked_for_is_not_loaded_for_the_line(app: Flask, objects: io.StringIO) -> None:
    with app.app_context():
        user_id = make_superuser("ada").id

    log_in(app.test_client(), user_id).get("/chatty")

    assert [line["user"] for line in answered(objects)] == [None]


def test_a_user_who_went_stale_in_a_rollback_is_not_loaded_again_for_the_line(app: Flask, objects: io.StringIO) -> None:
    @app.route("/rolling")
    def rolling() -> str:
        assert current_user.username == "ada"
        db.session.rollback()
        db.engine.dispose()
        app.config["asked"] = []
        db.event.listen(db.engine, "before_cursor_execute", lambda *asked: app.config["asked"].append(asked[2]))
        return "rolled back"

    with app.app_context():
        user_id = make_superuser("ada").id

    log_in(app.test_client(), user_id).get("/rolling")

    assert [line["user"] for line in answered(objects)] == [user_id]
    assert app.config["asked"] == []


def visit(browser: FlaskClient, method: str, url: str) -> TestResponse:
    """A request to the page that ends in a certain way."""
    return browser.open(url, method=method, data={"title": "x" * 2_000_000} if url == "/too-large" else None)


@pytest.mark.parametrize(
    ("method", "url", "route", "status"),
    [
        ("GET", "/no/such/page", "-", 404),
        ("PUT", "/chatty", "-", 405),
        ("GET", "/users/", "/users/", 302),
        ("GET", "/users", "-", 308),
        ("GET", "/refused", "/refused", 403),
        ("POST", "/too-large", "/too-large", 413),
        ("GET", "/unready", "/unready", 503),
        ("GET", "/static/callboard.css", "/static/<path:filename>", 200),
    ],
)
def test_however_a_request_ends_it_has_its_line(app: Flask, objects: io.StringIO, method: str, url: str, route: str, status: int) -> None:
    app.add_url_rule("/refused", "refused", lambda: abort(403))
    app.add_url_rule("/unready", "unready", lambda: ("not yet", 503))
    app.add_url_rule("/too-large", "too_large", lambda: request.form["title"], methods=["POST"])

    response = visit(app.test_client(), method, url)
    response.close()

    assert [(line["method"], line["route"], line["status"]) for line in answered(objects)] == [(method, route, status)]


def test_a_request_that_fails_has_its_line_too(app: Flask, objects: io.StringIO) -> None:
    app.add_url_rule("/failing", "failing", lambda: str(1 / 0))

    with pytest.raises(ZeroDivisionError):
        app.test_client().get("/failing")

    assert [(line["route"], line["status"]) for line in answered(objects)] == [("/failing", 500)]


def test_a_streamed_answer_has_one_line_and_what_it_logs_meanwhile_carries_its_id(app: Flask, objects: io.StringIO) -> None:
    def rows() -> Iterator[str]:
        for number in range(3):
            log.info("row %d", number)
            yield f"{number}\n"

    app.add_url_rule("/rows", "rows", lambda: Response(stream_with_context(rows())))

    response = app.test_client().get("/rows")

    assert response.text == "0\n1\n2\n"
    response.close()
    assert len(answered(objects)) == 1
    assert {line.get("request") for line in parsed(objects)} == {response.headers["X-Request-ID"]}
