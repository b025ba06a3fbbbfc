"""One's API tokens: made with a name, scopes and an end, shown once, kept as a hash, listed, revoked; one's own alone."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.tokens.models import ApiToken
from accounts.tokens.queries import MOST_LIVE
from project.audit import AuditEvent
from project.database import utc_now
from project.extensions import db
from project.tokens import digest
from tests.accounts.pages import add_user
from tests.accounts.tokens.tokens import bearer, make_token
from tests.app_fixtures import log_in
from tests.factories import PASSWORD
from tests.pages import errors, messages, read, rows

TOKEN = re.compile(r"callboard_[A-Za-z0-9_-]{43}")
FORM = {"name": "laptop", "scopes": ["account:read"], "days": "30", "current": PASSWORD}


@pytest.fixture
def ada(app: Flask) -> int:
    """Somebody with an account."""
    return add_user(app)


@pytest.fixture
def browser(app: Flask, ada: int) -> FlaskClient:
    """The browser in which she is logged in."""
    return log_in(app.test_client(), ada)


def kept(app: Flask) -> list[ApiToken]:
    """What the database has."""
    with app.app_context():
        return list(db.session.scalars(select(ApiToken).order_by(ApiToken.id)))


def events(app: Flask) -> list[tuple[str, str | None, int | None, dict[str, object]]]:
    """What the audit has of tokens."""
    with app.app_context():
        found = db.session.scalars(select(AuditEvent).where(AuditEvent.action.startswith("token.")).order_by(AuditEvent.id))
        return [(event.action, event.object_type, event.object_id, event.details) for event in found]


def test_a_token_is_shown_in_the_answer_that_makes_it_and_opens_what_it_was_made_for(browser: FlaskClient, app: Flask) -> None:
    (shown,) = TOKEN.findall(browser.post("/accounts/tokens", data=FORM).text)

    answer = app.test_client().get("/accounts/api/me", headers=bearer(shown))

    assert (answer.status_code, answer.json and answer.json["username"]) == (200, "ada")


def test_a_token_is_not_shown_again(browser: FlaskClient) -> None:
    browser.post("/accounts/tokens", data=FORM)

    assert not TOKEN.search(browser.get("/accounts/tokens").text)


def test_the_answer_with_the_token_is_kept_nowhere(browser: FlaskClient) -> None:
    answer = browser.post("/accounts/tokens", data=FORM)

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")


def test_the_database_has_only_the_tokens_hash(browser: FlaskClient, app: Flask) -> None:
    (shown,) = TOKEN.findall(browser.post("/accounts/tokens", data=FORM).text)

    (row,) = kept(app)
    assert row.token_hash == digest(shown)
    assert shown.removeprefix("callboard_") not in repr(vars(row))


@pytest.mark.parametrize("days", [30, 90, 365])
def test_a_token_expires_after_the_days_that_were_chosen(browser: FlaskClient, app: Flask, days: int) -> None:
    browser.post("/accounts/tokens", data=FORM | {"days": str(days)})

    (row,) = kept(app)
    assert round((row.expires_at - row.created_at) / timedelta(days=1), 6) == days


def test_a_token_has_the_scopes_that_were_chosen_once_each(browser: FlaskClient, app: Flask) -> None:
    browser.post("/accounts/tokens", data=FORM | {"scopes": ["reviews:read", "account:read", "reviews:read"]})

    assert [row.scopes for row in kept(app)] == [["account:read", "reviews:read"]]


@pytest.mark.parametrize(
    ("typed", "field", "error"),
    [
        ({"name": ""}, "name", "Give the token a name, by which you know it again."),
        ({"name": "  "}, "name", "Give the token a name, by which you know it again."),
        ({"name": "x" * 81}, "name", "A name has at most 80 characters."),
        ({"name": "a\0b"}, "name", "There is a control character in it."),
        ({"name": "a\u202eb"}, "name", "There is a control character in it."),
        ({"scopes": []}, "scopes", "Choose at least one."),
        ({"current": "a wrong password"}, "current", "This is not your current password."),
        ({"scopes": ["account:write"]}, "scopes", "'account:write' is not a valid choice for this field."),
        ({"days": "0"}, "days", "Not a valid choice."),
        ({"days": "36500"}, "days", "Not a valid choice."),
        ({"days": "for ever"}, "days", "Invalid Choice: could not coerce."),
    ],
)
def test_what_a_token_cannot_have_is_said_beside_its_field(browser: FlaskClient, app: Flask, typed: dict[str, object], field: str, error: str) -> None:
    page = read(browser.post("/accounts/tokens", data=FORM | typed))

    assert errors(page)[field].startswith(error.rstrip("."))
    assert kept(app) == []


def test_no_scope_is_demanded(browser: FlaskClient) -> None:
    boxes = read(browser.get("/accounts/tokens")).all("input", name="scopes")

    assert boxes
    assert not [box for box in boxes if "required" in box.attributes]


def test_two_tokens_of_one_user_have_two_names(browser: FlaskClient, app: Flask) -> None:
    browser.post("/accounts/tokens", data=FORM)

    page = read(browser.post("/accounts/tokens", data=FORM))

    assert errors(page) == {"name": "You have a token of this name."}
    assert len(kept(app)) == 1


def test_the_list_says_what_each_token_is(browser: FlaskClient, app: Flask, ada: int) -> None:
    at = utc_now().replace(year=2025, month=1, day=2, hour=3, minute=4, second=5)
    make_token(app, ada, "account:read", name="old", created_at=at, expires_at=at + timedelta(days=30), last_used_at=at + timedelta(days=1))
    browser.post("/accounts/tokens", data=FORM)

    new, old = rows(read(browser.get("/accounts/tokens")))

    assert (new["Name"], new["Scopes"], new["Last used"]) == ("laptop", "account:read", "never")
    assert new["Revoke it"].startswith("Revoke laptop Revoke laptop? Whatever uses it is refused from then on.")
    assert (old["Name"], old["Made"], old["Expires"]) == ("old", "2025-01-02 03:04:05 UTC", "expired 2025-02-01 03:04:05 UTC")
    assert old["Last used"] == "2025-01-03 03:04:05 UTC"
    assert old["Revoke it"].startswith("Remove old")


def test_the_list_shows_nobody_elses_tokens(browser: FlaskClient, app: Flask) -> None:
    make_token(app, add_user(app, "bob"), "account:read", name="of bob")

    assert "of bob" not in browser.get("/accounts/tokens").text


def test_a_token_that_is_revoked_opens_nothing_any_more(browser: FlaskClient, app: Flask, ada: int) -> None:
    token = make_token(app, ada, "account:read")

    page = read(browser.post("/accounts/tokens/revoke", data={"id": kept(app)[0].id}, follow_redirects=True))

    assert messages(page) == ["success: The token “laptop” opens nothing any more."]
    assert app.test_client().get("/accounts/api/me", headers=bearer(token)).status_code == 401
    assert kept(app) == []


@pytest.mark.parametrize("token_id", ["", "0", "-1", "x", "99", str(2**63), "1\0"])
def test_what_is_no_token_cannot_be_revoked(browser: FlaskClient, token_id: str) -> None:
    assert browser.post("/accounts/tokens/revoke", data={"id": token_id}).status_code == 404


def test_nobody_revokes_anothers_token(browser: FlaskClient, app: Flask) -> None:
    make_token(app, add_user(app, "bob"), "account:read")

    answer = browser.post("/accounts/tokens/revoke", data={"id": kept(app)[0].id})

    assert answer.status_code == 404
    assert len(kept(app)) == 1


def test_a_user_who_has_the_most_live_tokens_gets_no_more(browser: FlaskClient, app: Flask, ada: int) -> None:
    for _ in range(MOST_LIVE):
        make_token(app, ada, "account:read")

    page = read(browser.post("/accounts/tokens", data=FORM | {"name": "one more"}))

    assert messages(page) == [f"error: You have {MOST_LIVE} tokens, which is the most there may be. Revoke one first."]
    assert len(kept(app)) == MOST_LIVE


def test_expired_tokens_and_those_of_others_leave_room(browser: FlaskClient, app: Flask, ada: int) -> None:
    bob = add_user(app, "bob")
    for _ in range(MOST_LIVE):
        make_token(app, ada, "account:read", expires_at=utc_now())
        make_token(app, bob, "account:read")

    assert TOKEN.search(browser.post("/accounts/tokens", data=FORM | {"name": "one more"}).text)


def test_tokens_made_at_once_are_no_more_than_there_may_be(app: Flask, ada: int) -> None:
    for _ in range(MOST_LIVE - 1):
        make_token(app, ada, "account:read")
    browsers = [log_in(app.test_client(), ada) for _ in range(4)]

    with ThreadPoolExecutor() as elsewhere:
        answers = elsewhere.map(lambda browser, number: browser.post("/accounts/tokens", data=FORM | {"name": f"at once {number}"}), browsers, range(4))
        assert {answer.status_code for answer in answers} == {200}

    assert len(kept(app)) == MOST_LIVE


def test_making_and_revoking_a_token_is_recorded_without_the_token(browser: FlaskClient, app: Flask) -> None:
    browser.post("/accounts/tokens", data=FORM)
    token_id = kept(app)[0].id
    browser.post("/accounts/tokens/revoke", data={"id": token_id})

    assert events(app) == [
        ("token.made", "token", token_id, {"name": "laptop", "scopes": ["account:read"], "days": 30}),
        ("token.revoked", "token", token_id, {"name": "laptop"}),
    ]


def test_a_token_that_was_refused_is_not_recorded(browser: FlaskClient, app: Flask) -> None:
    browser.post("/accounts/tokens", data=FORM | {"scopes": []})

    assert events(app) == []


def test_the_page_says_that_a_new_password_leaves_tokens_alone(browser: FlaskClient) -> None:
    assert "changing your password does not end it" in browser.get("/accounts/tokens").text
