"""A one-time link sets a password within a day, once, for its owner alone; and gives away nothing but that."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.links.models import OneTimeLink
from accounts.passwords import hash_password
from accounts.second_factor.models import Authenticator
from accounts.second_factor.queries import has_second_factor
from project.audit import AuditEvent
from project.database import utc_now
from project.extensions import db
from tests.accounts.links.pages import NEW, password_link, send_password
from tests.accounts.pages import add_user, change, errors_on, log_in_by_form, read, shown_to
from tests.app_fixtures import log_in
from tests.factories import PASSWORD


@pytest.fixture
def ada(app: Flask) -> int:
    """A user's id."""
    return add_user(app, "ada")


def assert_gone(browser: FlaskClient, link: str) -> None:
    """The link neither shows the form nor sets a password, and says so the same way for whatever reason."""
    for response in (browser.get(link), send_password(browser, link)):
        assert response.status_code == 410
        assert "This link does not work any more" in response.text


def events(app: Flask) -> list[tuple[str, str | None, int | None]]:
    """What was audited about links and passwords: what, on what."""
    with app.app_context():
        rows = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    return [(row.action, row.object_type, row.object_id) for row in rows if row.action.startswith(("link.", "password."))]


def test_a_link_sets_a_password_to_log_in_with(app: Flask, client: FlaskClient, boss: FlaskClient, ada: int) -> None:
    link = password_link(boss, ada)

    response = send_password(client, link)

    assert (response.status_code, response.location) == (302, "/accounts/login")
    assert shown_to(client) is None, "the link logged somebody in"
    log_in_by_form(client, "ada", NEW)
    assert shown_to(client) == "ada"


def test_the_old_password_is_closed_by_the_new_one(app: Flask, client: FlaskClient, boss: FlaskClient, ada: int) -> None:
    send_password(client, password_link(boss, ada))

    log_in_by_form(client, "ada", PASSWORD)

    assert shown_to(client) is None


def test_a_link_gives_a_password_to_whoever_had_none(app: Flask, client: FlaskClient, boss: FlaskClient, ada: int) -> None:
    change(app, "ada", password_hash="")

    send_password(client, password_link(boss, ada))

    log_in_by_form(client, "ada", NEW)
    assert shown_to(client) == "ada"


def test_a_link_works_once(client: FlaskClient, boss: FlaskClient, ada: int) -> None:
    link = password_link(boss, ada)

    send_password(client, link)

    assert_gone(client, link)


def test_opening_a_link_does_not_use_it_up(client: FlaskClient, boss: FlaskClient, ada: int) -> None:
    link = password_link(boss, ada)

    assert [client.get(link).status_code for _ in range(3)] == [200] * 3


@pytest.mark.parametrize(("passed", "works"), [(timedelta(hours=24, seconds=-30), True), (timedelta(hours=24), False)])
def test_a_link_works_for_24_hours(
    client: FlaskClient, boss: FlaskClient, ada: int, let_pass: Callable[[timedelta], None], passed: timedelta, works: bool
) -> None:
    link = password_link(boss, ada)

    let_pass(passed)

    if works:
        assert send_password(client, link).status_code == 302
    else:
        assert_gone(client, link)


def test_a_newer_link_voids_an_older_one(client: FlaskClient, boss: FlaskClient, ada: int) -> None:
    older, newer = password_link(boss, ada), password_link(boss, ada)

    assert_gone(client, older)
    assert client.get(newer).status_code == 200


def test_a_link_leaves_those_of_others_alone(app: Flask, client: FlaskClient, boss: FlaskClient, ada: int) -> None:
    link = password_link(boss, ada)

    password_link(boss, add_user(app, "grace"))

    assert client.get(link).status_code == 200


@pytest.mark.parametrize("token", ["x", "0" * 43, "%00", "%F0%9F%92%A5", "a" * 3000, "%ED%A0%80"])
def test_an_invented_link_is_gone_like_any_other(client: FlaskClient, token: str) -> None:
    assert_gone(client, f"/accounts/set-password/{token}")


def test_an_invite_sets_no_password(client: FlaskClient, boss: FlaskClient) -> None:
    token = boss.post("/invites/", data={"note": "Ada"}).text.partition("/accounts/invite/")[2].partition("<")[0]

    assert_gone(client, f"/accounts/set-password/{token}")


def test_the_link_of_somebody_who_was_deactivated_is_gone(app: Flask, client: FlaskClient, boss: FlaskClient, ada: int) -> None:
    link = password_link(boss, ada)

    change(app, "ada", is_active=False)

    assert_gone(client, link)


def test_no_link_is_made_for_somebody_who_is_not_active(app: Flask, boss: FlaskClient, ada: int) -> None:
    change(app, "ada", is_active=False)

    page = boss.post("/users/password-link", data={"id": ada, "current": PASSWORD}, follow_redirects=True).text

    assert "The user is not active, so a password would be of no use." in page
    assert events(app) == []


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"password": "short", "repeat": "short"}, {"password": "A password has 8 to 256 characters."}),
        ({"password": "ada lovelace", "repeat": "ada lovelace!"}, {"repeat": "The two passwords differ."}),
        ({"password": "", "repeat": ""}, {"password": "Choose a new password."}),
        ({"password": "the.owners.name", "repeat": "the.owners.name"}, {"password": "The password must not be the username."}),
    ],
)
def test_a_bad_password_is_refused_beside_its_field_and_the_link_stays_good(
    app: Flask, client: FlaskClient, boss: FlaskClient, typed: dict[str, str], errors: dict[str, str]
) -> None:
    link = password_link(boss, add_user(app, "the.owners.name"))

    response = client.post(link, data=typed)

    assert errors_on(response.text) == errors
    assert send_password(client, link).status_code == 302


def test_the_form_sets_the_password_and_nothing_else(app: Flask, client: FlaskClient, boss: FlaskClient, ada: int) -> None:
    grace = add_user(app, "grace")
    before = read(app, "grace").password_hash

    send_password(client, password_link(boss, ada), user_id=str(grace), id=str(grace), username="eve", is_superuser="y", is_active="")

    user = read(app, "ada")
    assert (user.is_superuser, user.is_active, read(app, "grace").password_hash) == (False, True, before)


def test_a_new_password_ends_the_owners_sessions_and_nobody_elses(app: Flask, client: FlaskClient, boss: FlaskClient, ada: int) -> None:
    browser = log_in(app.test_client(), ada)

    send_password(client, password_link(boss, ada))

    assert shown_to(browser) is None
    assert shown_to(boss) == "boss"


def test_whoever_was_kept_waiting_for_wrong_passwords_gets_in(app: Flask, client: FlaskClient, boss: FlaskClient, ada: int) -> None:
    for _ in range(7):
        log_in_by_form(client, "ada", "wrong password")
    assert log_in_by_form(client, "ada").status_code == 429

    send_password(client, password_link(boss, ada))

    log_in_by_form(client, "ada", NEW)
    assert shown_to(client) == "ada"


def test_a_known_device_that_was_kept_waiting_gets_in_too(app: Flask, client: FlaskClient, boss: FlaskClient, ada: int) -> None:
    log_in_by_form(client, "ada")
    client.post("/accounts/logout")
    for _ in range(7):
        log_in_by_form(client, "ada", "wrong password")
    assert log_in_by_form(client, "ada").status_code == 429

    send_password(client, password_link(boss, ada))

    log_in_by_form(client, "ada", NEW)
    assert shown_to(client) == "ada"


def test_a_second_factor_stays_on(app: Flask, client: FlaskClient, boss: FlaskClient, ada: int) -> None:
    with app.app_context():
        db.session.add(Authenticator(user_id=ada, secret="A" * 32, created_at=utc_now(), confirmed_at=utc_now()))
        db.session.commit()

    send_password(client, password_link(boss, ada))

    with app.app_context():
        assert has_second_factor(ada)


def test_a_link_is_audited_as_it_is_made_and_used(app: Flask, client: FlaskClient, boss: FlaskClient, ada: int) -> None:
    send_password(client, password_link(boss, ada))

    assert events(app) == [("link.made", "user", ada), ("password.set_by_link", "user", ada)]


def test_a_link_is_kept_as_a_hash_alone(app: Flask, boss: FlaskClient, ada: int) -> None:
    token = password_link(boss, ada).rpartition("/")[2]

    with app.app_context():
        kept = db.session.execute(select(*OneTimeLink.__table__.columns)).one()
    assert token not in map(str, kept)


def test_a_link_is_shown_once(boss: FlaskClient, ada: int) -> None:
    token = password_link(boss, ada).rpartition("/")[2]

    assert token not in boss.get(f"/users/details/?id={ada}").text


def test_a_link_stands_in_no_line_of_the_log(client: FlaskClient, boss: FlaskClient, ada: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")

    link = password_link(boss, ada)
    client.get(link)
    send_password(client, link)
    client.get(link)

    assert any("answered" in record.message for record in caplog.records)
    assert link.rpartition("/")[2] not in "".join(str(vars(record)) for record in caplog.records)


@pytest.mark.parametrize("user_id", ["", "0", "-1", "x", "99999", "9" * 30, "1 OR 1=1", "\0"])
def test_a_link_for_nobody_is_404(app: Flask, boss: FlaskClient, user_id: str) -> None:
    assert boss.post("/users/password-link", data={"id": user_id}).status_code == 404
    assert events(app) == []


def test_of_two_who_use_a_link_at_once_one_wins(app: Flask, boss: FlaskClient, ada: int, monkeypatch: pytest.MonkeyPatch) -> None:
    link, both_there = password_link(boss, ada), Barrier(2, timeout=30)

    def hash_together(password: str) -> str:
        # Both have found the link good; neither has used it.
        both_there.wait()
        return hash_password(password)

    monkeypatch.setattr("accounts.links.views.hash_password", hash_together)
    with ThreadPoolExecutor() as threads:
        answers = list(threads.map(lambda password: send_password(app.test_client(), link, password).status_code, ("the first password", "the other password")))

    assert sorted(answers) == [302, 410]
    assert [action for action, _, _ in events(app)] == ["link.made", "password.set_by_link"]


def test_of_two_links_made_at_once_one_is_good(app: Flask, boss: FlaskClient, ada: int) -> None:
    def make(browser: FlaskClient) -> str:
        both_there.wait()
        return password_link(browser, ada)

    browsers, both_there = [log_in(app.test_client(), read(app, "boss").id) for _ in range(2)], Barrier(2, timeout=30)
    good = []
    for _ in range(5):
        with ThreadPoolExecutor() as threads:
            links = list(threads.map(make, browsers))
        good.append(sum(app.test_client().get(link).status_code == 200 for link in links))

    assert good == [1] * 5
