"""Registering: whoever chooses a good name and password has an account at once; each wrong thing is said beside its field."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.passwords import hash_password
from tests.accounts.pages import add_user, errors_on, log_in_by_form, read, shown_to, usernames

FORM = {"username": "ada", "password": "a long password", "repeat": "a long password"}


def test_whoever_registers_is_logged_in(app: Flask) -> None:
    browser = app.test_client()

    response = browser.post("/accounts/register", data=FORM)

    assert (response.status_code, response.location) == (302, "/")
    assert shown_to(browser) == "ada"


def test_whoever_registered_can_log_in_later(app: Flask) -> None:
    app.test_client().post("/accounts/register", data=FORM)
    browser = app.test_client()

    log_in_by_form(browser, "ada", "a long password")

    assert shown_to(browser) == "ada"


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("abc", "q7#mK2x!"),
        ("a" * 255, "p" * 256),
        ("0.a_b@c+d-E", "пароль из слов"),
        ("ada", " spaces count "),
        ("ada", "a password with \0 in it"),
    ],
)
def test_names_and_passwords_at_the_edges_of_what_is_allowed_work(app: Flask, username: str, password: str) -> None:
    app.test_client().post("/accounts/register", data={"username": username, "password": password, "repeat": password})
    browser = app.test_client()

    log_in_by_form(browser, username, password)

    assert shown_to(browser) == username


def test_a_new_account_is_active_and_has_no_rights_whatever_the_form_says(client: FlaskClient, app: Flask) -> None:
    client.post("/accounts/register", data=FORM | {"is_superuser": "y", "can_review_tasks": "y", "task_count": "7", "is_active": ""})

    user = read(app, "ada")
    assert (user.is_active, user.is_superuser, user.can_review_tasks, user.task_count) == (True, False, False, 0)


def test_a_password_is_kept_as_an_argon2id_hash_alone(client: FlaskClient, app: Flask) -> None:
    client.post("/accounts/register", data=FORM)

    assert read(app, "ada").password_hash.startswith("$argon2id$")


@pytest.mark.parametrize(
    ("wrong", "field", "error"),
    [
        ({"username": ""}, "username", "Choose a username."),
        ({"username": "ab"}, "username", "A username has 3 to 255 characters."),
        ({"username": "a" * 256}, "username", "A username has 3 to 255 characters."),
        *(
            ({"username": name}, "username", "A username begins with a letter or a digit and has only A–Z, a–z, 0–9 and . _ @ + - in it.")
            for name in ("-ada", "ada lovelace", "ädä", "ada\0", "ada\n", "<b>ada</b>", "аda")  # noqa: RUF001  # the last one begins with a Cyrillic letter
        ),
        ({"password": "", "repeat": ""}, "password", "Choose a password."),
        ({"password": "1234567", "repeat": "1234567"}, "password", "A password has 8 to 256 characters."),
        ({"password": "p" * 257, "repeat": "p" * 257}, "password", "A password has 8 to 256 characters."),
        ({"password": "iloveyou", "repeat": "iloveyou"}, "password", "This is one of the most common passwords, which attackers try first. Choose another."),
        ({"username": "ada.lovelace", "password": "Ada.Lovelace", "repeat": "Ada.Lovelace"}, "password", "The password must not be the username."),
        ({"repeat": "another password"}, "repeat", "The two passwords differ."),
        ({"repeat": ""}, "repeat", "The two passwords differ."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(client: FlaskClient, wrong: dict[str, str], field: str, error: str) -> None:
    response = client.post("/accounts/register", data=FORM | wrong)

    assert errors_on(response.text) == {field: error}


@pytest.mark.parametrize("wrong", [{"username": "ab"}, {"password": "short", "repeat": "short"}, {"repeat": "another password"}])
def test_a_refused_form_makes_no_account(client: FlaskClient, app: Flask, wrong: dict[str, str]) -> None:
    client.post("/accounts/register", data=FORM | wrong)

    assert usernames(app) == []


def test_a_refused_form_keeps_the_name_and_never_shows_the_password(client: FlaskClient) -> None:
    page = client.post("/accounts/register", data=FORM | {"repeat": "another password"}).text

    assert 'value="ada"' in page
    assert "a long password" not in page
    assert "another password" not in page


@pytest.mark.parametrize("taken", ["ada", "Ada", "ADA"])
def test_a_name_is_taken_in_upper_and_lower_case(client: FlaskClient, app: Flask, taken: str) -> None:
    add_user(app, "aDa")

    response = client.post("/accounts/register", data=FORM | {"username": taken})

    assert errors_on(response.text) == {"username": "This username is taken."}
    assert usernames(app) == ["aDa"]


def test_a_name_that_somebody_takes_at_the_last_moment_is_taken(client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def hash_slowly(password: str) -> str:
        # Between the form's check of the name and the row that takes it.
        with ThreadPoolExecutor() as elsewhere:
            elsewhere.submit(add_user, app, "Ada").result()
        return hash_password(password)

    monkeypatch.setattr("accounts.views.hash_password", hash_slowly)

    response = client.post("/accounts/register", data=FORM)

    assert errors_on(response.text) == {"username": "This username is taken."}
    assert usernames(app) == ["Ada"]
    assert shown_to(client) is None
