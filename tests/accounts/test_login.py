"""Logging in: the right password opens, and nothing tells an unknown name from a wrong password."""

import html
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.login import REFUSED
from accounts.passwords import LONGEST_PASSWORD
from tests.accounts.pages import add_user, errors_on, log_in_by_form, shown_to
from tests.factories import PASSWORD

# What depends on the kind of database is in test_odd_input.py.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def without(page: str, name: str) -> str:
    """A page, but for the name that was typed and is shown again, and for the form's token."""
    return re.sub(r'(name="csrf_token" value=)"[^"]*"', r"\1", page).replace(html.escape(name), "")


@pytest.mark.parametrize("typed", ["ada", "ADA"])
def test_the_right_password_opens_in_whatever_case_the_name_is_typed(client: FlaskClient, app: Flask, typed: str) -> None:
    add_user(app, "ada")

    response = log_in_by_form(client, typed)

    assert (response.status_code, response.location) == (302, "/")
    assert shown_to(client) == "ada"


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("ada", "a wrong password"),
        ("ada", PASSWORD.upper()),
        ("ada", f" {PASSWORD}"),
        ("ada", f"{PASSWORD}\0"),
        ("ghost", PASSWORD),
        ("ghost", "nobody has this password"),
        ("ada\0", PASSWORD),
        ("a" * 10_000, PASSWORD),
        ("ada' OR 'a' = 'a", PASSWORD),
        ("idle", PASSWORD),
    ],
)
def test_anything_else_is_refused_with_one_message(client: FlaskClient, app: Flask, username: str, password: str) -> None:
    add_user(app, "ada")
    add_user(app, "idle", is_active=False)

    response = log_in_by_form(client, username, password)

    assert response.status_code == 401
    assert REFUSED in response.text
    assert shown_to(client) is None


@pytest.mark.parametrize(
    ("form", "errors"),
    [
        ({"username": "", "password": PASSWORD}, {"username": "Type your username."}),
        ({"username": "ada", "password": ""}, {"password": "Type your password."}),
        ({}, {"username": "Type your username.", "password": "Type your password."}),
    ],
)
def test_what_was_not_typed_is_asked_for_beside_its_field(client: FlaskClient, form: dict[str, str], errors: dict[str, str]) -> None:
    response = client.post("/accounts/login", data=form)

    assert response.status_code == 401
    assert errors_on(response.text) == errors


@pytest.mark.parametrize(
    ("username", "password"), [("ghost", "a wrong password"), ("not a name!", "a wrong password"), ("idle", PASSWORD), ("idle", "a wrong password")]
)
def test_no_page_tells_whether_a_name_exists(app: Flask, username: str, password: str) -> None:
    add_user(app, "ada")
    add_user(app, "idle", is_active=False)
    wrong_password = log_in_by_form(app.test_client(), "ada", "a wrong password")

    response = log_in_by_form(app.test_client(), username, password)

    assert without(response.text, username) == without(wrong_password.text, "ada")


@pytest.mark.parametrize(
    ("username", "password"),
    [("ada", PASSWORD), ("ada", "a wrong password"), ("ghost", "a wrong password"), ("not a name!", "a wrong password"), ("idle", PASSWORD), ("idle", "wrong")],
)
def test_one_hash_is_computed_whether_or_not_the_name_exists(client: FlaskClient, app: Flask, verified: list[str], username: str, password: str) -> None:
    add_user(app, "ada")
    add_user(app, "idle", is_active=False)

    log_in_by_form(client, username, password)

    assert verified == [password]


@pytest.mark.parametrize("username", ["ada", "ghost"])
def test_no_hash_is_computed_of_a_password_that_nobody_can_have(client: FlaskClient, app: Flask, verified: list[str], username: str) -> None:
    add_user(app, "ada")

    log_in_by_form(client, username, "p" * (LONGEST_PASSWORD + 1))

    assert verified == []


def test_a_refused_form_keeps_the_name_and_never_shows_the_password(client: FlaskClient) -> None:
    page = log_in_by_form(client, "ada", "a wrong password").text

    assert 'value="ada"' in page
    assert "a wrong password" not in page


def test_a_visitor_who_is_sent_to_log_in_comes_back_to_the_page(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada", can_review_tasks=True)
    login_page = client.get(client.get("/reviews/?search=a%26b&after=3-7").location).text
    target = re.search(r'name="next"[^>]* value="([^"]*)"', login_page)
    assert target

    response = log_in_by_form(client, "ada", next=html.unescape(target[1]))

    assert response.location == "/reviews/?search=a%26b&after=3-7"


@pytest.mark.parametrize(
    "send", [lambda target: ("/accounts/login", {"next": target}), lambda target: (f"/accounts/login?next={target}", {})], ids=["form", "address"]
)
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/%5Cevil.example", "javascript:alert(1)", "evil.example", ""])
def test_nobody_is_sent_to_another_site_after_logging_in(
    client: FlaskClient, app: Flask, target: str, send: Callable[[str], tuple[str, dict[str, str]]]
) -> None:
    add_user(app, "ada")
    url, form = send(target.replace("%5C", "\\"))

    response = client.post(url, data={"username": "ada", "password": PASSWORD, **form})

    assert (response.status_code, response.location) == (302, "/")


def test_a_user_who_is_logged_in_can_log_in_as_another(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada")
    add_user(app, "grace")
    log_in_by_form(client, "ada")

    log_in_by_form(client, "grace")

    assert shown_to(client) == "grace"


def test_failing_to_log_in_as_another_leaves_one_logged_in(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada")
    log_in_by_form(client, "ada")

    log_in_by_form(client, "ada", "a wrong password")

    assert shown_to(client) == "ada"
