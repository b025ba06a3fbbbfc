"""Errands: only the browser that set out comes back, from where it was sent, within ten minutes, and once."""

from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from accounts.identities.carrying import CARRIED_SECONDS, ERRAND
from project.providers import Provider
from tests.accounts.identities.steps import HERE, add_identity, linked, new_subject, set_out
from tests.accounts.pages import add_user, shown_to
from tests.app_fixtures import log_in
from tests.apps import close, make_app
from tests.oidc import OidcServer, consent

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def subject(app: Flask, oidc: OidcServer) -> str:
    """Whoever is ada here."""
    subject = new_subject()
    add_identity(app, add_user(app, "ada"), oidc.url, subject)
    return subject


def is_stopped(answer: TestResponse) -> bool:
    """Whether the site says that it can't go on."""
    return answer.status_code == 400 and "This sign-in can&#39;t go on" in answer.text and "begin again" in answer.text


def test_another_browsers_way_back_leads_nowhere(app: Flask, subject: str) -> None:
    victim = app.test_client()
    way_back = consent(set_out(app.test_client()), subject)

    answer = victim.get(way_back)

    assert is_stopped(answer)
    assert shown_to(victim) is None


def test_another_browsers_way_back_leads_nowhere_for_one_who_is_under_way_too(app: Flask, subject: str) -> None:
    victim = app.test_client()
    way_back = consent(set_out(app.test_client()), subject)
    set_out(victim)

    answer = victim.get(way_back)

    assert is_stopped(answer)
    assert shown_to(victim) is None


def test_nobody_is_linked_to_what_another_proved(app: Flask) -> None:
    victim = log_in(app.test_client(), add_user(app, "victim"))
    attacker = log_in(app.test_client(), add_user(app, "attacker"))
    way_back = consent(set_out(attacker, "link"), new_subject())
    set_out(victim, "link")

    answer = victim.get(way_back)

    assert is_stopped(answer)
    assert linked(app) == []


def test_the_way_back_works_once(client: FlaskClient, subject: str) -> None:
    way_back = consent(set_out(client), subject)
    client.get(way_back)
    client.post("/accounts/logout")

    answer = client.get(way_back)

    assert is_stopped(answer)
    assert shown_to(client) is None


def test_a_copied_session_does_not_make_it_work_twice(client: FlaskClient, app: Flask, subject: str) -> None:
    way_back = consent(set_out(client), subject)
    copied = client.get_cookie("callboard")
    assert copied
    client.get(way_back)
    thief = app.test_client()
    thief.set_cookie(copied.key, copied.value)

    thief.get(way_back)

    # The provider takes each code once.
    assert shown_to(thief) is None


def test_a_wrong_try_uses_the_errand_up(client: FlaskClient, subject: str) -> None:
    way_back = consent(set_out(client), subject)
    client.get("/accounts/identities/oidc/callback?code=x&state=guessed")

    answer = client.get(way_back)

    assert is_stopped(answer)


def test_setting_out_again_leaves_the_first_way_back_behind(client: FlaskClient, subject: str) -> None:
    first = consent(set_out(client), subject)
    set_out(client)

    answer = client.get(first)

    assert is_stopped(answer)


@pytest.mark.parametrize(("ago", "name"), [(CARRIED_SECONDS - 60, "ada"), (CARRIED_SECONDS, None)])
def test_an_errand_lasts_ten_minutes(client: FlaskClient, subject: str, ago: int, name: str | None) -> None:
    way_back = consent(set_out(client), subject)
    with client.session_transaction() as session:
        session[ERRAND] = {**session[ERRAND], "until": session[ERRAND]["until"] - ago}

    client.get(way_back)

    assert shown_to(client) == name


@pytest.mark.parametrize("query", [{}, {"state": ""}, {"state": "ä\0"}, {"code": "x"}, {"error": "access_denied"}, {"code": "x", "state": "known"}], ids=str)
def test_a_way_back_that_nobody_was_sent_on_is_said_to_be_none(client: FlaskClient, query: dict[str, str]) -> None:
    set_out(client)

    assert is_stopped(client.get(f"/accounts/identities/oidc/callback?{urlencode(query)}"))


def test_one_provider_can_not_answer_for_another(sqlite_url: str, oidc: OidcServer, subject: str) -> None:
    providers = (oidc.register(HERE), oidc.register(HERE, key="gitlab", name="GitLab"))
    app = make_app(sqlite_url, providers=providers)
    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()
    way_back = consent(set_out(browser, provider="gitlab"), subject)

    answer = browser.get(way_back.replace("/gitlab/", "/oidc/"))

    assert is_stopped(answer)
    assert shown_to(browser) is None
    close(app)


def test_two_sites_in_one_process_have_their_own_providers(sqlite_url: str, app: Flask, oidc: OidcServer) -> None:
    other = make_app(sqlite_url, providers=(Provider(key="gitlab", name="GitLab", issuer=oidc.url, client_id="other", client_secret="other"),))

    assert "Log in with Campus" in app.test_client().get("/accounts/login").text
    assert "Log in with GitLab" in other.test_client().get("/accounts/login").text
    assert "Campus" not in other.test_client().get("/accounts/login").text
    close(other)


def test_setting_out_and_linking_need_the_forms_token(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    browser = log_in(app.test_client(), add_user(app, "ada"))

    answers = [browser.post(f"/accounts/identities/oidc/{to}").status_code for to in ("begin", "link")]

    assert answers == [400, 400]
