"""Changing one's password: the new one opens and the old one no longer, if one knows the old one."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.accounts.pages import add_user, errors_on, log_in_by_form, read, shown_to
from tests.factories import PASSWORD

# Nothing here depends on the kind of database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

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

    assert (response.status_code, response.location) == (302, "/")
    assert shown_to(ada) == "ada"


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
