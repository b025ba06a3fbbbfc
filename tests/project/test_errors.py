"""Trouble: whatever goes wrong, a visitor gets a page in the site's own look that says what to do, and nothing of the inside."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_login import current_user
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from accounts.models import User
from project import create_app
from project.extensions import db, settings_of
from tests.app_fixtures import log_in
from tests.apps import close, migrate, settings
from tests.factories import make_superuser, make_user
from tests.servers import PostgresServer

INSIDES = ("Traceback", "SELECT", "psycopg2", "sqlalchemy", "sqlite3", "127.0.0.1", "hunter2", ".py")


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    """An app as it is served, in which tests may break something."""
    app = served(database_url)
    yield app
    close(app)


@pytest.fixture(scope="module")
def frail_server(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """A PostgreSQL that tests may stop; `postgres` only says whether there can be one."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def frail(frail_server: PostgresServer) -> Iterator[Flask]:
    """An app whose database can go away."""
    url = frail_server.create_database()
    migrate(url)
    app = served(url)
    yield app
    frail_server.stop()
    close(app)
    frail_server.start()


def served(database_url: str) -> Flask:
    """An app as it is served, but that forms need no token."""
    app = create_app(settings(database_url))
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def fail(app: Flask, how: Callable[[], object]) -> str:
    """A page of the app that does what it is told; its URL."""

    def page() -> str:
        return str(how())

    app.add_url_rule("/failing", "failing", page)
    return "/failing"


def member(app: Flask, *, superuser: bool = False) -> FlaskClient:
    """The browser of somebody with an account."""
    with app.app_context():
        user = make_superuser() if superuser else make_user()
    return log_in(app.test_client(), user.id)


def assert_own_page(response: TestResponse, status: int, title: str) -> None:
    """The response is one of the site's pages about an error, and shows nothing of the inside."""
    assert response.status_code == status
    assert f"<title>{title} · Callboard</title>" in response.text
    assert [word for word in INSIDES if word in response.text] == []


def test_a_page_that_does_not_exist_is_404(app: Flask) -> None:
    response = app.test_client().get("/no/such/page")

    assert_own_page(response, 404, "There is nothing here")


def test_a_page_without_the_right_for_it_is_403(app: Flask) -> None:
    response = member(app).get("/users/")

    assert_own_page(response, 403, "This is not open to you")


def test_a_page_that_only_takes_forms_is_405(app: Flask) -> None:
    response = app.test_client().get("/accounts/logout")

    assert_own_page(response, 405, "Method Not Allowed")


def test_a_405_says_what_would_be_allowed(app: Flask) -> None:
    response = app.test_client().get("/accounts/logout")

    assert "POST" in response.headers.get("Allow", "")


@pytest.mark.parametrize("url", ["/accounts/login", "/accounts/register"])
def test_a_body_beyond_the_limit_is_413(app: Flask, url: str) -> None:
    response = app.test_client().post(url, data={"username": "x" * settings_of(app).max_body_bytes})

    assert_own_page(response, 413, "That is too large")


def test_a_fault_of_the_site_is_500(app: Flask) -> None:
    url = fail(app, lambda: 1 / 0)

    response = member(app).get(url)

    assert_own_page(response, 500, "Something is broken")


def test_a_fault_of_the_site_is_logged_with_its_stack_trace(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    url = fail(app, lambda: 1 / 0)

    app.test_client().get(url)

    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("statement", ["SELECT 'hunter2' + no_such_column", "INSERT INTO users (id) VALUES (NULL)"])
def test_a_statement_that_fails_shows_nothing_of_itself(app: Flask, statement: str) -> None:
    url = fail(app, lambda: db.session.execute(text(statement)))

    response = member(app).get(url)

    assert response.status_code in (500, 503)
    assert [word for word in (*INSIDES, "no_such_column", "INSERT") if word in response.text] == []


def test_a_duplicate_nobody_caught_is_500(app: Flask) -> None:
    browser = member(app)
    url = fail(app, lambda: (make_user("ada"), make_user("ADA")))

    response = browser.get(url)

    assert_own_page(response, 500, "Something is broken")


def test_after_a_failed_statement_the_site_goes_on(app: Flask) -> None:
    browser = member(app)
    browser.get(fail(app, lambda: (make_user("ada"), make_user("ADA"))))

    response = browser.get("/")

    assert response.status_code == 200


@pytest.mark.parametrize("url", ["/", "/tasks/", "/reviews/", "/workers/schedule/ticks", "/accounts/password", "/no/such/page"])
def test_while_the_database_is_down_a_page_is_503(frail: Flask, frail_server: PostgresServer, url: str) -> None:
    browser = member(frail, superuser=True)
    frail_server.stop()

    response = browser.get(url)

    assert_own_page(response, 503, "The database does not answer")


@pytest.mark.parametrize("url", ["/accounts/login", "/accounts/register"])
def test_while_the_database_is_down_a_form_is_503(frail: Flask, frail_server: PostgresServer, url: str) -> None:
    frail_server.stop()

    response = frail.test_client().post(url, data={"username": "ada", "password": "a password", "repeat": "a password"})

    assert_own_page(response, 503, "The database does not answer")


def test_while_the_database_is_down_a_form_without_its_token_is_503_too(frail: Flask, frail_server: PostgresServer) -> None:
    browser = member(frail)
    frail.config["WTF_CSRF_ENABLED"] = True
    frail_server.stop()

    response = browser.post("/accounts/logout")

    assert_own_page(response, 503, "The database does not answer")


def test_a_database_that_goes_away_in_the_middle_of_a_request_is_503(frail: Flask, frail_server: PostgresServer) -> None:
    def lose_the_database() -> object:
        assert current_user.username
        frail_server.stop()
        return db.session.scalar(select(User.username))

    browser = member(frail)
    url = fail(frail, lose_the_database)

    response = browser.get(url)

    assert_own_page(response, 503, "The database does not answer")


@pytest.mark.parametrize("url", ["/", "/tasks/"])
def test_a_page_works_again_as_soon_as_the_database_is_back(frail: Flask, frail_server: PostgresServer, url: str) -> None:
    browser = member(frail, superuser=True)
    browser.get(url)
    frail_server.stop()
    assert browser.get(url).status_code >= 500
    frail_server.start()

    response = browser.get(url)

    assert response.status_code == 200


def test_a_database_that_was_restarted_between_two_requests_is_not_noticed(frail: Flask, frail_server: PostgresServer) -> None:
    browser = member(frail, superuser=True)
    browser.get("/tasks/")
    frail_server.restart()

    response = browser.get("/tasks/")

    assert response.status_code == 200


def test_while_the_database_is_down_what_needs_none_works(frail: Flask, frail_server: PostgresServer) -> None:
    frail_server.stop()

    statuses = {url: frail.test_client().get(url).status_code for url in ("/", "/healthz", "/accounts/login")}

    assert statuses == {"/": 200, "/healthz": 200, "/accounts/login": 200}


def test_a_database_that_is_down_is_logged_in_one_line_without_a_secret(frail: Flask, frail_server: PostgresServer, caplog: pytest.LogCaptureFixture) -> None:
    browser = member(frail)
    frail_server.stop()

    browser.get("/accounts/password")

    assert [record.exc_info for record in caplog.records if record.name == "project.errors"] == [None]
    assert "hunter2" not in caplog.text
