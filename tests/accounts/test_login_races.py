"""A login that is under way while the account changes: what ended the sessions holds for it too."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from accounts import login
from accounts.passwords import hash_password, matches
from project.extensions import db
from tests.accounts.pages import add_user, change, log_in_by_form, read, shown_to
from tests.factories import PASSWORD

NEW = "an entirely new password"


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Have something happen, in another thread, between the moment when a password proved right and what comes of it."""

    def between(happen: Callable[[], Any]) -> None:
        def slow(password: str, password_hash: str | None) -> bool:
            right = matches(password, password_hash)
            with ThreadPoolExecutor() as elsewhere:
                elsewhere.submit(happen).result()
            return right

        monkeypatch.setattr(login, "matches", slow)

    return between


def delete_ada(app: Flask) -> None:
    """Delete the user behind the site's back."""
    with app.app_context():
        db.session.execute(text("DELETE FROM users WHERE username = 'ada'"))
        db.session.commit()


def test_a_password_that_was_just_changed_begins_no_session(client: FlaskClient, app: Flask, meanwhile: Callable[[Callable[[], Any]], None]) -> None:
    add_user(app, "ada")
    meanwhile(lambda: change(app, "ada", password_hash=hash_password(NEW)))

    response = log_in_by_form(client, "ada")

    assert response.location == "/accounts/login"
    assert shown_to(client) is None


def test_a_user_who_was_just_deactivated_has_no_session_when_active_again(
    client: FlaskClient, app: Flask, meanwhile: Callable[[Callable[[], Any]], None]
) -> None:
    add_user(app, "ada")
    meanwhile(lambda: change(app, "ada", is_active=False))

    log_in_by_form(client, "ada")
    change(app, "ada", is_active=True)

    assert shown_to(client) is None


def test_a_user_who_was_just_deleted_is_refused(client: FlaskClient, app: Flask, meanwhile: Callable[[Callable[[], Any]], None]) -> None:
    add_user(app, "ada")
    meanwhile(lambda: delete_ada(app))

    assert log_in_by_form(client, "ada").location == "/accounts/login"


def test_making_a_hash_anew_undoes_no_change_of_the_password(client: FlaskClient, app: Flask, meanwhile: Callable[[Callable[[], Any]], None]) -> None:
    add_user(app, "ada", password_hash=PasswordHasher(time_cost=2, memory_cost=64, parallelism=1).hash(PASSWORD))
    new_hash = hash_password(NEW)
    meanwhile(lambda: change(app, "ada", password_hash=new_hash))

    log_in_by_form(client, "ada")

    assert read(app, "ada").password_hash == new_hash
    assert shown_to(client) is None
