"""Sessions: each begins new, ends for good at logout, and ends at once for a user who may not be here any more."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_login import encode_cookie

from accounts.sessions.current import TOKEN
from project import create_app
from project.extensions import db
from tests.accounts.pages import add_user, change, log_in_by_form, shown_to
from tests.apps import close, settings
from tests.factories import PASSWORD

# Nothing here depends on the kind of database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SESSION = "callboard"


@pytest.fixture
def production(database_url: str) -> Iterator[Flask]:
    """An app as it serves real users."""
    app = create_app(settings(database_url, environment="production"))
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    close(app)


def kept(browser: FlaskClient, name: str) -> str:
    """The value of a cookie that the browser has."""
    cookie = browser.get_cookie(name)
    assert cookie is not None
    return cookie.value


def closed_and_opened(app: Flask, browser: FlaskClient) -> FlaskClient:
    """The browser after it was closed and opened again: it has only what has a date."""
    again = app.test_client()
    cookie = browser.get_cookie(SESSION)
    if cookie and cookie.expires:
        again.set_cookie(SESSION, cookie.value)
    return again


@pytest.mark.parametrize("url", ["/accounts/login", "/accounts/register"])
def test_a_new_session_holds_nothing_of_what_was_there_before(client: FlaskClient, app: Flask, url: str) -> None:
    if url == "/accounts/login":
        add_user(app, "ada")
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"

    client.post(url, data={"username": "ada", "password": PASSWORD, "repeat": PASSWORD})

    with client.session_transaction() as session:
        assert "planted" not in session
        assert TOKEN in session


def test_a_session_that_was_planted_does_not_become_the_victims(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada")
    attacker = app.test_client()
    attacker.get("/accounts/login")
    with attacker.session_transaction() as session:
        session["planted"] = True
    client.set_cookie(SESSION, kept(attacker, SESSION))

    log_in_by_form(client, "ada")

    assert kept(client, SESSION) != kept(attacker, SESSION)
    assert shown_to(attacker) is None


def test_a_form_token_that_was_planted_is_worth_nothing_after_logging_in(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada")
    app.config["WTF_CSRF_ENABLED"] = True
    planted = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/accounts/login").text)
    assert planted
    log_in_by_form(client, "ada", csrf_token=planted[1])

    response = client.post("/accounts/logout", data={"csrf_token": planted[1]})

    assert response.status_code == 400
    assert shown_to(client) == "ada"


def test_logging_out_ends_the_session(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada")
    log_in_by_form(client, "ada")

    response = client.post("/accounts/logout")

    assert (response.status_code, response.location) == (302, "/")
    assert shown_to(client) is None


def test_logging_out_leaves_nothing_in_the_session_but_the_message(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada")
    log_in_by_form(client, "ada")
    with client.session_transaction() as session:
        session["kept"] = "for later"

    client.post("/accounts/logout")

    with client.session_transaction() as session:
        assert set(session) == {"_flashes"}


def test_a_link_cannot_log_anybody_out(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada")
    log_in_by_form(client, "ada")

    response = client.get("/accounts/logout")

    assert response.status_code == 405
    assert shown_to(client) == "ada"


def test_a_visitor_who_logs_out_is_none_the_worse(client: FlaskClient) -> None:
    assert client.post("/accounts/logout").status_code == 302


@pytest.mark.parametrize("remember", ["y", ""])
@pytest.mark.parametrize("page", ["/accounts/password", "/reviews/", "/users/"])
def test_a_user_who_is_deactivated_loses_live_sessions(client: FlaskClient, app: Flask, page: str, remember: str) -> None:
    add_user(app, "ada", is_superuser=True, can_review_tasks=True)
    log_in_by_form(client, "ada", remember=remember)
    assert client.get(page).status_code == 200

    change(app, "ada", is_active=False)

    response = client.get(page)
    assert response.status_code == 302
    assert response.location.startswith("/accounts/login?")


def test_a_user_who_is_gone_has_no_session(client: FlaskClient, app: Flask) -> None:
    user_id = add_user(app, "ada")
    log_in_by_form(client, "ada")
    with app.app_context():
        db.session.execute(db.text("DELETE FROM users WHERE id = :id"), {"id": user_id})
        db.session.commit()

    assert shown_to(client) is None


def test_a_right_that_is_taken_away_is_gone_from_live_sessions(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada", can_review_tasks=True)
    log_in_by_form(client, "ada")
    assert client.get("/reviews/").status_code == 200

    change(app, "ada", can_review_tasks=False)

    assert client.get("/reviews/").status_code == 403


def test_who_wants_to_stay_logged_in_is_still_there_in_a_browser_opened_again(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada")
    log_in_by_form(client, "ada", remember="y")

    assert shown_to(closed_and_opened(app, client)) == "ada"


def test_who_does_not_want_to_stay_is_not_remembered(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada")
    log_in_by_form(client, "ada")

    assert shown_to(closed_and_opened(app, client)) is None


def test_one_is_remembered_for_thirty_days(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada")

    log_in_by_form(client, "ada", remember="y")

    cookie = client.get_cookie(SESSION)
    assert cookie is not None
    assert cookie.expires is not None
    assert abs(cookie.expires - datetime.now(UTC) - timedelta(days=30)) < timedelta(hours=1)


def test_logging_out_forgets_who_wanted_to_stay(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada")
    log_in_by_form(client, "ada", remember="y")

    client.post("/accounts/logout")

    assert shown_to(closed_and_opened(app, client)) is None


def test_one_who_was_remembered_can_log_out(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada")
    log_in_by_form(client, "ada", remember="y")
    again = closed_and_opened(app, client)

    again.post("/accounts/logout")

    assert shown_to(again) is None


def test_a_remembered_user_who_is_deactivated_is_not_let_in_again(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada")
    log_in_by_form(client, "ada", remember="y")
    change(app, "ada", is_active=False)

    assert shown_to(closed_and_opened(app, client)) is None


def test_the_remember_cookie_of_an_older_release_lets_nobody_in(client: FlaskClient, app: Flask) -> None:
    user_id = add_user(app, "ada")
    with app.test_request_context():
        client.set_cookie("remember_token", encode_cookie(str(user_id)))

    assert shown_to(client) is None


@pytest.mark.parametrize("token", ["", "1", "x" * 43, "é", "\0", "a" * 3000])
def test_a_session_with_a_token_that_is_none_lets_nobody_in(client: FlaskClient, app: Flask, token: str) -> None:
    add_user(app, "ada")
    with client.session_transaction() as session:
        session[TOKEN] = token

    assert shown_to(client) is None


def test_a_session_cookie_that_was_changed_lets_nobody_in(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada")
    log_in_by_form(client, "ada")
    payload, _, signature = kept(client, SESSION).partition(".")
    client.set_cookie(SESSION, f"{payload}.{signature[::-1]}")

    assert shown_to(client) is None


@pytest.mark.parametrize("attribute", ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"])
def test_in_production_cookies_keep_to_themselves(production: Flask, attribute: str) -> None:
    add_user(production, "ada")

    response = production.test_client().post("/accounts/login", data={"username": "ada", "password": PASSWORD, "remember": "y"}, base_url="https://localhost")

    cookies = {cookie.partition("=")[0]: cookie.split("; ")[1:] for cookie in response.headers.getlist("Set-Cookie")}
    assert cookies.keys() == {"__Host-callboard", "__Host-device"}
    assert all(attribute in attributes for attributes in cookies.values())
    assert not any(attribute.startswith("Domain") for attributes in cookies.values() for attribute in attributes)


@pytest.mark.parametrize("url", ["/accounts/login", "/accounts/register"])
def test_production_over_plain_http_says_at_login_what_is_wrong(production: Flask, url: str) -> None:
    production.config["WTF_CSRF_ENABLED"] = True
    browser = production.test_client()

    for response in (browser.get(url), browser.post(url, data={"username": "ada", "password": PASSWORD})):
        assert response.status_code == 400
        assert "This site needs https" in response.text
        assert "TRUSTED_PROXIES" in response.text
