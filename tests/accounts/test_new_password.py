"""A new password closes what the old one opened, however it comes about: on one's own page, by a link, by a command."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.guessing.models import FailedLogins
from accounts.guessing.subjects import of_name
from accounts.links.models import OneTimeLink
from accounts.links.queries import make_password_link
from accounts.sessions.queries import knows_device
from project.audit import AuditEvent
from project.database import utc_now
from project.extensions import db
from project.tokens import digest
from tests.accounts.links.pages import NEW, send_password
from tests.accounts.pages import add_user, log_in_by_form, shown_to
from tests.accounts.test_cli import run
from tests.app_fixtures import log_in
from tests.factories import PASSWORD, make_session


def made_link(app: Flask) -> str:
    """A link with which ada sets a password; its path."""
    with app.app_context():
        made = make_password_link(1)
        assert made
        db.session.commit()
        return f"/accounts/set-password/{made[1]}"


def on_the_page(app: Flask) -> None:
    """Ada changes her password."""
    log_in(app.test_client(), 1).post("/accounts/password", data={"current": PASSWORD, "password": NEW, "repeat": NEW})


def by_link(app: Flask) -> None:
    """Ada sets a password by a link that is the latest, and not the only one."""
    with app.app_context():
        earlier = db.session.scalars(select(OneTimeLink)).one()
        values = {name: getattr(earlier, name) for name in ("purpose", "token_hash", "user_id", "note", "created_at", "expires_at")}
    link = made_link(app)
    with app.app_context():
        db.session.add(OneTimeLink(**values))
        db.session.commit()
    send_password(app.test_client(), link)


def by_command(app: Flask) -> None:
    """An operator gives ada a password."""
    run(app, "set-password", "ada", typed=f"{NEW}\n")


WAYS = pytest.mark.parametrize("set_password", [on_the_page, by_link, by_command])


@pytest.fixture(autouse=True)
def ada(app: Flask) -> None:
    """The only user."""
    add_user(app, "ada")


@WAYS
def test_a_link_from_before_sets_no_password_any_more(app: Flask, set_password: Callable[[Flask], None]) -> None:
    link = made_link(app)

    set_password(app)

    assert send_password(app.test_client(), link, "what a thief would like").status_code == 410
    log_in_by_form(browser := app.test_client(), "ada", NEW)
    assert shown_to(browser) == "ada"


@WAYS
def test_sessions_end_and_the_audit_says_how_many(app: Flask, set_password: Callable[[Flask], None]) -> None:
    made_link(app)
    elsewhere = [log_in(app.test_client(), 1) for _ in range(2)]

    set_password(app)

    assert [shown_to(browser) for browser in elsewhere] == [None, None]
    with app.app_context():
        last = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert (last.action.partition(".")[0], last.details) == ("password", {"sessions_ended": 2})


@WAYS
def test_no_device_from_before_is_a_known_one(app: Flask, set_password: Callable[[Flask], None]) -> None:
    made_link(app)
    with app.app_context():
        make_session(1, device_hash=digest("a thief's"))

    set_password(app)

    with app.app_context():
        assert not knows_device(1, digest("a thief's"))


@WAYS
def test_whoever_has_the_new_password_need_not_wait(app: Flask, set_password: Callable[[Flask], None]) -> None:
    made_link(app)
    with app.app_context():
        db.session.add(FailedLogins(subject=of_name("ada").name, failures=9, last_at=utc_now(), blocked_until=utc_now() + timedelta(minutes=5)))
        db.session.commit()

    set_password(app)

    log_in_by_form(browser := app.test_client(), "ada", NEW)
    assert shown_to(browser) == "ada"
