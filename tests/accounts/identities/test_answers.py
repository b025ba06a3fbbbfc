"""Whatever a provider answers: an honest one opens, anything else is refused with a word, said once to whoever runs the site, and never breaks a page."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jws, jwt
from joserfc.jwk import ECKey

from accounts.identities import discovery
from project.providers import Provider
from tests import pages
from tests.accounts.identities.steps import add_identity, pass_through, set_out
from tests.accounts.pages import add_user, shown_to
from tests.apps import close, make_app, sqlite_copy
from tests.handmade_provider import (
    KEY,
    HandmadeProvider,
    by_hand,
    handmade_provider,
    signed,
    signed_by_another,
    signed_by_the_client_secret,
    signed_by_the_public_key,
    unsigned,
)
from tests.oidc import SECONDS, OidcServer

METADATA, TOKEN, KEYS = "/.well-known/openid-configuration", "/token", "/jwks"
LONG_AGO, LONG_FROM_NOW = 1_700_000_000, 4_100_000_000
CURVE = ECKey.generate_key("P-256", {"kid": "curve"})


@pytest.fixture(scope="module")
def listening() -> Iterator[HandmadeProvider]:
    """A provider that can lie."""
    with handmade_provider() as provider:
        yield provider


@pytest.fixture
def handmade(listening: HandmadeProvider, app: Flask) -> HandmadeProvider:
    """The provider, honest so far, and new to the app."""
    discovery.register(app)
    vars(listening).update(vars(HandmadeProvider(listening.url)))
    return listening


@pytest.fixture(scope="module")
def app(listening: HandmadeProvider, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A site of that provider, where its subject is linked to ada; one for all these tests, which only log in. Forms need no CSRF token."""
    app = site_of(sqlite_copy(sqlite_template, tmp_path_factory.mktemp("site")), listening.provider)
    add_identity(app, add_user(app, "ada"), listening.url, listening.subject)
    yield app
    close(app)


def site_of(database_url: str, provider: Provider) -> Flask:
    """A site of that provider."""
    app = make_app(database_url, providers=(provider,))
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def faults(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What whoever runs the site reads about providers."""
    return [record.message for record in caplog.records if record.name == "accounts.identities.views"]


def refused(browser: FlaskClient, caplog: pytest.LogCaptureFixture) -> str:
    """Sign in, which must be refused with a word; the one line that the log has about it."""
    answer = pass_through(browser)
    assert answer.status_code == 302, answer.text
    (message,) = pages.messages(pages.read(browser.get(answer.location)))
    assert message.startswith("error: Handmade does not answer as it should, so nothing was changed. Try again"), message
    assert shown_to(browser) is None
    (fault,) = faults(caplog)
    return fault


def let_pass(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let the site believe that so much time has passed."""
    monkeypatch.setattr(discovery, "monotonic", lambda: time.monotonic() + seconds)


def test_an_honest_provider_opens(client: FlaskClient, handmade: HandmadeProvider) -> None:
    pass_through(client)

    assert shown_to(client) == "ada"


def test_the_code_is_exchanged_with_the_verifier_behind_the_challenge(client: FlaskClient, handmade: HandmadeProvider) -> None:
    pass_through(client)

    asked = handmade.asked[TOKEN]
    # The provider compares them, and test_an_honest_provider_opens by that.
    assert len(asked["code_verifier"]) >= 43
    assert asked["code_verifier"] not in str(handmade.asked["/authorize"])


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["callboard"]},
        {"aud": ["callboard", "another"], "azp": "callboard"},
        {"preferred_username": 7, "name": "a\nb"},
        {"nonce_supported": True},
    ],
)
def test_a_token_within_the_rules_opens(client: FlaskClient, handmade: HandmadeProvider, claims: dict[str, Any]) -> None:
    handmade.claims = claims

    pass_through(client)

    assert shown_to(client) == "ada"


def test_a_clock_may_be_off_a_little(client: FlaskClient, handmade: HandmadeProvider) -> None:
    handmade.claims = {"exp": int(time.time()) - 10}

    pass_through(client)

    assert shown_to(client) == "ada"


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": ""},
        {"nonce": None, "nonce_supported": False},
        {"iss": "https://another.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": "another", "azp": "callboard"},
        {"aud": ["callboard", "another"], "azp": "another"},
        {"aud": None},
        {"aud": 7},
        {"exp": LONG_AGO},
        {"exp": None},
        {"exp": "soon"},
        {"iat": None},
        {"nbf": LONG_FROM_NOW},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": ["ada-at-the-provider"]},
        {"sub": "a" * 256},
        {"sub": "ada\0"},
        {"sub": "\ud800"},
        {"sub": "ädä"},
        {"at_hash": "of another access token"},
        {"at_hash": 7},
        {"amr": "pwd"},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_claim_is_refused(
    client: FlaskClient, handmade: HandmadeProvider, caplog: pytest.LogCaptureFixture, claims: dict[str, Any]
) -> None:
    handmade.claims = claims

    assert refused(client, caplog).startswith("oidc can't be used to sign in: ")


def of_another_shape(_claims: dict[str, Any]) -> object:
    """No token at all."""
    return 7


def of_two_parts(claims: dict[str, Any]) -> str:
    """A token that lost its signature."""
    return signed(claims).rpartition(".")[0]


def with_other_claims(claims: dict[str, Any]) -> str:
    """A token that was changed after it was signed."""
    header, _, signature = signed(claims).split(".")
    changed = json.dumps({**claims, "sub": "somebody else"}).encode()
    return ".".join((header, base64.urlsafe_b64encode(changed).rstrip(b"=").decode(), signature))


def by_nobody(_content: bytes) -> bytes:
    """A signature that is none."""
    return b"nobody's"


def signed_bytes(content: bytes) -> str:
    """A token of something else than claims, honestly signed."""
    return jws.serialize_compact({"alg": "RS256", "kid": "ours"}, content, KEY)


def of_unknown_key(claims: dict[str, Any]) -> str:
    """A token by a key that the provider doesn't publish."""
    return jwt.encode({"alg": "ES256", "kid": "curve"}, claims, CURVE)


@pytest.mark.parametrize(
    "make_token",
    [
        signed_by_another,
        unsigned,
        signed_by_the_public_key,
        signed_by_the_client_secret,
        of_unknown_key,
        with_other_claims,
        of_two_parts,
        of_another_shape,
        lambda _claims: None,
        lambda _claims: "",
        lambda _claims: "a.b.c",
        lambda _claims: [],
        lambda claims: by_hand([], claims, by_nobody),
        lambda claims: by_hand({"alg": 7}, claims, by_nobody),
        lambda claims: by_hand({"alg": ["RS256"]}, claims, by_nobody),
        lambda claims: by_hand({"alg": "RS256", "kid": {}}, claims, by_nobody),
        lambda claims: by_hand({"alg": "RS256", "crit": 7}, claims, by_nobody),
        lambda _claims: signed_bytes(b"[]"),
        lambda _claims: signed_bytes(b"7"),
        lambda _claims: signed_bytes(b"{"),
    ],
)
def test_what_the_provider_has_not_signed_is_refused(
    client: FlaskClient, handmade: HandmadeProvider, caplog: pytest.LogCaptureFixture, make_token: Any
) -> None:
    handmade.make_token = make_token

    refused(client, caplog)


@pytest.mark.parametrize("algorithms", [["none"], ["HS256"], ["RS256", "none", "HS256"]])
@pytest.mark.parametrize("make_token", [unsigned, signed_by_the_public_key, signed_by_the_client_secret])
def test_a_provider_can_not_talk_the_site_into_weak_signatures(
    client: FlaskClient, handmade: HandmadeProvider, caplog: pytest.LogCaptureFixture, algorithms: list[str], make_token: Any
) -> None:
    handmade.metadata = {"id_token_signing_alg_values_supported": algorithms}
    handmade.make_token = make_token

    refused(client, caplog)


@pytest.mark.parametrize(
    "metadata",
    [
        {"code_challenge_method": "plain", "scope": "everything", "verify": False, "proxies": {"http": "http://127.0.0.1:9"}},
        {"client_id": "another", "client_secret": "another", "token_updater": 1, "state": "known", "nonce": "known", "response_type": "token"},
        {"token_endpoint_auth_methods_supported": ["client_secret_post"]},
        {"token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"]},
    ],
)
def test_whatever_else_its_metadata_says_changes_nothing_about_the_request(client: FlaskClient, handmade: HandmadeProvider, metadata: dict[str, Any]) -> None:
    handmade.metadata = metadata

    pass_through(client)

    asked = handmade.asked["/authorize"]
    assert (asked["client_id"], asked["scope"], asked["response_type"], asked["code_challenge_method"]) == ("callboard", "openid profile", "code", "S256")
    assert "known" not in (asked["state"], asked["nonce"])
    assert shown_to(client) == "ada"


def cannot_begin(browser: FlaskClient, caplog: pytest.LogCaptureFixture) -> str:
    """Press the button, which must lead back with a word; the one line that the log has about it."""
    answer = browser.post("/accounts/identities/oidc/begin", data={"next": "/reviews/"})
    assert (answer.status_code, answer.location) == (302, "/accounts/login?next=/reviews/")
    (message,) = pages.messages(pages.read(browser.get(answer.location)))
    assert "does not answer as it should, so nothing was changed." in message
    (fault,) = faults(caplog)
    return fault


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://another.example"},
        {"issuer": None},
        *({name: value} for name in ("authorization_endpoint", "token_endpoint", "jwks_uri") for value in (None, 7, "", "http://another.example/", "/path")),
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://[::1/"},
        {"token_endpoint_auth_methods_supported": 7},
    ],
    ids=str,
)
def test_metadata_that_can_not_be_right_stop_the_sign_in_before_it_begins(
    client: FlaskClient, handmade: HandmadeProvider, caplog: pytest.LogCaptureFixture, metadata: dict[str, Any]
) -> None:
    handmade.metadata = metadata

    assert cannot_begin(client, caplog).startswith("oidc can't be used to sign in: ")


ODD_ANSWERS = [(200, b""), (200, b"<html>"), (200, b"[]"), (200, b"7"), (200, b"null"), (200, b"{}"), (200, b"\xff\xfe"), (404, b""), (500, b"{}"), (302, b"")]


@pytest.mark.parametrize("answer", ODD_ANSWERS, ids=str)
def test_an_odd_answer_to_the_question_for_metadata_is_said(
    client: FlaskClient, handmade: HandmadeProvider, caplog: pytest.LogCaptureFixture, answer: tuple[int, bytes]
) -> None:
    handmade.answers = {METADATA: answer}

    cannot_begin(client, caplog)


ODD_KEYS = [b'{"keys": 7}', b'{"keys": [7]}', b'{"keys": [{"kty": "RSA", "n": 7, "e": null}]}', b'{"keys": []}']


@pytest.mark.parametrize("path", [TOKEN, KEYS])
@pytest.mark.parametrize("answer", [*ODD_ANSWERS, *((200, keys) for keys in ODD_KEYS)], ids=str)
def test_an_odd_answer_to_any_other_question_is_said(
    client: FlaskClient, handmade: HandmadeProvider, caplog: pytest.LogCaptureFixture, path: str, answer: tuple[int, bytes]
) -> None:
    handmade.answers = {path: answer}

    refused(client, caplog)


@pytest.mark.parametrize("path", [METADATA, KEYS])
def test_an_answer_that_is_said_to_be_elsewhere_is_not_fetched(
    client: FlaskClient, handmade: HandmadeProvider, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    honest = requests.get(f"{handmade.url}{path}", timeout=SECONDS).content
    handmade.answers = {path: (302, b""), "/elsewhere": (200, honest)}

    if path == KEYS:
        pass_through(client)
    else:
        client.post("/accounts/identities/oidc/begin")

    assert len(faults(caplog)) == 1
    assert "/elsewhere" not in handmade.asked


@pytest.mark.parametrize("path", [TOKEN, KEYS])
def test_an_answer_that_does_not_come_is_not_waited_for(
    client: FlaskClient, handmade: HandmadeProvider, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr("accounts.identities.discovery.SECONDS", 0.2)
    handmade.silent = path

    assert "timed out" in refused(client, caplog)


def test_what_was_wrong_with_the_provider_is_forgotten(
    client: FlaskClient, handmade: HandmadeProvider, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    handmade.answers = {METADATA: (200, b"{}")}
    cannot_begin(client, caplog)

    handmade.answers = {}
    let_pass(monkeypatch, discovery.FAILED_SECONDS)
    pass_through(client)

    assert shown_to(client) == "ada"


def test_a_refused_secret_is_said_without_it(client: FlaskClient, handmade: HandmadeProvider, caplog: pytest.LogCaptureFixture) -> None:
    handmade.answers = {TOKEN: (401, b'{"error": "invalid_client", "error_description": "no such client"}')}

    fault = refused(client, caplog)

    assert fault == "oidc can't be used to sign in: invalid_client: no such client"
    assert handmade.provider.client_secret not in caplog.text


def test_who_says_no_at_the_provider_is_back_where_it_began(client: FlaskClient, handmade: HandmadeProvider, caplog: pytest.LogCaptureFixture) -> None:
    handmade.refusal = "access_denied"
    caplog.set_level("INFO", "accounts.identities.views")

    answer = pass_through(client)

    assert answer.location == "/accounts/login"
    assert pages.messages(pages.read(client.get(answer.location))) == ["info: Handmade was not allowed to say who you are, so nothing was changed."]
    assert faults(caplog) == ["somebody said no at oidc"]


@pytest.mark.parametrize("error", ["server_error", "invalid_scope", "x" * 5000, "line\nbreak"])
def test_another_error_that_it_sends_back_is_said(client: FlaskClient, handmade: HandmadeProvider, caplog: pytest.LogCaptureFixture, error: str) -> None:
    handmade.refusal = error

    assert refused(client, caplog) == f"oidc can't be used to sign in: it sent the browser back with the error {error[:100]!r}"


def test_a_provider_that_is_down_is_said_and_once_it_is_back_it_is_asked_again(
    sqlite_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OidcServer() as oidc:
        app = site_of(sqlite_url, oidc.register("http://localhost"))
        oidc.stop()
        cannot_begin(app.test_client(), caplog)

        oidc.start()
        let_pass(monkeypatch, discovery.FAILED_SECONDS)

        assert set_out(app.test_client()).startswith(f"{oidc.url}/oauth2/authorize?")
    close(app)


def test_a_provider_that_says_nothing_is_not_waited_for(sqlite_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.identities.discovery.SECONDS", 0.2)
    with OidcServer() as oidc:
        app = site_of(sqlite_url, oidc.register("http://localhost"))
        oidc.pause()

        assert "timed out" in cannot_begin(app.test_client(), caplog)
    close(app)
