"""What a bearer token opens, and what it does not: attacks on the API, and the words in which they are refused (RFC 6750)."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.second_factor.models import Authenticator
from accounts.tokens import queries
from accounts.tokens.bearer import new_api_token
from accounts.tokens.models import ApiToken
from project.database import utc_now
from project.extensions import db
from tests.accounts.pages import add_user, change
from tests.accounts.tokens.tokens import bearer, make_token
from tests.app_fixtures import log_in
from tests.apps import close, make_app
from tests.project.routes import VISITS, Visit, kept_world
from tests.statements import statements

ME = "/accounts/api/me"
UNKNOWN = ("invalid_token", 'Bearer realm="Callboard", error="invalid_token"')


@pytest.fixture
def ada(app: Flask) -> int:
    """Somebody with an account."""
    return add_user(app)


def refusal(client: FlaskClient, headers: dict[str, str], url: str = ME) -> tuple[int, tuple[str | None, str | None]]:
    """The status, the error in the JSON and the challenge of an answer that refuses."""
    answer = client.get(url, headers=headers)
    assert answer.is_json
    assert answer.json is not None
    assert answer.json.keys() == {"error", "message"}
    return answer.status_code, (answer.json["error"], answer.headers.get("WWW-Authenticate"))


def last_used(app: Flask) -> object:
    """When the token was used last."""
    with app.app_context():
        return db.session.scalars(select(ApiToken.last_used_at)).one()


def test_a_token_says_who_its_user_is(app: Flask, client: FlaskClient, ada: int) -> None:
    answer = client.get(ME, headers=bearer(make_token(app, ada, "account:read")))

    assert answer.status_code == 200
    assert answer.json == {"id": ada, "username": "ada", "is_superuser": False, "can_review_tasks": False}


@pytest.mark.parametrize("header", ["bearer {}", "BEARER {}", "Bearer   {}", "Bearer {} "])
def test_the_scheme_is_written_in_any_case(app: Flask, client: FlaskClient, ada: int, header: str) -> None:
    token = make_token(app, ada, "account:read")

    assert client.get(ME, headers={"Authorization": header.format(token)}).status_code == 200


def test_without_a_token_one_is_asked_for(client: FlaskClient) -> None:
    assert refusal(client, {}) == (401, ("unauthorized", 'Bearer realm="Callboard"'))


@pytest.mark.parametrize("header", ["Basic {}", "Digest {}", "Token {}", "{}", "Bearer{}", "bearertoken {}", "", " "])
def test_a_token_under_another_scheme_is_none(app: Flask, client: FlaskClient, ada: int, header: str) -> None:
    token = make_token(app, ada, "account:read")

    assert refusal(client, {"Authorization": header.format(token)}) == (401, ("unauthorized", 'Bearer realm="Callboard"'))


@pytest.mark.parametrize(
    "token",
    [
        *("", "x", "null", "callboard_", "callboard_" + "A" * 42, "callboard_" + "A" * 43, "callboard_" + "A" * 44, "A" * 43, "callboard_" + "A" * 1_000_000),
        *("callboard_" + "A" * 42 + "\0", "callboard_" + "A" * 42 + "é", "a=b", 'a="b"', "' OR 1=1 --", "callboard_" + "A" * 42 + "%"),
    ],
    ids=lambda token: repr(token[:60]),
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_no_token_is_refused(client: FlaskClient, token: str) -> None:
    assert refusal(client, bearer(token)) == (401, UNKNOWN)


def test_what_cannot_be_a_token_is_not_looked_up(app: Flask, client: FlaskClient) -> None:
    with statements(app) as sent:
        client.get(ME, headers=bearer("callboard_" + "A" * 8000))

    assert sent == []


@pytest.mark.parametrize(
    "change_it", [str.upper, lambda token: token[:-1], lambda token: token + "A", lambda token: f"{token}, Bearer {token}", lambda token: token[10:]]
)
def test_a_token_that_was_changed_is_none(app: Flask, client: FlaskClient, ada: int, change_it: Callable[[str], str]) -> None:
    token = make_token(app, ada, "account:read")

    assert refusal(client, bearer(change_it(token))) == (401, UNKNOWN)


def test_a_token_that_nobody_has_is_refused(client: FlaskClient) -> None:
    assert refusal(client, bearer(new_api_token())) == (401, UNKNOWN)


def test_a_token_that_has_expired_is_refused(app: Flask, client: FlaskClient, ada: int) -> None:
    token = make_token(app, ada, "account:read", expires_at=utc_now() - timedelta(seconds=1))

    assert refusal(client, bearer(token)) == (401, UNKNOWN)


def test_a_user_who_is_deactivated_has_no_token_from_then_on(app: Flask, client: FlaskClient, ada: int) -> None:
    token = make_token(app, ada, "account:read")
    assert client.get(ME, headers=bearer(token)).status_code == 200

    change(app, "ada", is_active=False)

    assert refusal(client, bearer(token)) == (401, UNKNOWN)


def test_a_user_who_is_deleted_has_no_token(app: Flask, client: FlaskClient, ada: int) -> None:
    token = make_token(app, ada, "account:read")
    with app.app_context():
        db.session.execute(db.text("DELETE FROM users"))
        db.session.commit()

    assert refusal(client, bearer(token)) == (401, UNKNOWN)


@pytest.mark.parametrize("scopes", [[], ["reviews:read"], ["account"], ["account:*"], ["account:read "], ["ACCOUNT:READ"]])
def test_a_token_without_the_scope_is_told_which(app: Flask, client: FlaskClient, ada: int, scopes: list[str]) -> None:
    token = make_token(app, ada, *scopes)

    assert refusal(client, bearer(token)) == (
        403,
        ("insufficient_scope", 'Bearer realm="Callboard", error="insufficient_scope", scope="account:read"'),
    )


def test_a_scope_gives_nobody_a_right(app: Flask, client: FlaskClient, ada: int) -> None:
    token = make_token(app, ada, "reviews:read")

    assert refusal(client, bearer(token), "/reviews/api/authors") == (403, ("forbidden", None))


def test_a_right_that_is_taken_away_is_gone_from_tokens(app: Flask, client: FlaskClient) -> None:
    token = make_token(app, add_user(app, "rita", can_review_tasks=True), "reviews:read")
    assert client.get("/reviews/api/authors", headers=bearer(token)).status_code == 200

    change(app, "rita", can_review_tasks=False)

    assert client.get("/reviews/api/authors", headers=bearer(token)).status_code == 403


@pytest.mark.parametrize("name", ["access_token", "token", "Authorization", "bearer"])
def test_a_token_in_the_address_opens_nothing(app: Flask, client: FlaskClient, ada: int, name: str) -> None:
    token = make_token(app, ada, "account:read")

    assert client.get(f"{ME}?{name}={token}").status_code == 401


def test_a_token_in_a_cookie_opens_nothing(app: Flask, client: FlaskClient, ada: int) -> None:
    token = make_token(app, ada, "account:read")
    for name in ("callboard", "access_token", "Authorization"):
        client.set_cookie(name, token)

    assert client.get(ME).status_code == 401


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("visit", [visit for visit in VISITS if visit.outcomes[0] == "to login"], ids=str)
def test_a_token_opens_no_page(app: Flask, visit: Visit) -> None:
    world = kept_world(app)
    token = make_token(app, world.people["superuser"] or 0, "account:read", "reviews:read")

    answer = app.test_client().open(world.filled(visit.url), method=visit.method, data=visit.form or None, headers=bearer(token))

    assert answer.status_code == 302
    assert answer.location.startswith("/accounts/login?next=")


def test_a_token_makes_no_session(app: Flask, client: FlaskClient, ada: int) -> None:
    answer = client.get(ME, headers=bearer(make_token(app, ada, "account:read")))

    assert "Set-Cookie" not in answer.headers
    assert client.get(ME).status_code == 401


def test_answers_are_kept_nowhere(app: Flask, client: FlaskClient, ada: int) -> None:
    assert client.get(ME, headers=bearer(make_token(app, ada, "account:read"))).headers["Cache-Control"] == "no-store"


def test_a_token_counts_whatever_session_comes_with_it(app: Flask, client: FlaskClient, ada: int) -> None:
    log_in(client, add_user(app, "bob"))

    answer = client.get(ME, headers=bearer(make_token(app, ada, "account:read")))

    assert answer.json
    assert answer.json["username"] == "ada"


def test_a_session_does_not_make_up_for_a_token_that_is_none(app: Flask, client: FlaskClient, ada: int) -> None:
    log_in(client, ada)

    assert refusal(client, bearer(new_api_token())) == (401, UNKNOWN)


def test_a_page_that_one_is_logged_in_to_may_ask_without_a_token(client: FlaskClient, ada: int) -> None:
    answer = log_in(client, ada).get(ME)

    assert answer.json
    assert answer.json["username"] == "ada"


def test_a_session_that_ended_opens_nothing(app: Flask, client: FlaskClient, ada: int) -> None:
    log_in(client, ada).post("/accounts/logout")

    assert refusal(client, {}) == (401, ("unauthorized", 'Bearer realm="Callboard"'))


def test_the_first_use_is_noted(app: Flask, client: FlaskClient, ada: int) -> None:
    token = make_token(app, ada, "account:read")
    assert last_used(app) is None

    client.get(ME, headers=bearer(token))

    used = last_used(app)
    assert used is not None


def test_a_use_within_a_minute_writes_nothing(app: Flask, client: FlaskClient, ada: int) -> None:
    token = make_token(app, ada, "account:read", last_used_at=utc_now() - timedelta(seconds=50))

    with statements(app) as sent:
        client.get(ME, headers=bearer(token))

    assert [statement.split()[0] for statement in sent] == ["SELECT"]


def test_a_use_after_a_minute_is_noted_in_one_statement(app: Flask, client: FlaskClient, ada: int) -> None:
    long_ago = utc_now() - timedelta(seconds=61)
    token = make_token(app, ada, "account:read", last_used_at=long_ago)

    with statements(app) as sent:
        client.get(ME, headers=bearer(token))

    assert [statement.split()[0] for statement in sent] == ["SELECT", "UPDATE"]
    assert last_used(app) != long_ago


def test_of_two_uses_at_once_which_both_found_the_note_old_one_writes(app: Flask, ada: int) -> None:
    make_token(app, ada, "account:read", last_used_at=utc_now() - timedelta(seconds=61))

    with app.app_context():
        queries.use(1)
    first = last_used(app)
    with app.app_context():
        queries.use(1)

    assert last_used(app) == first


def test_a_use_that_an_endpoint_refuses_is_noted_too(app: Flask, client: FlaskClient, ada: int) -> None:
    token = make_token(app, ada)

    client.get(ME, headers=bearer(token))

    assert last_used(app) is not None


@pytest.fixture
def strict(sqlite_url: str) -> Iterator[Flask]:
    """A site whose superusers must have a second factor."""
    app = make_app(sqlite_url, second_factor="superusers")
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    close(app)


def test_a_superuser_without_the_second_factor_that_is_required_has_no_token(strict: Flask) -> None:
    token = make_token(strict, add_user(strict, "root", is_superuser=True), "account:read")

    assert refusal(strict.test_client(), bearer(token)) == (401, UNKNOWN)


def test_a_superuser_with_the_second_factor_has_one(strict: Flask) -> None:
    user_id = add_user(strict, "root", is_superuser=True)
    with strict.app_context():
        db.session.add(Authenticator(user_id=user_id, secret="x", created_at=utc_now(), confirmed_at=utc_now()))
        db.session.commit()

    assert strict.test_client().get(ME, headers=bearer(make_token(strict, user_id, "account:read"))).status_code == 200


def test_a_superuser_without_it_gets_json_from_the_api_in_a_browser_too(strict: Flask) -> None:
    browser = log_in(strict.test_client(), add_user(strict, "root", is_superuser=True))

    assert refusal(browser, {}) == (403, ("forbidden", None))


def test_a_user_without_it_has_a_token_as_everywhere(strict: Flask) -> None:
    assert strict.test_client().get(ME, headers=bearer(make_token(strict, add_user(strict), "account:read"))).status_code == 200


def test_an_answer_is_json_to_the_letter(app: Flask, client: FlaskClient, ada: int) -> None:
    answer = client.get(ME, headers=bearer(make_token(app, ada, "account:read")))

    assert answer.mimetype == "application/json"
    assert json.loads(answer.text)["id"] == ada
