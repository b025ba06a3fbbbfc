"""Signing in elsewhere: whom the provider vouches for is logged in as whom that was linked to, and as nobody else."""

from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import pages
from tests.accounts.identities.steps import add_identity, events, link, new_subject, set_out, sign_in
from tests.accounts.pages import add_user, change, read, shown_to
from tests.accounts.second_factor.phones import CODE_PAGE, Clock, give_code, phone_of
from tests.app_fixtures import log_in
from tests.courses.rows import make_course, make_enrolment
from tests.oidc import OidcServer


def test_whoever_is_linked_logs_in(client: FlaskClient, app: Flask, oidc: OidcServer) -> None:
    subject = new_subject()
    add_identity(app, add_user(app, "ada"), oidc.url, subject)

    answer = sign_in(client, subject)

    assert (answer.status_code, answer.location) == (302, "/")
    assert shown_to(client) == "ada"


def test_the_login_is_in_the_audit_with_how_it_was_done(client: FlaskClient, app: Flask, oidc: OidcServer) -> None:
    subject, ada = new_subject(), add_user(app, "ada")
    add_identity(app, ada, oidc.url, subject)

    sign_in(client, subject)

    assert events(app) == [("login", ada, {"how": "oidc"})]


def test_who_has_a_second_factor_gives_its_code_all_the_same(client: FlaskClient, app: Flask, oidc: OidcServer) -> None:
    subject, phone = new_subject(), phone_of(app, Clock(), "ada")
    add_identity(app, phone.user_id, oidc.url, subject)

    answer = sign_in(client, subject)

    assert (answer.status_code, answer.location) == (302, CODE_PAGE)
    assert shown_to(client) is None
    give_code(client, phone.code())
    assert shown_to(client) == "ada"
    assert events(app) == [("login", phone.user_id, {"how": "oidc and app"})]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_shows_when_an_identity_was_used(client: FlaskClient, app: Flask, oidc: OidcServer) -> None:
    subject = new_subject()
    add_identity(app, add_user(app, "ada"), oidc.url, subject)

    sign_in(client, subject)

    (row,) = pages.rows(pages.read(client.get("/accounts/identities")))
    assert row["Last used"] != "never"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_request_carries_state_nonce_and_a_challenge_and_asks_for_no_more_than_needed(client: FlaskClient) -> None:
    asked = parse_qs(urlsplit(set_out(client)).query)

    assert {name: asked[name] for name in ("response_type", "scope", "code_challenge_method", "redirect_uri")} == {
        "response_type": ["code"],
        "scope": ["openid profile"],
        "code_challenge_method": ["S256"],
        "redirect_uri": ["http://localhost/accounts/identities/oidc/callback"],
    }
    assert [len(asked[name][0]) >= 20 for name in ("state", "nonce", "code_challenge")] == [True, True, True]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_state_nonce_and_challenge_are_new_each_time(client: FlaskClient) -> None:
    first, second = (parse_qs(urlsplit(set_out(client)).query) for _ in range(2))

    assert {name for name in ("state", "nonce", "code_challenge") if first[name] == second[name]} == set()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_set_out_for_a_page_arrives_there(client: FlaskClient, app: Flask, oidc: OidcServer) -> None:
    subject = new_subject()
    add_identity(app, add_user(app, "ada"), oidc.url, subject)
    login_page = pages.read(client.get("/accounts/login?next=/reviews/?search=a"))
    (form,) = login_page.all("form", action="/accounts/identities/oidc/begin")
    (target,) = form.all("input", name="next")

    answer = sign_in(client, subject, next=target.attributes["value"])

    assert answer.location == "/reviews/?search=a"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "evil.example", "/" + "a" * 5000])
def test_nobody_is_sent_to_another_site_afterwards(client: FlaskClient, app: Flask, oidc: OidcServer, target: str) -> None:
    subject = new_subject()
    add_identity(app, add_user(app, "ada"), oidc.url, subject)

    answer = sign_in(client, subject, next=target)

    assert (answer.location, shown_to(client)) == ("/", "ada")


def test_an_inactive_user_stays_outside_and_is_told_so(client: FlaskClient, app: Flask, oidc: OidcServer) -> None:
    subject, ada = new_subject(), add_user(app, "ada")
    add_identity(app, ada, oidc.url, subject)
    change(app, "ada", is_active=False)

    answer = sign_in(client, subject)

    assert pages.messages(pages.read(client.get(answer.location))) == [
        f"error: The account that {subject} at Campus is linked to is not active. A superuser of this site can activate it."
    ]
    assert shown_to(client) is None
    assert events(app) == [("login.refused", ada, {"reason": "not active", "how": "oidc"})]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_equal_name_is_nobody(client: FlaskClient, app: Flask, oidc: OidcServer) -> None:
    subject = new_subject()
    oidc.call(subject, preferred_username="ada")
    add_user(app, "ada", is_superuser=True)

    sign_in(client, subject)

    assert shown_to(client) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_same_subject_of_another_issuer_is_nobody(client: FlaskClient, app: Flask) -> None:
    subject = new_subject()
    add_identity(app, add_user(app, "ada"), "https://elsewhere.example", subject)

    sign_in(client, subject)

    assert shown_to(client) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_subject_in_other_letters_is_nobody(client: FlaskClient, app: Flask, oidc: OidcServer) -> None:
    subject = new_subject()
    add_identity(app, add_user(app, "ada"), oidc.url, subject.upper())

    sign_in(client, subject)

    assert shown_to(client) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("page", ["/accounts/login", "/accounts/register"])
def test_the_ways_in_offer_the_provider(client: FlaskClient, page: str) -> None:
    buttons = [button.text for button in pages.read(client.get(page)).all("button")]

    assert "Log in with Campus" in buttons


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("app", [{"providers": ()}], indirect=True)
def test_without_a_provider_nothing_of_it_shows(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada")

    shown = client.get("/accounts/login").text + client.get("/accounts/register").text

    assert "identities" not in shown
    assert client.post("/accounts/identities/oidc/begin").status_code == 404


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_provider_that_is_not_configured_is_not_there(client: FlaskClient) -> None:
    assert client.post("/accounts/identities/gitlab/begin").status_code == 404


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_user_without_a_password_can_not_log_in_with_an_empty_one(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada")
    change(app, "ada", password_hash="")

    client.post("/accounts/login", data={"username": "ada", "password": ""})

    assert not read(app, "ada").has_password
    assert shown_to(client) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("how", ["again", "for the first time", "by linking"])
def test_whoever_a_course_knows_by_the_id_there_sees_the_scores_after_signing_in(client: FlaskClient, app: Flask, oidc: OidcServer, how: str) -> None:
    subject = new_subject()
    with app.app_context():
        make_enrolment(make_course("algo", identity_provider="oidc"), rms_username="somebody", rms_id=subject)
    if how == "again":
        add_identity(app, add_user(app, "ada"), oidc.url, subject)
    if how == "by linking":
        link(log_in(client, add_user(app, "ada")), subject)
    else:
        sign_in(client, subject)
    if how == "for the first time":
        client.post("/accounts/identities/new", data={"username": "ada"})

    assert client.get("/courses/algo/").status_code == 200
    (bound,) = [details for action, _, details in events(app) if action == "enrolment.bound"]
    assert bound["how"] == "oidc"
