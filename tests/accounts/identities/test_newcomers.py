"""Newcomers: somebody whom a provider vouches for and nobody here knows chooses a username, where everybody may register."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts import queries
from accounts.identities.carrying import CARRIED_SECONDS, NEWCOMER
from accounts.links.queries import is_good_invite, make_invite, revoke_invite
from project.extensions import db
from project.tokens import digest
from tests import pages
from tests.accounts.identities.steps import add_identity, events, linked, new_subject, sign_in
from tests.accounts.pages import add_user, errors_on, read, shown_to, usernames
from tests.oidc import OidcServer

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CHOOSE = "/accounts/identities/new"


def suggestion(browser: FlaskClient) -> str:
    """The username that the form begins with."""
    (field,) = pages.read(browser.get(CHOOSE)).all("input", name="username")
    return field.attributes["value"]


def test_a_newcomer_chooses_a_username_and_is_in(client: FlaskClient, app: Flask, oidc: OidcServer) -> None:
    subject = new_subject()
    assert sign_in(client, subject, next="/accounts/").location == CHOOSE

    answer = client.post(CHOOSE, data={"username": "ada"})

    assert (answer.status_code, answer.location) == (302, "/accounts/")
    assert shown_to(client) == "ada"
    assert linked(app) == [("ada", oidc.url, subject)]
    ada = read(app, "ada")
    assert not ada.has_password
    assert events(app) == [
        ("user.registered", ada.id, {"how": "oidc"}),
        ("identity.linked", ada.id, {"issuer": oidc.url}),
        ("login", ada.id, {"how": "oidc"}),
    ]


@on_sqlite
def test_a_newcomer_comes_back_without_being_asked(client: FlaskClient, app: Flask) -> None:
    subject = new_subject()
    sign_in(client, subject)
    client.post(CHOOSE, data={"username": "ada"})
    elsewhere = app.test_client()

    sign_in(elsewhere, subject)

    assert shown_to(elsewhere) == "ada"


@on_sqlite
@pytest.mark.parametrize(
    ("claims", "suggested"),
    [
        ({"preferred_username": "ada.l"}, "ada.l"),
        ({"preferred_username": "Taken"}, ""),
        ({"preferred_username": "a b"}, ""),
        ({"preferred_username": "<script>"}, ""),
        ({"preferred_username": ["ada"]}, ""),
        ({"name": "ada"}, ""),
        ({}, ""),
    ],
    ids=str,
)
def test_the_form_suggests_the_providers_name_if_it_will_do(
    client: FlaskClient, app: Flask, oidc: OidcServer, claims: dict[str, object], suggested: str
) -> None:
    add_user(app, "taken")
    subject = new_subject()
    oidc.call(subject, **claims)

    sign_in(client, subject)

    assert suggestion(client) == suggested


@on_sqlite
@pytest.mark.parametrize(
    ("username", "error"),
    [
        ("", "Choose a username."),
        ("Taken", "This username is taken."),
        ("a b c", "A username begins with a letter or a digit and has only A–Z, a–z, 0–9 and . _ @ + - in it."),
    ],
)
def test_a_newcomers_username_follows_the_rules(client: FlaskClient, app: Flask, username: str, error: str) -> None:
    add_user(app, "taken")
    sign_in(client, new_subject())

    answer = client.post(CHOOSE, data={"username": username})

    assert errors_on(answer.text) == {"username": error}
    assert usernames(app) == ["taken"]


def test_of_two_newcomers_at_once_one_gets_the_name_and_the_other_is_asked_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, subject = app.test_client(), new_subject()
    sign_in(browser, subject)
    add = queries.add_user

    def slower(username: str, password_hash: str) -> object:
        monkeypatch.setattr(queries, "add_user", add)
        add_user(app, username)
        return add(username, password_hash)

    monkeypatch.setattr(queries, "add_user", slower)

    answer = browser.post(CHOOSE, data={"username": "ada"})

    assert "Somebody was faster" in errors_on(answer.text)["username"]
    assert (usernames(app), linked(app)) == (["ada"], [])
    browser.post(CHOOSE, data={"username": "ada2"})
    assert shown_to(browser) == "ada2"


def test_a_form_that_is_sent_twice_makes_one_account(app: Flask, oidc: OidcServer) -> None:
    browser, subject = app.test_client(), new_subject()
    sign_in(browser, subject)
    add_identity(app, add_user(app, "first"), oidc.url, subject)

    answer = browser.post(CHOOSE, data={"username": "second"})

    assert "was linked" in errors_on(answer.text)["username"]
    assert usernames(app) == ["first"]


@on_sqlite
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_was_not_vouched_for_makes_no_account(client: FlaskClient, app: Flask, method: str) -> None:
    answer = client.open(CHOOSE, method=method, data={"username": "ada"})

    assert answer.location == "/accounts/login"
    assert usernames(app) == []


@on_sqlite
def test_a_newcomer_has_ten_minutes(client: FlaskClient, app: Flask) -> None:
    sign_in(client, new_subject())
    with client.session_transaction() as session:
        session[NEWCOMER] = {**session[NEWCOMER], "until": session[NEWCOMER]["until"] - CARRIED_SECONDS}

    answer = client.post(CHOOSE, data={"username": "ada"})

    assert pages.messages(pages.read(client.get(answer.location))) == ["error: Begin again: a sign-in waits ten minutes for a username."]
    assert usernames(app) == []


@on_sqlite
@pytest.mark.parametrize("app", [{"registration": "invite"}], indirect=True, ids=str)
def test_an_invite_lets_a_newcomer_in_and_is_used_up(client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        _, token = make_invite("for Ada")
        db.session.commit()
    client.get(f"/accounts/invite/{token}")
    sign_in(client, new_subject())

    client.post(CHOOSE, data={"username": "ada"})

    assert shown_to(client) == "ada"
    with app.app_context():
        assert not is_good_invite(digest(token))


@on_sqlite
@pytest.mark.parametrize("app", [{"registration": "invite"}], indirect=True, ids=str)
def test_an_invite_that_was_used_meanwhile_lets_nobody_in(client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        invite, token = make_invite("for Ada")
        db.session.commit()
    client.get(f"/accounts/invite/{token}")
    sign_in(client, new_subject())
    with app.app_context():
        revoke_invite(invite.id)
        db.session.commit()

    answer = client.post(CHOOSE, data={"username": "ada"})

    assert answer.status_code == 410
    assert usernames(app) == []


@on_sqlite
@pytest.mark.parametrize("app", [{"registration": "invite"}, {"registration": "closed"}], indirect=True, ids=str)
def test_where_not_everybody_may_register_a_newcomer_is_told_to_link(client: FlaskClient, app: Flask) -> None:
    subject = new_subject()

    answer = sign_in(client, subject, next="/reviews/")

    assert answer.location == "/accounts/login?next=/reviews/"
    assert pages.messages(pages.read(client.get(answer.location))) == [
        f"error: No account here is linked to {subject} at Campus. Log in with your password; then link it under Your account, Sign-in elsewhere."
    ]
    assert client.post(CHOOSE, data={"username": "ada"}).location == "/accounts/login"
    assert usernames(app) == []
    assert events(app) == [("login.refused", None, {"reason": "not linked", "how": "oidc"})]
