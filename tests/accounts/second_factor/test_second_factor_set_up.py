"""Setting the second factor up, renewing the recovery codes, turning it off: each by a proof, and the secret shown once."""

import html
import re
from datetime import timedelta

import pytest
import segno
from flask import Flask
from flask.testing import FlaskClient
from pyotp import TOTP
from sqlalchemy import select

from accounts.second_factor import queries
from accounts.second_factor.codes import recovery_code
from accounts.second_factor.models import Authenticator, RecoveryCode
from project.database import utc_now
from project.extensions import db
from project.tokens import digest
from tests.accounts.pages import add_user, change, errors_on, log_in_by_form, shown_to
from tests.accounts.pages import read as read_user
from tests.accounts.second_factor.phones import (
    CODE_PAGE,
    OFF,
    PAGE,
    RENEW,
    SET_UP,
    STEP,
    Clock,
    Phone,
    actions,
    audited,
    codes_on,
    give_code,
    give_password,
    phone_of,
    secret_on,
    waiting_browser,
)
from tests.app_fixtures import log_in
from tests.factories import PASSWORD
from tests.pages import facts, read

on_sqlite_alone = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what no difference between databases can touch."""


@pytest.fixture
def ada(app: Flask, client: FlaskClient) -> FlaskClient:
    """The browser of ada, who is logged in and has no second factor."""
    return log_in(client, add_user(app, "ada"))


@pytest.fixture
def owner(app: Flask, phone: Phone) -> FlaskClient:
    """The browser of ada, who is logged in and has one."""
    return log_in(app.test_client(), phone.user_id)


def begin(browser: FlaskClient) -> str:
    """Begin to set it up; the secret that the page shows."""
    answer = browser.post(PAGE, data={"current": PASSWORD})
    assert (answer.status_code, answer.location) == (302, SET_UP)
    return secret_on(browser.get(SET_UP).text)


def modules_in(svg: str) -> set[tuple[int, int]]:
    """Which modules of a picture are dark, the quiet zone left out, as (column, row): the path's strokes are as high as a module."""
    path = re.search(r'<path stroke="#000" d="([^"]+)"', svg)
    assert path, "nothing dark is drawn"
    x, y, dark = 0.0, 0.0, set()
    for command, dx, dy, length in re.findall(r"([Mm])(-?[\d.]+) (-?[\d.]+)h(\d+)", path[1]):
        x, y = (float(dx), float(dy)) if command == "M" else (x + float(dx), y + float(dy))
        dark |= {(int(x) + step - 4, int(y) - 4) for step in range(int(length))}
        x += int(length)
    return dark


def test_the_whole_way_from_off_to_logging_in_with_a_code(app: Flask, ada: FlaskClient, clock: Clock) -> None:
    # Given that somebody has set it up
    secret = begin(ada)
    shown = give_code(ada, TOTP(secret).at(clock.now()), SET_UP)
    assert shown.status_code == 200
    codes = codes_on(shown.text)
    assert len({recovery_code(code) for code in codes} - {None}) == 10
    assert facts(read(ada.get(PAGE)))["Recovery codes left"] == "10"
    ada.post("/accounts/logout")

    # When the password is given, and then the app's next code
    give_password(ada, "ada")
    assert shown_to(ada) is None
    clock.move(STEP)
    answer = give_code(ada, TOTP(secret).at(clock.now()))

    # Then one is logged in
    assert (answer.status_code, answer.location) == (302, "/")
    assert shown_to(ada) == "ada"
    assert actions(app) == ["second_factor.on", "logout", "login"]


def test_the_first_code_logs_nobody_in_afterwards(app: Flask, ada: FlaskClient, clock: Clock) -> None:
    code = TOTP(begin(ada)).at(clock.now())
    ada.post(SET_UP, data={"code": code})

    answer = give_code(waiting_browser(app, "ada"), code)

    assert answer.status_code == 401


def test_nothing_changes_before_the_apps_first_code(app: Flask, ada: FlaskClient) -> None:
    begin(ada)
    other = app.test_client()

    log_in_by_form(other, "ada")

    assert shown_to(other) == "ada"
    assert "second_factor.on" not in actions(app)


@on_sqlite_alone
def test_a_wrong_first_code_is_refused_and_the_secret_stays(ada: FlaskClient, clock: Clock) -> None:
    secret = begin(ada)
    late = TOTP(secret).at(clock.now() - 10 * STEP)

    answer = give_code(ada, late, SET_UP)

    assert "code" in errors_on(answer.text)
    assert secret_on(answer.text) == secret
    assert codes_on(answer.text) == []


@on_sqlite_alone
@pytest.mark.parametrize(("typed", "error"), [("", "Type the code that the app shows."), ("12345", "The app's code has six digits.")])
def test_a_first_code_that_is_none_is_refused_beside_its_field(ada: FlaskClient, typed: str, error: str) -> None:
    begin(ada)

    assert errors_on(give_code(ada, typed, SET_UP).text) == {"code": error}


def test_an_unconfirmed_secret_is_kept_until_it_is_begun_anew(ada: FlaskClient) -> None:
    secret = begin(ada)

    assert secret_on(ada.get(SET_UP).text) == secret
    assert begin(ada) != secret


def wait_so_long(app: Flask, seconds: int) -> None:
    """Let it be so long ago that the set-up began."""
    with app.app_context():
        db.session.scalars(select(Authenticator)).one().created_at = utc_now() - timedelta(seconds=seconds)
        db.session.commit()


@pytest.mark.parametrize(("seconds", "goes_on"), [(590, True), (601, False)])
def test_a_set_up_waits_ten_minutes_for_the_first_code(app: Flask, ada: FlaskClient, clock: Clock, seconds: int, goes_on: bool) -> None:
    secret = begin(ada)
    wait_so_long(app, seconds)

    shown = ada.get(SET_UP).status_code == 200
    codes = codes_on(give_code(ada, TOTP(secret).at(clock.now()), SET_UP).text)

    assert (shown, bool(codes)) == (goes_on, goes_on)


def test_a_code_that_comes_too_late_confirms_nothing(app: Flask, ada: FlaskClient) -> None:
    secret = begin(ada)
    wait_so_long(app, 601)

    with app.app_context():
        assert not queries.confirm(1, secret, 7)


@on_sqlite_alone
def test_a_session_without_the_password_sees_nothing_of_anothers_set_up(app: Flask, ada: FlaskClient, clock: Clock) -> None:
    secret = begin(ada)
    stolen = log_in(app.test_client(), read_user(app, "ada").id)

    answers = [stolen.get(SET_UP), give_code(stolen, TOTP(secret).at(clock.now()), SET_UP)]

    assert {(answer.status_code, answer.location) for answer in answers} == {(302, PAGE)}
    assert "second_factor.on" not in actions(app)


def test_the_code_of_a_secret_that_was_replaced_is_refused(ada: FlaskClient, clock: Clock) -> None:
    old = begin(ada)
    begin(ada)

    assert "code" in errors_on(give_code(ada, TOTP(old).at(clock.now()), SET_UP).text)


@on_sqlite_alone
@pytest.mark.parametrize("form", [{}, {"current": "a wrong password"}])
def test_setting_up_takes_the_password(ada: FlaskClient, form: dict[str, str]) -> None:
    answer = ada.post(PAGE, data=form)

    assert "current" in errors_on(answer.text)
    assert ada.get(SET_UP).location == PAGE


@on_sqlite_alone
def test_who_has_no_password_sets_it_up_without_one(app: Flask, client: FlaskClient) -> None:
    log_in(client, add_user(app, "ada"))
    change(app, "ada", password_hash="")

    assert "password" not in client.get(PAGE).text.partition("<main")[2].partition("<form")[2]
    assert client.post(PAGE).location == SET_UP


def test_setting_up_what_is_on_is_refused(app: Flask, owner: FlaskClient, phone: Phone) -> None:
    answers = [owner.post(PAGE, data={"current": PASSWORD}), owner.get(SET_UP), give_code(owner, phone.code(), SET_UP)]

    assert {(answer.status_code, answer.location) for answer in answers} == {(302, PAGE)}
    assert "Your second factor is on already." in owner.get(PAGE).text
    with app.app_context():
        assert db.session.scalars(select(Authenticator.secret)).all() == [phone.secret]


@on_sqlite_alone
def test_the_picture_says_what_the_key_says(ada: FlaskClient) -> None:
    secret = begin(ada)
    page = ada.get(SET_UP).text

    svg = re.search(r"(?<=the key below\">)<svg.*?</svg>", page, re.DOTALL)

    uri = f"otpauth://totp/Callboard:ada?secret={secret}&issuer=Callboard"
    expected = segno.make(uri, micro=False, error="m").matrix
    assert svg
    assert modules_in(svg[0]) == {(x, y) for y, row in enumerate(expected) for x, dark in enumerate(row) if dark}
    assert html.escape(uri) in page


@on_sqlite_alone
def test_no_element_of_the_page_has_a_style_or_a_script_of_its_own(ada: FlaskClient) -> None:
    begin(ada)

    page = read(ada.get(SET_UP))

    elements = [element for tag in ("svg", "path", "div", "p", "code", "input", "button") for element in page.all(tag)]
    assert elements
    assert [element.tag for element in elements if any(name == "style" or name.startswith("on") for name in element.attributes)] == []
    assert [script for script in page.all("script") if "src" not in script.attributes] == page.all("style") == []


@on_sqlite_alone
@pytest.mark.parametrize("page", [SET_UP, RENEW, OFF, CODE_PAGE])
def test_a_phone_offers_digits_and_the_code_it_knows(app: Flask, client: FlaskClient, clock: Clock, page: str) -> None:
    user_id = add_user(app, "grace") if page == SET_UP else phone_of(app, clock, "grace").user_id
    browser = waiting_browser(app, "grace") if page == CODE_PAGE else log_in(client, user_id)
    if page == SET_UP:
        begin(browser)

    (field,) = read(browser.get(page)).all("input", name="code")

    assert (field.attributes["autocomplete"], field.attributes["inputmode"]) == ("one-time-code", "numeric")


def test_recovery_codes_are_kept_as_digests_alone(app: Flask, ada: FlaskClient, clock: Clock) -> None:
    codes = codes_on(give_code(ada, TOTP(begin(ada)).at(clock.now()), SET_UP).text)

    with app.app_context():
        kept = set(db.session.scalars(select(RecoveryCode.code_hash)))

    assert kept == {digest(code.replace("-", "")) for code in codes}
    assert codes_on(ada.get(PAGE).text) == []


def test_new_recovery_codes_replace_the_old_ones(app: Flask, owner: FlaskClient, phone: Phone) -> None:
    shown = codes_on(give_code(owner, phone.code(), RENEW).text)

    assert len(shown) == 10
    assert not set(shown) & set(phone.recovery_codes)
    assert give_code(waiting_browser(app, "ada"), phone.recovery_codes[0]).status_code == 401
    assert give_code(waiting_browser(app, "ada"), shown[0]).status_code == 302
    assert audited(app)[0] == ("second_factor.recovery_renewed", phone.user_id, phone.user_id, {})


def test_a_recovery_code_may_make_new_ones_when_the_phone_is_lost(owner: FlaskClient, phone: Phone) -> None:
    assert len(codes_on(give_code(owner, phone.recovery_codes[0], RENEW).text)) == 10


@pytest.mark.parametrize("kind", ["app", "recovery code"])
def test_turning_it_off_takes_a_code_and_forgets_everything(app: Flask, owner: FlaskClient, phone: Phone, kind: str) -> None:
    answer = give_code(owner, phone.code() if kind == "app" else phone.recovery_codes[0], OFF)

    assert (answer.status_code, answer.location) == (302, PAGE)
    log_in_by_form(other := app.test_client(), "ada")
    assert shown_to(other) == "ada"
    assert ("second_factor.off", phone.user_id, phone.user_id, {}) in audited(app)
    with app.app_context():
        assert db.session.scalars(select(RecoveryCode)).all() == []


@on_sqlite_alone
@pytest.mark.parametrize("page", [RENEW, OFF])
def test_neither_is_done_without_a_right_code(app: Flask, owner: FlaskClient, phone: Phone, page: str) -> None:
    for code in ("", phone.wrong_code(), "AAAA-" * 5 + "AAAA", "odd"):
        assert give_code(owner, code, page).status_code == 401

    assert facts(read(owner.get(PAGE)))["Recovery codes left"] == "3"
    assert set(actions(app)) == {"login.refused"}


@on_sqlite_alone
@pytest.mark.parametrize("page", [RENEW, OFF])
def test_guessing_a_code_there_has_to_wait_too(owner: FlaskClient, phone: Phone, page: str) -> None:
    for _ in range(5):
        give_code(owner, phone.wrong_code(), page)

    answer = give_code(owner, phone.code(), page)

    assert (answer.status_code, int(answer.headers["Retry-After"]) >= 1) == (429, True)


@on_sqlite_alone
@pytest.mark.parametrize(("used", "words"), [(0, "You have few recovery codes left"), (3, "You have no recovery code left")])
def test_the_page_says_when_recovery_codes_run_out(owner: FlaskClient, app: Flask, phone: Phone, used: int, words: str) -> None:
    for code in phone.recovery_codes[:used]:
        assert give_code(waiting_browser(app, "ada"), code).status_code == 302

    page = read(owner.get(PAGE))

    assert facts(page)["Recovery codes left"] == str(3 - used)
    assert words in page.text
