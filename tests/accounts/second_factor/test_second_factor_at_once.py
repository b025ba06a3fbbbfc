"""At once: of two requests with the same code one gets it, and many wrong codes are not looked at together."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import TypeVar

import pytest
from flask import Flask
from sqlalchemy import select, text

from accounts.guessing.queries import begin_try
from accounts.guessing.subjects import of_newcomers
from accounts.second_factor import codes, proof, queries
from accounts.second_factor.models import RecoveryCode
from project.extensions import db
from tests.accounts.second_factor.phones import Phone, actions, give_code, waiting_browser
from tests.waiting import wait_until

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

Value = TypeVar("Value")


def at_once(*calls: Callable[[], Value]) -> list[Value]:
    """What the calls return, each in a thread of its own."""
    with ThreadPoolExecutor(len(calls)) as threads:
        return [future.result(timeout=30) for future in [threads.submit(call) for call in calls]]


def test_two_requests_with_the_same_code_begin_one_session(app: Flask, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    both = Barrier(2, timeout=20)

    def step_of(secret: str, code: str, at: datetime) -> int | None:
        step = codes.step_of(secret, code, at)
        both.wait()
        return step

    monkeypatch.setattr(proof, "step_of", step_of)
    browsers, code = [waiting_browser(app, "ada") for _ in range(2)], phone.code()

    answers = at_once(*(lambda browser=browser: give_code(browser, code).status_code for browser in browsers))

    assert sorted(answers) == [302, 401]


def test_two_requests_with_the_same_recovery_code_begin_one_session(app: Flask, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    both, use = Barrier(2, timeout=20), queries.use_recovery_code

    def use_recovery_code(user_id: int, code_hash: str) -> bool:
        both.wait()
        return use(user_id, code_hash)

    monkeypatch.setattr(queries, "use_recovery_code", use_recovery_code)
    browsers = [waiting_browser(app, "ada") for _ in range(2)]

    answers = at_once(*(lambda browser=browser: give_code(browser, phone.recovery_codes[0]).status_code for browser in browsers))

    assert sorted(answers) == [302, 401]


def test_tries_at_once_that_nobody_has_to_wait_for_are_all_let_through(app: Flask) -> None:
    ready = Barrier(20, timeout=20)

    def attempt() -> timedelta | None:
        with app.app_context():
            db.session.connection()
            ready.wait()
            return begin_try(of_newcomers("192.0.2.7"))

    assert at_once(*[attempt] * 20) == [None] * 20


def test_many_wrong_codes_at_once_are_not_looked_at_together(app: Flask, phone: Phone) -> None:
    browsers = [waiting_browser(app, "ada") for _ in range(20)]

    answers = at_once(*(lambda browser=browser: give_code(browser, phone.wrong_code()).status_code for browser in browsers))

    # Each second that the test takes lets one more through.
    assert answers.count(429) >= 20 - 8
    assert actions(app).count("login.refused") == answers.count(401) >= 5


def test_recovery_codes_that_are_renewed_twice_at_once_are_those_of_the_last(app: Flask, phone: Phone) -> None:
    def renew(code_hashes: list[str]) -> None:
        with app.app_context():
            queries.renew_recovery_codes(phone.user_id, code_hashes)
            db.session.commit()

    with ThreadPoolExecutor() as elsewhere, app.app_context():
        queries.renew_recovery_codes(phone.user_id, ["first", "second"])
        later = elsewhere.submit(renew, ["third", "fourth"])
        wait_until(somebody_waits_for_a_lock)
        db.session.commit()
        later.result(timeout=20)

        assert set(db.session.scalars(select(RecoveryCode.code_hash))) == {"third", "fourth"}


def somebody_waits_for_a_lock() -> bool:
    """Whether a connection stands still until another one commits."""
    # Not pg_stat_activity, which one transaction sees as it was when it first looked.
    return bool(db.session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))
