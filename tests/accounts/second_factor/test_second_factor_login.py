"""Logging in with a second factor: the password alone opens nothing, and each code opens once."""

import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.login import pass_first_factor
from accounts.models import User
from accounts.second_factor.queries import turn_off
from accounts.second_factor.waiting import LONGEST_TARGET, SECONDS
from accounts.sessions.models import LoginSession
from project.extensions import db
from tests.accounts.pages import change, errors_on, log_in_by_form, shown_to
from tests.accounts.second_factor.phones import CODE_PAGE, OFF, STEP, Clock, Phone, actions, audited, give_code, give_password, phone_of, waiting_browser
from tests.app_fixtures import log_in
from tests.factories import PASSWORD
from tests.pages import messages, read
from tests.project.routes import VISITS, make_world

on_sqlite_alone = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what no difference between databases can touch."""

COOKIE = "callboard"


def cookie_of(browser: FlaskClient) -> str:
    """The browser's session cookie."""
    cookie = browser.get_cookie(COOKIE)
    assert cookie
    return cookie.value


def sessions(app: Flask) -> list[LoginSession]:
    """Every session that was begun."""
    with app.app_context():
        return list(db.session.scalars(select(LoginSession).order_by(LoginSession.id)))


@pytest.mark.parametrize("ahead", [-1, 0, 1])
def test_the_apps_code_opens_though_the_clocks_differ_a_little(app: Flask, client: FlaskClient, phone: Phone, ahead: int) -> None:
    give_password(client, "ada")

    answer = give_code(client, phone.code(STEP * ahead))

    assert (answer.status_code, answer.location) == (302, "/")
    assert shown_to(client) == "ada"
    assert audited(app) == [("login", phone.user_id, phone.user_id, {"how": "password and app"})]


@on_sqlite_alone
@pytest.mark.parametrize("ahead", [-2, 2])
def test_a_code_of_another_time_does_not(client: FlaskClient, phone: Phone, ahead: int) -> None:
    give_password(client, "ada")

    assert give_code(client, phone.code(STEP * ahead)).status_code == 401
    assert shown_to(client) is None


def test_a_code_is_good_once(app: Flask, client: FlaskClient, phone: Phone) -> None:
    give_password(client, "ada")
    give_code(client, phone.code())
    other = waiting_browser(app, "ada")

    answer = give_code(other, phone.code())

    assert answer.status_code == 401
    assert "used already" in errors_on(answer.text)["code"]
    assert shown_to(other) is None
    assert audited(app)[-1] == ("login.refused", None, phone.user_id, {"reason": "wrong code"})


def test_a_code_before_one_that_was_used_is_good_no_more(app: Flask, client: FlaskClient, phone: Phone) -> None:
    give_password(client, "ada")
    give_code(client, phone.code())

    assert give_code(waiting_browser(app, "ada"), phone.code(-STEP)).status_code == 401


def test_the_next_code_is_good_again(app: Flask, client: FlaskClient, phone: Phone, clock: Clock) -> None:
    give_password(client, "ada")
    give_code(client, phone.code())
    clock.move(STEP)

    assert give_code(waiting_browser(app, "ada"), phone.code()).status_code == 302


@pytest.mark.parametrize("field", ["code", "recovery"])
def test_a_recovery_code_is_good_once(app: Flask, client: FlaskClient, phone: Phone, field: str) -> None:
    code = phone.recovery_codes[0].lower().replace("-", " ")
    give_password(client, "ada")

    first = client.post(CODE_PAGE, data={field: code})
    again = waiting_browser(app, "ada").post(CODE_PAGE, data={field: code})

    assert (first.status_code, again.status_code) == (302, 401)
    assert audited(app)[:2] == [
        ("second_factor.recovery_used", phone.user_id, phone.user_id, {"left": 2}),
        ("login", phone.user_id, phone.user_id, {"how": "password and recovery code"}),
    ]
    assert messages(read(client.get("/"))) == ["warning: This recovery code is used up now. You have 2 left; your account's page can make new ones."]


def test_a_recovery_code_of_somebody_else_opens_nothing(app: Flask, phone: Phone, clock: Clock) -> None:
    grace = phone_of(app, clock, "grace")

    assert give_code(waiting_browser(app, "ada"), grace.recovery_codes[0]).status_code == 401
    assert give_code(waiting_browser(app, "grace"), grace.recovery_codes[0]).status_code == 302


@on_sqlite_alone
@pytest.mark.parametrize(
    ("form", "field", "error"),
    [
        ({}, "code", "Type the code that your app shows."),
        ({"code": "12 34"}, "code", "The app's code has six digits; "),
        ({"recovery": "ABCD-EFGH"}, "recovery", "The app's code has six digits; a recovery code has 24 letters and digits"),
        ({"recovery": "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA"}, "recovery", "This is none of your recovery codes, or it is used already."),
        ({"code": "\0"}, "code", "The app's code has six digits; "),
        ({"code": "1" * 100_000}, "code", "The app's code has six digits; "),
    ],
)
def test_what_is_wrong_with_a_code_stands_beside_its_field(client: FlaskClient, phone: Phone, form: dict[str, str], field: str, error: str) -> None:
    give_password(client, "ada")

    answer = client.post(CODE_PAGE, data=form)

    assert answer.status_code == 401
    assert errors_on(answer.text).keys() == {field}
    assert errors_on(answer.text)[field].startswith(error)


def test_who_logs_in_as_somebody_with_a_second_factor_is_logged_out_first(app: Flask, client: FlaskClient, phone: Phone, clock: Clock) -> None:
    grace = phone_of(app, clock, "grace")
    log_in(client, grace.user_id)
    with client.session_transaction() as session:
        session["planted"] = True

    give_password(client, "ada")

    assert shown_to(client) is None
    assert [session.ended_at is not None for session in sessions(app)] == [True]
    with client.session_transaction() as session:
        assert "planted" not in session


@on_sqlite_alone
@pytest.mark.parametrize(("remember", "kept"), [("y", True), ("", False)])
def test_what_was_asked_for_with_the_password_holds_after_the_code(app: Flask, client: FlaskClient, phone: Phone, remember: str, kept: bool) -> None:
    give_password(client, "ada", remember=remember, next="/accounts/password?a=b")

    answer = give_code(client, phone.code())

    assert answer.location == "/accounts/password?a=b"
    assert [session.remember for session in sessions(app)] == [kept]


@on_sqlite_alone
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/" + "x" * LONGEST_TARGET, "/" + "\u6f22" * 100_000])
def test_an_address_that_is_elsewhere_or_too_long_leads_to_the_front_page(client: FlaskClient, phone: Phone, target: str) -> None:
    give_password(client, "ada", next=target)

    assert len(cookie_of(client)) < 4000
    assert give_code(client, phone.code()).location == "/"


@on_sqlite_alone
def test_a_cookie_holds_the_longest_address_that_is_kept(client: FlaskClient, phone: Phone) -> None:
    # As many different characters as there can be, so that packing them saves little.
    give_password(client, "ada", next="/" + "".join(chr(0x4E00 + number * 19) for number in range(LONGEST_TARGET - 1)))

    assert len(cookie_of(client)) < 4000


def test_a_login_waits_five_minutes_for_its_code(client: FlaskClient, phone: Phone, clock: Clock) -> None:
    give_password(client, "ada")
    clock.move(STEP * (SECONDS // 30))

    answer = give_code(client, phone.code())

    assert (answer.status_code, answer.location) == (302, "/accounts/login")
    assert shown_to(client) is None


@pytest.mark.parametrize("values", [{"password_hash": "another"}, {"is_active": False}], ids=["password", "active"])
def test_a_login_waits_no_more_once_the_password_is_another_or_the_user_not_active(app: Flask, client: FlaskClient, phone: Phone, values: object) -> None:
    assert isinstance(values, dict)
    give_password(client, "ada")

    change(app, "ada", **values)

    answer = give_code(client, phone.code())
    assert (answer.status_code, answer.location) == (302, "/accounts/login")
    assert sessions(app) == []


def test_a_login_waits_no_more_once_the_second_factor_is_off(app: Flask, client: FlaskClient, phone: Phone) -> None:
    give_password(client, "ada")
    with app.app_context():
        turn_off(phone.user_id)
        db.session.commit()

    assert give_code(client, phone.code()).location == "/accounts/login"
    assert sessions(app) == []


@on_sqlite_alone
def test_a_login_that_waits_opens_nothing(app: Flask, phone: Phone) -> None:
    world = make_world(app)
    change(app, "ada", is_superuser=True)
    visits = [visit for visit in VISITS if visit.outcomes[0] == "to login"]

    opened = {
        str(visit)
        for visit in visits
        if not (waiting_browser(app, "ada").open(world.filled(visit.url), method=visit.method).location or "").startswith("/accounts/login?next=")
    }

    assert visits
    assert opened == set()


@on_sqlite_alone
def test_the_cookie_of_a_login_that_waited_is_worth_no_more_than_before_once_it_succeeded(app: Flask, client: FlaskClient, phone: Phone) -> None:
    give_password(client, "ada")
    cookie, code = cookie_of(client), phone.code()
    give_code(client, code)
    thief = app.test_client()
    thief.set_cookie(COOKIE, cookie)

    assert shown_to(thief) is None
    assert give_code(thief, code).status_code == 401
    assert shown_to(client) == "ada"


@on_sqlite_alone
def test_a_cookie_that_waits_and_was_changed_is_none(client: FlaskClient, phone: Phone) -> None:
    give_password(client, "ada")
    payload, _, signature = cookie_of(client).rpartition(".")
    client.set_cookie(COOKIE, f"{payload}.{signature[::-1]}")

    assert give_code(client, phone.code()).location == "/accounts/login"


@pytest.mark.parametrize("right", ["app", "recovery code"])
def test_after_some_wrong_codes_not_even_the_right_one_is_looked_at(app: Flask, client: FlaskClient, phone: Phone, right: str) -> None:
    give_password(client, "ada")
    for _ in range(5):
        assert give_code(client, phone.wrong_code()).status_code == 401

    answer = give_code(client, phone.code() if right == "app" else phone.recovery_codes[0])

    assert (answer.status_code, int(answer.headers["Retry-After"]) >= 1) == (429, True)
    assert "There were too many wrong tries." in errors_on(answer.text)["code"]
    assert actions(app) == ["login.refused"] * 5
    assert sessions(app) == []


@on_sqlite_alone
def test_giving_the_password_again_does_not_begin_the_counting_anew(app: Flask, client: FlaskClient, phone: Phone) -> None:
    for _ in range(5):
        give_code(waiting_browser(app, "ada"), phone.wrong_code())

    assert give_code(waiting_browser(app, "ada"), phone.code()).status_code == 429


@on_sqlite_alone
def test_a_right_code_ends_the_counting(app: Flask, phone: Phone, clock: Clock) -> None:
    for _ in range(3):
        browser = waiting_browser(app, "ada")
        for _ in range(4):
            give_code(browser, phone.wrong_code())
        assert give_code(browser, phone.code()).status_code == 302
        clock.move(STEP)


@on_sqlite_alone
def test_a_code_is_asked_for_whatever_the_first_proof_was(app: Flask, phone: Phone) -> None:
    with app.test_request_context(), app.app_context():
        user = db.session.get(User, phone.user_id)
        assert user
        answer = app.make_response(pass_first_factor(user, remember=False, target=None, how="gitlab"))

    assert (answer.status_code, answer.location) == (302, CODE_PAGE)
    assert sessions(app) == []


@on_sqlite_alone
def test_nobody_elses_login_takes_a_code(app: Flask, client: FlaskClient, phone: Phone) -> None:
    phone_of(app, phone.clock, "grace")
    with app.app_context():
        turn_off(phone.user_id)
        db.session.commit()

    assert log_in_by_form(client, "ada").location == "/"


@on_sqlite_alone
def test_no_code_and_no_secret_is_logged_or_audited(app: Flask, client: FlaskClient, phone: Phone, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wrong, right, recovery = phone.wrong_code(), phone.code(), phone.recovery_codes[0]
    for code in (wrong, recovery, "AAAA-" * 5 + "AAAA", right):
        give_code(waiting_browser(app, "ada"), code)

    said = caplog.text + repr([record.__dict__ for record in caplog.records]) + repr(audited(app))

    assert "answered" in said
    assert [code for code in (wrong, right, recovery, recovery.replace("-", ""), "AAAAAAAA", phone.secret) if code in said] == []


@on_sqlite_alone
def test_a_right_password_sets_back_no_count_of_wrong_codes(app: Flask, client: FlaskClient, phone: Phone) -> None:
    log_in(client, phone.user_id)
    for _ in range(6):
        give_code(client, phone.wrong_code(), OFF)
        # Right, but the new one is too short, so that nothing changes.
        client.post("/accounts/password", data={"current": PASSWORD, "password": "short", "repeat": "short"})

    assert give_code(client, phone.code(), OFF).status_code == 429


@on_sqlite_alone
def test_who_knows_the_password_cannot_keep_the_owner_from_logging_in_on_a_known_device(app: Flask, client: FlaskClient, phone: Phone) -> None:
    give_password(client, "ada")
    give_code(client, phone.code())
    client.post("/accounts/logout")
    thief = waiting_browser(app, "ada")
    for _ in range(6):
        give_code(thief, phone.wrong_code())

    give_password(client, "ada")

    assert give_code(client, phone.code(STEP)).location == "/"
