"""Registration is open, by invite or closed; an invite makes one account within a week."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.passwords import hash_password
from tests.accounts.links.pages import invite
from tests.accounts.pages import add_user, errors_on, shown_to, usernames
from tests.app_fixtures import log_in
from tests.apps import KeptApps
from tests.factories import PASSWORD
from tests.pages import read, rows

FORM = {"username": "ada", "password": "a long password", "repeat": "a long password"}


@pytest.fixture
def registration() -> str:
    """Who may register."""
    return "invite"


@pytest.fixture
def app(database_url: str, kept_apps: KeptApps, registration: str) -> Iterator[Flask]:
    """A site where that is who may."""
    with kept_apps.lent(database_url, registration=registration) as app:
        yield app


def only(registration: str) -> pytest.MarkDecorator:
    """A site with that setting."""
    return pytest.mark.parametrize("registration", [registration])


def states(boss: FlaskClient) -> list[tuple[str, str]]:
    """Whom each invite is for, and the first word of what became of it."""
    return [(row["For"], row["State"].split()[0]) for row in rows(read(boss.get("/invites/")))]


def offers_to_register(browser: FlaskClient) -> dict[str, bool]:
    """Which pages of a visitor lead to the form that makes an account."""
    return {path: 'href="/accounts/register"' in browser.get(path).text for path in ("/", "/accounts/login")}


def test_with_an_invite_one_has_an_account(client: FlaskClient, boss: FlaskClient) -> None:
    response = client.get(invite(boss))
    assert (response.status_code, response.location) == (302, "/accounts/register")

    client.post("/accounts/register", data=FORM)

    assert shown_to(client) == "ada"
    assert states(boss) == [("For Ada", "used")]
    assert rows(read(boss.get("/invites/")))[0]["State"].startswith("used by ada")


def test_without_an_invite_one_is_told_that_it_takes_one(app: Flask, client: FlaskClient) -> None:
    for response in (client.get("/accounts/register"), client.post("/accounts/register", data=FORM)):
        assert response.status_code == 403
        assert "You need an invite" in response.text
    assert usernames(app) == []


@only("closed")
def test_where_registration_is_closed_nobody_registers_with_an_invite_neither(app: Flask, client: FlaskClient, boss: FlaskClient) -> None:
    client.get(invite(boss))

    for response in (client.get("/accounts/register"), client.post("/accounts/register", data=FORM)):
        assert response.status_code == 403
        assert "Registration is closed" in response.text
    assert usernames(app) == ["boss"]


@only("open")
def test_where_registration_is_open_an_invite_is_noted_as_used(client: FlaskClient, boss: FlaskClient) -> None:
    client.get(invite(boss))

    client.post("/accounts/register", data=FORM)

    assert states(boss) == [("For Ada", "used")]


@only("open")
def test_where_registration_is_open_an_invite_that_is_gone_keeps_nobody_out(
    client: FlaskClient, boss: FlaskClient, let_pass: Callable[[timedelta], None]
) -> None:
    client.get(invite(boss))
    let_pass(timedelta(days=8))

    client.post("/accounts/register", data=FORM)

    assert shown_to(client) == "ada"


@pytest.mark.parametrize(("registration", "offered"), [("open", True), ("invite", False), ("closed", False)])
def test_registering_is_offered_to_those_who_may(client: FlaskClient, offered: bool) -> None:
    assert offers_to_register(client) == {"/": offered, "/accounts/login": offered}


def test_registering_is_offered_to_whoever_has_an_invite(client: FlaskClient, boss: FlaskClient) -> None:
    client.get(invite(boss))

    assert offers_to_register(client) == {"/": True, "/accounts/login": True}


@pytest.mark.parametrize(("registration", "named"), [("open", False), ("invite", True), ("closed", False)])
def test_the_navigation_names_invites_where_an_account_takes_one(boss: FlaskClient, named: bool) -> None:
    assert ('href="/invites/"' in boss.get("/").text) is named


def assert_gone(browser: FlaskClient, link: str) -> None:
    """Nobody can register with the link, and it says so."""
    response = browser.get(link)
    assert (response.status_code, "This invite does not work any more" in response.text) == (410, True)
    assert browser.post("/accounts/register", data=FORM).status_code == 403


def test_an_invite_works_once(app: Flask, client: FlaskClient, boss: FlaskClient) -> None:
    link = invite(boss)
    client.get(link)
    client.post("/accounts/register", data=FORM | {"username": "grace"})

    assert_gone(app.test_client(), link)


@pytest.mark.parametrize(("passed", "works"), [(timedelta(days=7, seconds=-30), True), (timedelta(days=7), False)])
def test_an_invite_works_for_a_week(client: FlaskClient, boss: FlaskClient, let_pass: Callable[[timedelta], None], passed: timedelta, works: bool) -> None:
    link = invite(boss)

    let_pass(passed)

    assert states(boss) == [("For Ada", "open" if works else "expired")]
    if works:
        assert client.get(link).status_code == 302
    else:
        assert_gone(client, link)


def test_a_revoked_invite_is_gone(client: FlaskClient, boss: FlaskClient) -> None:
    link = invite(boss)

    boss.post("/invites/revoke", data={"id": "1"})

    assert states(boss) == []
    assert_gone(client, link)


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_an_invite_that_ends_while_somebody_types_makes_no_account(
    app: Flask, client: FlaskClient, boss: FlaskClient, let_pass: Callable[[timedelta], None], how: str
) -> None:
    client.get(invite(boss))
    if how == "revoked":
        boss.post("/invites/revoke", data={"id": "1"})
    else:
        let_pass(timedelta(days=8))

    response = client.post("/accounts/register", data=FORM)

    assert response.status_code == 410
    assert usernames(app) == ["boss"]


@pytest.mark.parametrize("token", ["x", "%00", "a" * 3000])
def test_an_invented_invite_is_gone_like_any_other(client: FlaskClient, token: str) -> None:
    assert_gone(client, f"/accounts/invite/{token}")


def test_a_password_link_invites_nobody(app: Flask, client: FlaskClient, boss: FlaskClient) -> None:
    page = boss.post("/users/password-link", data={"id": add_user(app, "grace"), "current": PASSWORD}).text
    token = page.partition("/set-password/")[2].partition("<")[0]

    assert_gone(client, f"/accounts/invite/{token}")


def test_a_wrong_form_leaves_the_invite_good(client: FlaskClient, boss: FlaskClient) -> None:
    client.get(invite(boss))

    response = client.post("/accounts/register", data=FORM | {"username": "boss"})
    assert errors_on(response.text) == {"username": "This username is taken."}
    client.post("/accounts/register", data=FORM)

    assert shown_to(client) == "ada"


def test_of_two_who_register_with_one_invite_at_once_one_wins(app: Flask, boss: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    link, both_there = invite(boss), Barrier(2, timeout=30)

    def hash_together(password: str) -> str:
        # Both have found the invite good; neither has used it.
        both_there.wait()
        return hash_password(password)

    def register(name: str) -> int:
        browser = app.test_client()
        browser.get(link)
        return browser.post("/accounts/register", data=FORM | {"username": name}).status_code

    monkeypatch.setattr("accounts.views.hash_password", hash_together)
    with ThreadPoolExecutor() as threads:
        answers = list(threads.map(register, ("ada", "grace")))

    assert sorted(answers) == [302, 410]
    assert len(usernames(app)) == 2, "boss, and one of the two"


@pytest.mark.parametrize(
    ("note", "error"),
    [
        ("", "Say whom it is for."),
        ("  ", "Say whom it is for."),
        ("x" * 121, "A note has at most 120 characters."),
        ("a\0b", "There is a control character in it."),
    ],
)
def test_a_bad_note_is_refused(boss: FlaskClient, note: str, error: str) -> None:
    response = boss.post("/invites/", data={"note": note})

    assert errors_on(response.text) == {"note": error}
    assert states(boss) == []


def test_the_form_takes_a_note_and_nothing_else(client: FlaskClient, boss: FlaskClient) -> None:
    boss.post("/invites/", data={"note": "<b>Ada</b>", "purpose": "password", "user_id": "1", "expires_at": "2099-01-01", "used_at": "2020-01-01"})

    (row,) = rows(read(boss.get("/invites/")))
    assert (row["For"], row["State"].split()[0], row["Made by"]) == ("<b>Ada</b>", "open", "boss")


@pytest.mark.parametrize("link_id", ["", "0", "x", "99", "9" * 30])
def test_revoking_what_is_no_open_invite_is_404(app: Flask, client: FlaskClient, boss: FlaskClient, link_id: str) -> None:
    client.get(invite(boss))
    client.post("/accounts/register", data=FORM)

    assert boss.post("/invites/revoke", data={"id": link_id}).status_code == 404
    assert boss.post("/invites/revoke", data={"id": "1"}).status_code == 404, "it is used"
    assert states(boss) == [("For Ada", "used")]


def test_a_password_link_is_not_revoked_as_an_invite(app: Flask, boss: FlaskClient) -> None:
    boss.post("/users/password-link", data={"id": add_user(app, "ada"), "current": PASSWORD})

    assert boss.post("/invites/revoke", data={"id": "1"}).status_code == 404


def test_a_long_list_has_further_pages(boss: FlaskClient) -> None:
    for number in range(51):
        invite(boss, f"guest {number}")

    first = read(boss.get("/invites/"))
    (older,) = [anchor.attributes["href"] for anchor in first.all("a", rel="next")]

    assert [row["For"] for row in rows(first)] == [f"guest {number}" for number in range(50, 0, -1)]
    assert [row["For"] for row in rows(read(boss.get(older)))] == ["guest 0"]


def test_an_account_made_by_a_superuser_who_is_logged_in_is_another_one(app: Flask, boss: FlaskClient) -> None:
    link, browser = invite(boss), log_in(app.test_client(), add_user(app, "grace"))

    browser.get(link)
    browser.post("/accounts/register", data=FORM)

    assert shown_to(browser) == "ada"
