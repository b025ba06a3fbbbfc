"""Forgery: no form that another site makes a browser send here changes anything."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from project.api import is_api
from project.tokens import digest
from tests.app_fixtures import log_in
from tests.factories import PASSWORD
from tests.project.routes import POSTS, VISITS, Visit, World, everything, kept_world, routes_of

pytestmark = pytest.mark.no_cover

# Forms that do something where the table's are refused for another reason.
FORMS = {
    "accounts.login": {"username": "super", "password": PASSWORD},
    "accounts.register": {"username": "newcomer", "password": PASSWORD, "repeat": PASSWORD},
    "accounts.password": {"current": PASSWORD, "password": "another password", "repeat": "another password"},
    "accounts.tokens": {"name": "laptop", "scopes": "account:read", "days": "30", "current": PASSWORD},
    "courses.set_comment": {"seen": digest(""), "comment": "Was ill"},
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the kind of database."""
    return sqlite_url


@pytest.fixture
def app(app: Flask) -> Iterator[Flask]:
    """An app whose forms need their token, as in earnest."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False


@pytest.fixture
def world(app: Flask) -> World:
    """What there is to change."""
    return kept_world(app)


@pytest.fixture
def superuser(app: Flask, world: World) -> FlaskClient:
    """The browser of somebody who may do everything."""
    return log_in(app.test_client(), world.people["superuser"] or 0)


def send(browser: FlaskClient, world: World, visit: Visit, **also: str) -> Any:
    """Send the route's form."""
    form = {name: world.filled(value) for name, value in (FORMS.get(visit.endpoint) or visit.form).items()}
    return browser.post(world.filled(visit.url), data=form | also)


def token_in(page: str) -> str:
    """The token of a page's form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "no form on this page carries a token"
    return found[1]


def test_what_changes_something_is_a_post(app: Flask) -> None:
    # A route by another method would be left out of all that is tried below, and in the other tests of POSTS.
    assert {method for _, method in routes_of(app)} == {"GET", "POST"}


def test_a_page_that_is_opened_changes_nothing(app: Flask, superuser: FlaskClient, world: World) -> None:
    # A link on another site opens any of them.
    changed = {}
    for visit in [visit for visit in VISITS if visit.method == "GET"]:
        before = everything(app)
        superuser.get(world.filled(visit.url)).close()
        # But for when the session was seen.
        changed[str(visit)] = {name for name, rows in everything(app).items() if rows != before[name]} - {"login_sessions"}

    assert {visit: tables for visit, tables in changed.items() if tables} == {}


@pytest.mark.parametrize("visit", POSTS, ids=str)
def test_a_form_without_its_token_is_refused(superuser: FlaskClient, world: World, visit: Visit) -> None:
    response = send(superuser, world, visit)

    assert response.status_code == 400
    # A page says so in its title; the API's answer is its text alone.
    assert ("Nothing was changed" if is_api(response.request.path) else "This form has expired") in response.text


@pytest.mark.parametrize("visit", POSTS, ids=str)
def test_a_form_without_its_token_changes_nothing(app: Flask, superuser: FlaskClient, world: World, visit: Visit) -> None:
    before = everything(app)

    send(superuser, world, visit)

    assert everything(app) == before


def test_a_refused_form_is_answered_in_the_sites_own_look(superuser: FlaskClient, world: World) -> None:
    response = superuser.post("/accounts/logout")

    assert "<title>This form has expired · Callboard</title>" in response.text


@pytest.mark.parametrize("visit", POSTS, ids=str)
def test_a_form_with_the_token_of_a_page_is_not_refused(superuser: FlaskClient, world: World, visit: Visit) -> None:
    token = token_in(superuser.get("/").text)

    response = send(superuser, world, visit, csrf_token=token)

    assert response.status_code != 400


@pytest.mark.parametrize(
    "endpoint",
    [
        "accounts.register",
        "accounts.password",
        "users.edit_view",
        "users.password_link",
        "invites.index",
        "tasks.create_view",
        "tasks.delete_view",
        "tasks.run_now",
        "schedule.launch",
        "processes.ask",
        "actors.send",
        "queues.purge",
        "accounts.tokens",
        "courses.cell",
        "courses.set_comment",
        "courses.set_grade",
    ],
)
def test_a_form_with_its_token_does_what_it_says(app: Flask, superuser: FlaskClient, world: World, endpoint: str) -> None:
    visit = next(visit for visit in POSTS if visit.endpoint == endpoint)
    token = token_in(superuser.get("/").text)
    before = everything(app)

    send(superuser, world, visit, csrf_token=token)

    assert everything(app) != before


def test_a_token_of_another_session_is_refused(app: Flask, superuser: FlaskClient) -> None:
    strange = token_in(app.test_client().get("/accounts/login").text)
    superuser.get("/")

    response = superuser.post("/accounts/logout", data={"csrf_token": strange})

    assert response.status_code == 400


@pytest.mark.parametrize("token", ["", "x", "\0", "é" * 3000])
def test_a_token_that_is_none_is_refused(superuser: FlaskClient, token: str) -> None:
    superuser.get("/")

    response = superuser.post("/accounts/logout", data={"csrf_token": token})

    assert response.status_code == 400


@pytest.mark.parametrize("page", ["/accounts/login", "/accounts/register"])
def test_a_visitors_form_can_be_sent_as_it_was_served(app: Flask, world: World, page: str) -> None:
    browser = app.test_client()
    token = token_in(browser.get(page).text)
    form = FORMS["accounts" + page.replace("/accounts/", ".")]

    response = browser.post(page, data={**form, "csrf_token": token})

    assert (response.status_code, response.location) == (302, "/")
