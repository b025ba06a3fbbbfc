"""One's account at a glance: what is set and what is not."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.accounts.pages import add_user
from tests.app_fixtures import log_in
from tests.factories import make_session
from tests.pages import Element, read

# Nothing here depends on the kind of database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def notices(browser: FlaskClient) -> dict[str, str]:
    """What the page says of each part of the account."""
    (board,) = read(browser.get("/accounts/")).all("ul", **{"class": "notices"})
    return {part(link, "strong"): part(link, "span") for link in board.all("a")}


def part(link: Element, tag: str) -> str:
    """The one element of that kind in it."""
    (found,) = link.all(tag)
    return found.text


def test_a_new_account_has_a_password_and_nothing_else(client: FlaskClient, app: Flask) -> None:
    log_in(client, add_user(app, "ada"))

    assert notices(client) == {
        "Password": "Change it. Wherever else you are logged in, you are not any more then.",
        "Second factor": "Off. With it, nobody who learns your password gets in.",
        "Sessions": "Only in this browser.",
        "Tokens": "None. With one, a program can use the API for you.",
    }


def test_who_has_no_password_is_told_to_set_one(client: FlaskClient, app: Flask) -> None:
    log_in(client, add_user(app, "ada", password_hash=""))

    assert notices(client)["Password"] == "You have none. Set one."


def test_live_sessions_are_counted(client: FlaskClient, app: Flask) -> None:
    user_id = add_user(app, "ada")
    log_in(client, user_id)
    with app.app_context():
        make_session(user_id)

    assert notices(client)["Sessions"] == "2 browsers are logged in as you."
