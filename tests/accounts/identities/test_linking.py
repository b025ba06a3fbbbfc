"""Linking: a user ties what they are elsewhere to their account, sees it there, and can untie it unless it is the only way in."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.identities.ways_in import unlink_fault
from tests import pages
from tests.accounts.identities.steps import add_identity, events, link, linked, new_subject, set_out, sign_in
from tests.accounts.pages import add_user, change, errors_on, shown_to
from tests.app_fixtures import log_in
from tests.oidc import OidcServer, consent

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def told(browser: FlaskClient) -> list[str]:
    """What one's page of linked accounts says about what just happened."""
    return pages.messages(pages.read(browser.get("/accounts/identities")))


def unlink(browser: FlaskClient, identity_id: int) -> int:
    """Press the button; the status."""
    return browser.post("/accounts/identities/unlink", data={"id": str(identity_id)}).status_code


def test_what_a_user_links_lets_them_in_from_then_on(client: FlaskClient, app: Flask, oidc: OidcServer) -> None:
    subject, ada = new_subject(), add_user(app, "ada")
    log_in(client, ada)

    answer = link(client, subject)

    assert answer.location == "/accounts/identities"
    assert told(client) == [f"success: You can log in with Campus now, as {subject}."]
    assert linked(app) == [("ada", oidc.url, subject)]
    assert events(app) == [("identity.linked", ada, {"issuer": oidc.url})]
    elsewhere = app.test_client()
    sign_in(elsewhere, subject)
    assert shown_to(elsewhere) == "ada"


@on_sqlite
def test_it_shows_under_the_name_that_the_provider_knows(client: FlaskClient, app: Flask, oidc: OidcServer) -> None:
    subject = new_subject()
    oidc.call(subject, preferred_username="a.lovelace", name="Ada Lovelace")
    log_in(client, add_user(app, "ada"))

    link(client, subject)

    (row,) = pages.rows(pages.read(client.get("/accounts/identities")))
    assert (row["Where"], row["As"], row["Last used"]) == ("Campus", "a.lovelace", "never")


def test_linking_the_same_twice_is_harmless(client: FlaskClient, app: Flask, oidc: OidcServer) -> None:
    subject = new_subject()
    log_in(client, add_user(app, "ada"))
    link(client, subject)
    told(client)

    link(client, subject)

    assert told(client) == [f"info: {subject} at Campus was linked to your account before."]
    assert linked(app) == [("ada", oidc.url, subject)]


def test_what_is_linked_to_another_stays_there(client: FlaskClient, app: Flask, oidc: OidcServer) -> None:
    subject = new_subject()
    add_identity(app, add_user(app, "grace"), oidc.url, subject)
    log_in(client, add_user(app, "ada"))

    link(client, subject)

    assert told(client) == [f"error: {subject} at Campus is linked to another account here. Log in to that one and unlink it there first."]
    assert linked(app) == [("grace", oidc.url, subject)]


@on_sqlite
def test_a_user_whose_session_ended_under_way_is_linked_to_nothing(client: FlaskClient, app: Flask) -> None:
    log_in(client, add_user(app, "ada"))
    way_back = consent(set_out(client, "link"), new_subject())
    with client.session_transaction() as session:
        session["_user_id"] = "a token of no session"

    answer = client.get(way_back)

    assert answer.location == "/accounts/login?next=/accounts/identities"
    assert linked(app) == []


@on_sqlite
def test_what_one_user_set_out_for_is_not_done_to_the_next(client: FlaskClient, app: Flask) -> None:
    log_in(client, add_user(app, "ada"))
    way_back = consent(set_out(client, "link"), new_subject())
    # Logging in empties the session; this is the worst case of one that was not.
    log_in(client, add_user(app, "grace"))

    client.get(way_back)

    assert linked(app) == []


@on_sqlite
def test_logging_in_as_another_leaves_the_errand_behind(client: FlaskClient, app: Flask) -> None:
    log_in(client, add_user(app, "ada"))
    way_back = consent(set_out(client, "link"), new_subject())
    client.post("/accounts/logout")

    answer = client.get(way_back)

    assert answer.status_code == 400
    assert linked(app) == []


@on_sqlite
@pytest.mark.parametrize(("typed", "error"), [("a wrong password", "This is not your current password."), ("", "Type your current password.")])
def test_a_session_without_the_password_is_not_enough_to_link(client: FlaskClient, app: Flask, typed: str, error: str) -> None:
    log_in(client, add_user(app, "ada"))

    answer = client.post("/accounts/identities/oidc/link", data={"current": typed})

    assert answer.status_code == 401
    assert errors_on(answer.text) == {"current": error}


@on_sqlite
def test_who_has_no_password_links_without_one(client: FlaskClient, app: Flask) -> None:
    log_in(client, add_user(app, "ada", password_hash=""))

    assert set_out(client, "link")


@on_sqlite
def test_a_visitor_can_not_set_out_to_link(client: FlaskClient) -> None:
    assert client.post("/accounts/identities/oidc/link").location.startswith("/accounts/login?next=")


@on_sqlite
def test_logging_in_elsewhere_while_logged_in_links_nothing(client: FlaskClient, app: Flask) -> None:
    log_in(client, add_user(app, "ada"))

    sign_in(client, new_subject())

    assert linked(app) == []


def test_what_is_unlinked_lets_nobody_in_any_more(client: FlaskClient, app: Flask, oidc: OidcServer) -> None:
    subject, ada = new_subject(), add_user(app, "ada")
    identity_id = add_identity(app, ada, oidc.url, subject)
    log_in(client, ada)

    unlink(client, identity_id)

    assert told(client) == ["success: ada.there is not linked to your account any more."]
    assert events(app) == [("identity.unlinked", ada, {"issuer": oidc.url})]
    elsewhere = app.test_client()
    sign_in(elsewhere, subject)
    assert shown_to(elsewhere) is None


def test_the_only_way_in_is_kept(client: FlaskClient, app: Flask, oidc: OidcServer) -> None:
    ada = add_user(app, "ada")
    change(app, "ada", password_hash="")
    identity_id = add_identity(app, ada, oidc.url, "ada")
    log_in(client, ada)

    unlink(client, identity_id)

    assert told(client) == ["error: This is your only way in. Set a password first."]
    assert linked(app) == [("ada", oidc.url, "ada")]


def test_of_two_that_are_unlinked_at_once_one_is_kept(app: Flask, oidc: OidcServer) -> None:
    ada = add_user(app, "ada")
    change(app, "ada", password_hash="")
    both = [add_identity(app, ada, oidc.url, subject) for subject in ("work", "home")]
    browsers = [log_in(app.test_client(), ada) for _ in both]

    with ThreadPoolExecutor() as threads:
        assert list(threads.map(unlink, browsers, both)) == [302, 302]

    assert len(linked(app)) == 1


@on_sqlite
def test_after_setting_a_password_it_can_be_unlinked(client: FlaskClient, app: Flask, oidc: OidcServer) -> None:
    ada = add_user(app, "ada")
    change(app, "ada", password_hash="")
    identity_id = add_identity(app, ada, oidc.url, "ada")
    log_in(client, ada)
    client.post("/accounts/password", data={"password": "four unrelated words", "repeat": "four unrelated words"})

    unlink(client, identity_id)

    assert linked(app) == []


def test_nobody_unlinks_what_is_anothers(client: FlaskClient, app: Flask, oidc: OidcServer) -> None:
    identity_id = add_identity(app, add_user(app, "grace"), oidc.url, "grace")
    log_in(client, add_user(app, "ada"))

    assert unlink(client, identity_id) == 404
    assert linked(app) == [("grace", oidc.url, "grace")]


@on_sqlite
@pytest.mark.parametrize("form", [{}, {"id": ""}, {"id": "x"}, {"id": "0"}, {"id": str(2**64)}])
def test_unlinking_what_is_not_there_is_404(client: FlaskClient, app: Flask, form: dict[str, str]) -> None:
    log_in(client, add_user(app, "ada"))

    assert client.post("/accounts/identities/unlink", data=form).status_code == 404


@on_sqlite
def test_what_a_provider_of_the_past_vouched_for_is_shown_as_such(client: FlaskClient, app: Flask) -> None:
    ada = add_user(app, "ada")
    add_identity(app, ada, "https://past.example", "ada")
    log_in(client, ada)

    (row,) = pages.rows(pages.read(client.get("/accounts/identities")))

    assert row["Where"] == "https://past.example not in use any more"


@pytest.mark.parametrize(
    ("issuer", "others", "has_password", "kept"),
    [
        ("now", [], True, False),
        ("now", [], False, True),
        ("now", ["now"], False, False),
        ("now", ["also now"], False, False),
        ("now", ["past"], False, True),
        ("past", ["now"], False, False),
        ("past", [], False, False),
    ],
)
def test_only_what_lets_in_counts_as_a_way_in(issuer: str, others: list[str], has_password: bool, kept: bool) -> None:
    fault = unlink_fault(issuer, others, configured={"now", "also now"}, has_password=has_password)

    assert (fault is not None) == kept
