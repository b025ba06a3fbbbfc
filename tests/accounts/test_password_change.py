"""Changing one's password: the new one opens and the old one no longer, if one knows the old one."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.guessing.delays import PERSON
from project.audit import AuditEvent
from project.extensions import db
from tests import pages
from tests.accounts.pages import add_user, change, errors_on, log_in_by_form, read, shown_to
from tests.app_fixtures import log_in
from tests.factories import PASSWORD

# Nothing here depends on the kind of database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

COMMON = "This is one of the most common passwords, which attackers try first. Choose another."
NEW = "an entirely new password"
FORM = {"current": PASSWORD, "password": NEW, "repeat": NEW}


@pytest.fixture
def ada(client: FlaskClient, app: Flask) -> FlaskClient:
    """The browser of ada, who is logged in."""
    add_user(app, "ada")
    log_in_by_form(client, "ada")
    return client


@pytest.mark.parametrize(("password", "name"), [(NEW, "ada"), (PASSWORD, None)])
def test_the_new_password_opens_and_the_old_one_no_longer(ada: FlaskClient, app: Flask, password: str, name: str | None) -> None:
    ada.post("/accounts/password", data=FORM)
    browser = app.test_client()

    log_in_by_form(browser, "ada", password)

    assert shown_to(browser) == name


def test_who_changes_the_password_stays_logged_in(ada: FlaskClient) -> None:
    response = ada.post("/accounts/password", data=FORM)

    assert (response.status_code, response.location) == (302, "/accounts/")
    assert shown_to(ada) == "ada"


def test_whoever_is_logged_in_elsewhere_is_not_any_more(ada: FlaskClient, app: Flask) -> None:
    elsewhere = app.test_client()
    log_in_by_form(elsewhere, "ada", remember="y")

    ada.post("/accounts/password", data=FORM)

    assert shown_to(elsewhere) is None


def test_who_has_no_password_is_not_asked_for_it(ada: FlaskClient, app: Flask) -> None:
    change(app, "ada", password_hash="")

    ada.post("/accounts/password", data={"password": NEW, "repeat": NEW})

    browser = app.test_client()
    log_in_by_form(browser, "ada", NEW)
    assert shown_to(browser) == "ada"


def test_guessing_the_current_password_has_to_wait(ada: FlaskClient) -> None:
    for _ in range(PERSON.free):
        ada.post("/accounts/password", data=FORM | {"current": "a wrong password"})

    response = ada.post("/accounts/password", data=FORM)

    assert errors_on(response.text)["current"].startswith("There were too many wrong tries. Try again in ")


def test_the_password_of_others_stays_what_it_is(ada: FlaskClient, app: Flask) -> None:
    add_user(app, "grace")

    ada.post("/accounts/password", data=FORM | {"username": "grace", "id": "2"})

    browser = app.test_client()
    log_in_by_form(browser, "grace")
    assert shown_to(browser) == "grace"


@pytest.mark.parametrize(
    ("wrong", "field", "error"),
    [
        ({"current": "a wrong password"}, "current", "This is not your current password."),
        ({"current": ""}, "current", "Type your current password."),
        ({"password": "", "repeat": ""}, "password", "Choose a new password."),
        ({"password": "1234567", "repeat": "1234567"}, "password", "A password has 8 to 256 characters."),
        ({"password": "p" * 257, "repeat": "p" * 257}, "password", "A password has 8 to 256 characters."),
        ({"password": "Password1", "repeat": "Password1"}, "password", COMMON),
        ({"repeat": "another password"}, "repeat", "The two passwords differ."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_changes_nothing(ada: FlaskClient, app: Flask, wrong: dict[str, str], field: str, error: str) -> None:
    before = read(app, "ada").password_hash

    response = ada.post("/accounts/password", data=FORM | wrong)

    assert errors_on(response.text) == {field: error}
    assert read(app, "ada").password_hash == before


def test_a_refused_form_shows_no_password(ada: FlaskClient) -> None:
    page = ada.post("/accounts/password", data=FORM | {"repeat": "another password"}).text

    assert [password for password in (PASSWORD, NEW, "another password") if password in page] == []


def test_a_visitor_is_sent_to_log_in(client: FlaskClient) -> None:
    response = client.post("/accounts/password", data=FORM)

    assert response.location == "/accounts/login?next=%2Faccounts%2Fpassword"


def test_a_wrong_current_password_is_in_the_audit(ada: FlaskClient, app: Flask) -> None:
    ada.post("/accounts/password", data=FORM | {"current": "a wrong password"})

    with app.app_context():
        event = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert (event.action, event.details) == ("login.refused", {"reason": "wrong current password"})


def test_guessing_in_one_session_keeps_no_other_waiting(ada: FlaskClient, app: Flask) -> None:
    thief = log_in(app.test_client(), read(app, "ada").id)
    for _ in range(PERSON.free + 1):
        thief.post("/accounts/password", data=FORM | {"current": "a wrong password"})

    assert ada.post("/accounts/password", data=FORM).status_code == 302


@pytest.mark.parametrize(
    ("url", "purposes"),
    [
        ("/accounts/login", ["current-password"]),
        ("/accounts/register", ["new-password", "new-password"]),
        ("/accounts/password", ["current-password", "new-password", "new-password"]),
    ],
)
def test_a_password_field_is_masked_and_leaves_password_managers_alone(ada: FlaskClient, url: str, purposes: list[str]) -> None:
    fields = [field.attributes for field in pages.read(ada.get(url)).all("input") if "password" in field.attributes["name"] + field.attributes.get("type", "")]

    assert {field["type"] for field in fields} == {"password"}
    assert [field["autocomplete"] for field in fields] == purposes
    assert not any(name.startswith("on") for field in fields for name in field)
