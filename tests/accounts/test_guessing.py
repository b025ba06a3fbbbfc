"""Guessing: wrong tries make the next ones wait, before any hash is computed, and lock out nobody who is known."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from accounts.guessing import queries
from accounts.guessing.delays import ADDRESS, NEWCOMERS, PERSON
from accounts.guessing.models import FailedLogins
from accounts.guessing.subjects import network_of
from accounts.sessions.queries import KNOWN_DEVICES
from project.database import utc_now
from project.extensions import db
from tests.accounts.pages import add_user, log_in_by_form, shown_to
from tests.factories import PASSWORD


def attempt(browser: FlaskClient, username: str, password: str, address: str = "192.0.2.1") -> TestResponse:
    """Send the login form from an address."""
    return browser.post("/accounts/login", data={"username": username, "password": password}, environ_base={"REMOTE_ADDR": address})


def addresses() -> Iterator[str]:
    """Ever another address."""
    return (f"198.51.{high}.{low}" for high in range(256) for low in range(256))


def exhaust(app: Flask, username: str) -> None:
    """Guess at a name, each time from another address and browser, until it has to wait."""
    for _, address in zip(range(PERSON.free), addresses(), strict=False):
        assert attempt(app.test_client(), username, "a wrong password", address).status_code == 401


def let_pass(app: Flask, time: timedelta) -> None:
    """Make all that was counted so much older."""
    with app.app_context():
        for row in db.session.scalars(select(FailedLogins)):
            row.last_at -= time
            row.blocked_until -= time
        db.session.commit()


@pytest.mark.parametrize("username", ["ada", "ADA", "ghost"])
def test_after_some_wrong_tries_a_name_has_to_wait_whether_anybody_has_it_or_not(app: Flask, username: str) -> None:
    add_user(app, "ada")
    exhaust(app, username.lower())

    response = attempt(app.test_client(), username, PASSWORD)

    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) >= 1
    assert "There were too many wrong tries. Try again in " in response.text


@pytest.mark.parametrize("username", ["ada", "ghost"])
def test_who_has_to_wait_costs_no_hash(app: Flask, verified: list[str], username: str) -> None:
    add_user(app, "ada")
    exhaust(app, username)
    verified.clear()

    attempt(app.test_client(), username, PASSWORD)

    assert verified == []


def test_the_right_password_opens_after_the_wait(app: Flask) -> None:
    add_user(app, "ada")
    exhaust(app, "ada")
    let_pass(app, timedelta(seconds=1))

    assert attempt(app.test_client(), "ada", PASSWORD).status_code == 302


def test_each_wrong_try_makes_the_next_wait_longer(app: Flask) -> None:
    exhaust(app, "ghost")
    waits = []

    for address in ("203.0.113.1", "203.0.113.2", "203.0.113.3"):
        waits.append(int(attempt(app.test_client(), "ghost", "wrong", address).headers["Retry-After"]))
        let_pass(app, timedelta(seconds=waits[-1]))
        attempt(app.test_client(), "ghost", "wrong", address)

    assert waits == [1, 2, 4]


def test_the_right_password_ends_the_counting(app: Flask) -> None:
    add_user(app, "ada")
    for _ in range(3):
        for _, address in zip(range(PERSON.free - 1), addresses(), strict=False):
            attempt(app.test_client(), "ada", "a wrong password", address)
        assert attempt(app.test_client(), "ada", PASSWORD).status_code == 302


def test_a_hundred_wrong_tries_of_one_address_stay_far_from_a_hundred_hashes(client: FlaskClient, verified: list[str]) -> None:
    statuses = [attempt(client, f"user{number}", "a wrong password").status_code for number in range(100)]

    # Without a clock that stands still, a second may pass, and let one more through.
    assert len(verified) <= ADDRESS.free + 3
    assert statuses[: ADDRESS.free] == [401] * ADDRESS.free
    assert statuses.count(429) >= 100 - ADDRESS.free - 3


def test_who_says_to_ask_from_ever_another_address_is_counted_as_the_same(client: FlaskClient) -> None:
    for number in range(ADDRESS.free + 1):
        form = {"username": f"user{number}", "password": "a wrong password"}
        answer = client.post("/accounts/login", data=form, headers={"X-Forwarded-For": f"192.0.2.{number}"})

    assert answer.status_code == 429


def test_tries_at_the_same_time_are_not_let_through_together(app: Flask, verified: list[str]) -> None:
    with ThreadPoolExecutor(16) as threads:
        responses = list(threads.map(lambda address: attempt(app.test_client(), "ghost", "wrong", address), [f"192.0.2.{last}" for last in range(40)]))

    assert len(verified) <= PERSON.free + 3
    assert {response.status_code for response in responses} == {401, 429}


def test_a_device_that_the_account_knows_passes_while_others_guess_at_the_name(app: Flask, client: FlaskClient) -> None:
    add_user(app, "ada")
    log_in_by_form(client, "ada")
    client.post("/accounts/logout")
    exhaust(app, "ada")

    assert attempt(client, "ada", PASSWORD).status_code == 302
    assert attempt(app.test_client(), "ada", PASSWORD).status_code == 429


def test_a_device_that_the_account_knows_passes_from_an_address_that_has_to_wait(app: Flask, client: FlaskClient) -> None:
    add_user(app, "ada")
    log_in_by_form(client, "ada")
    client.post("/accounts/logout")
    for number in range(ADDRESS.free):
        attempt(app.test_client(), f"user{number}", "a wrong password", "192.0.2.9")

    assert attempt(app.test_client(), "grace", PASSWORD, "192.0.2.9").status_code == 429
    assert attempt(client, "ada", PASSWORD, "192.0.2.9").status_code == 302


def test_a_device_is_known_to_its_own_accounts_only(app: Flask, client: FlaskClient) -> None:
    for name in ("ada", "grace"):
        add_user(app, name)
    log_in_by_form(client, "grace")
    exhaust(app, "ada")

    assert attempt(client, "ada", PASSWORD).status_code == 429


def test_a_known_device_has_to_wait_after_wrong_tries_of_its_own(app: Flask, client: FlaskClient, verified: list[str]) -> None:
    add_user(app, "ada")
    log_in_by_form(client, "ada")
    verified.clear()

    statuses = [attempt(client, "ada", "a wrong password", address).status_code for _, address in zip(range(20), addresses(), strict=False)]

    assert statuses.count(401) == len(verified) <= PERSON.free + 3


@pytest.mark.parametrize("cookie", ["", "x", "é", "a" * 43, "a" * 4000])
def test_a_device_cookie_that_is_none_makes_nobody_known(app: Flask, client: FlaskClient, cookie: str) -> None:
    add_user(app, "ada")
    log_in_by_form(app.test_client(), "ada")
    exhaust(app, "ada")
    client.set_cookie("device", cookie)

    assert attempt(client, "ada", PASSWORD).status_code == 429


def test_a_classroom_behind_one_address_logs_in(app: Flask) -> None:
    for number in range(ADDRESS.free + 10):
        add_user(app, f"student{number}")

    statuses = {attempt(app.test_client(), f"student{number}", PASSWORD).status_code for number in range(ADDRESS.free + 10)}

    assert statuses == {302}


def test_typos_of_a_room_that_is_always_in_use_are_forgotten(app: Flask) -> None:
    for number in range(ADDRESS.free + 5):
        add_user(app, f"student{number}")
        attempt(app.test_client(), f"student{number}", "a typo")
        let_pass(app, ADDRESS.fade)
        assert attempt(app.test_client(), f"student{number}", PASSWORD).status_code == 302


def test_right_tries_at_the_same_time_from_an_address_keep_nobody_waiting(app: Flask) -> None:
    for number in range(ADDRESS.free - 1):
        attempt(app.test_client(), f"nobody{number}", "a typo")
    for number in range(16):
        add_user(app, f"student{number}")

    with ThreadPoolExecutor(8) as threads:
        statuses = set(threads.map(lambda number: attempt(app.test_client(), f"student{number}", PASSWORD).status_code, range(16)))

    assert statuses == {302}


def test_right_tries_of_one_name_at_the_same_time_end_in_order(app: Flask) -> None:
    add_user(app, "ada")

    with ThreadPoolExecutor(6) as threads:
        statuses = set(threads.map(lambda _: attempt(app.test_client(), "ada", PASSWORD).status_code, range(30)))

    assert statuses <= {302, 429}


def test_an_account_knows_its_newest_devices_only(app: Flask) -> None:
    add_user(app, "ada")
    browsers = [app.test_client() for _ in range(KNOWN_DEVICES + 1)]
    for browser in browsers:
        log_in_by_form(browser, "ada")
        browser.post("/accounts/logout")
    exhaust(app, "ada")

    assert attempt(browsers[0], "ada", PASSWORD).status_code == 429
    assert attempt(browsers[1], "ada", PASSWORD).status_code == 302


def test_wrong_tries_on_a_known_device_count_for_its_address(app: Flask, client: FlaskClient) -> None:
    add_user(app, "ada")
    log_in_by_form(client, "ada")
    attempt(client, "ada", "a wrong password", "192.0.2.9")

    with app.app_context():
        assert db.session.scalar(select(FailedLogins.failures).where(FailedLogins.subject == "address:192.0.2.9")) == 1


def test_a_program_that_registers_without_end_has_to_wait_before_any_hash(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.guessing.subjects.NEWCOMERS", replace(NEWCOMERS, free=3))
    forms = [{"username": f"robot{number}", "password": "a long password", "repeat": "a long password"} for number in range(5)]

    answers = [app.test_client().post("/accounts/register", data=form) for form in forms]

    assert [answer.status_code for answer in answers] == [302, 302, 302, 429, 429]
    assert "Too many accounts are being made from your address. Try again in " in answers[-1].text


def test_what_counts_no_more_is_deleted(app: Flask) -> None:
    exhaust(app, "ghost")
    let_pass(app, timedelta(seconds=queries.FORGOTTEN_SECONDS + 60))

    attempt(app.test_client(), "another", "a wrong password", "203.0.113.7")

    with app.app_context():
        assert set(db.session.scalars(select(FailedLogins.subject))) == {"name:another", "address:203.0.113.7"}


def test_a_hash_of_an_older_cost_is_made_anew_at_login(app: Flask, client: FlaskClient) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=64, parallelism=1).hash(PASSWORD)
    add_user(app, "ada")
    with app.app_context():
        db.session.execute(db.text("UPDATE users SET password_hash = :hash"), {"hash": old})
        db.session.commit()

    log_in_by_form(client, "ada")
    assert shown_to(client) == "ada"

    with app.app_context():
        new = db.session.scalar(db.text("SELECT password_hash FROM users"))
    assert new != old
    assert shown_to(client) == "ada"
    assert log_in_by_form(app.test_client(), "ada").status_code == 302


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        (None, "unknown"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_an_address_is_counted_by_what_one_room_has(address: str | None, network: str) -> None:
    assert network_of(address) == network


def test_old_rows_say_nothing_of_now(app: Flask) -> None:
    with app.app_context():
        long_ago = utc_now() - 1000 * PERSON.fade
        db.session.add(FailedLogins(subject="name:ghost", failures=1000, last_at=long_ago, blocked_until=long_ago))
        db.session.commit()

    assert attempt(app.test_client(), "ghost", "wrong").status_code == 401
    assert attempt(app.test_client(), "ghost", "wrong").status_code == 401
