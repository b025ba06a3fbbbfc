"""What tests read off the pages of accounts, and what they send there."""

import html
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from accounts.models import User
from project.extensions import db
from tests.factories import PASSWORD, make_user


def errors_on(page: str) -> dict[str, str]:
    """The error beside each field of a page's form."""
    return {name: html.unescape(error) for name, error in re.findall(r'<small id="(\w+)-error"[^>]*>([^<]*)</small>', page)}


def shown_to(browser: FlaskClient) -> str | None:
    """Whose name the front page shows as logged in; None where it offers to log in."""
    page = browser.get("/").text
    found = re.search(r'class="account-name">([^<]+)<', page)
    assert found or 'href="/accounts/login"' in page, "the front page says neither who is logged in nor how to log in"
    return found and found[1]


def log_in_by_form(browser: FlaskClient, username: str, password: str = PASSWORD, **also: str) -> TestResponse:
    """Send the login form."""
    return browser.post("/accounts/login", data={"username": username, "password": password, **also})


def add_user(app: Flask, username: str = "ada", **values: Any) -> int:
    """A user with the password PASSWORD; the id."""
    with app.app_context():
        return int(make_user(username, **values).id)


def read(app: Flask, username: str) -> User:
    """The user as the database has it."""
    with app.app_context():
        return db.session.scalars(select(User).where(User.username == username)).one()


def usernames(app: Flask) -> list[str]:
    """Everybody who has an account."""
    with app.app_context():
        return list(db.session.scalars(select(User.username).order_by(User.id)))


def change(app: Flask, username: str, **values: Any) -> None:
    """Change a user behind the site's back."""
    with app.app_context():
        user = db.session.scalars(select(User).where(User.username == username)).one()
        for name, value in values.items():
            setattr(user, name, value)
        db.session.commit()
