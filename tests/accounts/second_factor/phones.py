"""Phones with an authenticator app, and what tests do with the pages of the second factor."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from pyotp import TOTP
from sqlalchemy import select
from werkzeug.test import TestResponse

from accounts.second_factor.codes import in_groups, new_recovery_code, new_secret
from accounts.second_factor.models import Authenticator, RecoveryCode
from project.audit import AuditEvent
from project.database import utc_now
from project.extensions import db
from project.tokens import digest
from tests.accounts.pages import add_user
from tests.factories import PASSWORD

STEP = timedelta(seconds=30)
CODE_PAGE = "/accounts/login/code"
PAGE = "/accounts/second-factor"
SET_UP = "/accounts/second-factor/set-up"
RENEW = "/accounts/second-factor/recovery-codes"
OFF = "/accounts/second-factor/off"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = utc_now()

    def now(self) -> datetime:
        """The time it shows."""
        return self.at

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.at += by


@dataclass(frozen=True)
class Phone:
    """A user's app, and the user's recovery codes as they are shown."""

    clock: Clock
    user_id: int
    username: str
    secret: str
    recovery_codes: list[str]

    def code(self, ahead: timedelta = timedelta()) -> str:
        """What the app shows, if the phone's clock is that far ahead."""
        return TOTP(self.secret).at(self.clock.now() + ahead)

    def wrong_code(self) -> str:
        """A code that the app does not show about now."""
        near = {self.code(STEP * steps) for steps in range(-2, 3)}
        return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in near)


def phone_of(app: Flask, clock: Clock, username: str, **values: Any) -> Phone:
    """A new user whose second factor is on, no code of it used yet, with three recovery codes."""
    user_id, secret, codes = add_user(app, username, **values), new_secret(), [new_recovery_code() for _ in range(3)]
    with app.app_context():
        db.session.add(Authenticator(user_id=user_id, secret=secret, created_at=utc_now(), confirmed_at=utc_now()))
        db.session.add_all(RecoveryCode(user_id=user_id, code_hash=digest(code)) for code in codes)
        db.session.commit()
    return Phone(clock, user_id, username, secret, [in_groups(code) for code in codes])


def give_password(browser: FlaskClient, username: str, **also: str) -> TestResponse:
    """Send the login form, which must lead to the code's page."""
    answer = browser.post("/accounts/login", data={"username": username, "password": PASSWORD, **also})
    assert (answer.status_code, answer.location) == (302, CODE_PAGE)
    return answer


def give_code(browser: FlaskClient, code: str, page: str = CODE_PAGE) -> TestResponse:
    """Send a page's form with a code."""
    return browser.post(page, data={"code": code})


def waiting_browser(app: Flask, username: str) -> FlaskClient:
    """A browser in which that user has given the password."""
    browser = app.test_client()
    give_password(browser, username)
    return browser


def secret_on(page: str) -> str:
    """The key that a page shows for typing."""
    found = re.search(r'<code class="key">([^<]+)</code>', page)
    assert found, "no key on the page"
    assert all(len(group) == 4 for group in found[1].split(" "))
    return found[1].replace(" ", "")


def codes_on(page: str) -> list[str]:
    """The recovery codes that a page shows."""
    return re.findall(r"<li><code>([^<]+)</code></li>", page)


def audited(app: Flask) -> list[tuple[str, int | None, int | None, dict[str, Any]]]:
    """What was noted: the action, by whom, on whom, and the rest."""
    with app.app_context():
        return [(event.action, event.actor_id, event.object_id, event.details) for event in db.session.scalars(select(AuditEvent).order_by(AuditEvent.id))]


def actions(app: Flask) -> list[str]:
    """What was noted, by its name alone."""
    return [action for action, *_ in audited(app)]
