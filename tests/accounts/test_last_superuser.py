"""Two superusers who take each other's right at the same moment never leave the site without one."""

from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from accounts import queries
from accounts.models import User
from project.extensions import db
from tests.accounts.pages import add_user, change
from tests.app_fixtures import log_in

ROUNDS = 10
RIGHTS = {"demoted": {"is_active": "y"}, "deactivated": {"is_superuser": "y"}}


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two requests that change rights, the first waits for the second before it looks who is a superuser."""
    lock_superusers, both_there = queries.lock_superusers, Barrier(2, timeout=30)

    def lock_together(*also: int) -> list[int]:
        both_there.wait()
        return lock_superusers(*also)

    monkeypatch.setattr(queries, "lock_superusers", lock_together)


def active_superusers(app: Flask) -> int:
    """How many there are."""
    with app.app_context():
        return db.session.scalar(select(func.count()).where(User.is_superuser, User.is_active)) or 0


def change_each_other(browsers: dict[int, FlaskClient], rights: dict[str, str]) -> list[int]:
    """Have each of two superusers leave the other just these rights; what the site answers, by number."""
    answers: list[int] = []

    def leave(browser: FlaskClient, user_id: int) -> None:
        answers.append(browser.post(f"/users/edit/?id={user_id}", data=rights).status_code)

    one, other = browsers
    threads = [Thread(target=leave, args=(browsers[one], other)), Thread(target=leave, args=(browsers[other], one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("rights", RIGHTS.values(), ids=RIGHTS)
def test_of_two_superusers_who_change_each_other_at_once_one_is_left(app: Flask, rights: dict[str, str]) -> None:
    user_ids = {add_user(app, name, is_superuser=True): name for name in ("ada", "grace")}

    left = []
    for _ in range(ROUNDS):
        for name in user_ids.values():
            change(app, name, is_superuser=True, is_active=True)
        answers = change_each_other({user_id: log_in(app.test_client(), user_id) for user_id in user_ids}, rights)
        left.append((active_superusers(app), answers))

    # The one who came first is led back to the list, the other sees the form again, with the reason.
    assert left == [(1, [200, 302])] * ROUNDS
