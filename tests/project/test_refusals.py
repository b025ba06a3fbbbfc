"""What is recorded of those who are refused: each page once a minute, and nothing of visitors, who only have to log in."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from project.audit import AuditEvent
from project.database import utc_now
from project.extensions import db
from tests.accounts.tokens.tokens import bearer, make_token
from tests.app_fixtures import log_in
from tests.factories import make_user


@pytest.fixture
def ada(app: Flask) -> int:
    """Somebody without any right."""
    with app.app_context():
        return int(make_user("ada").id)


@pytest.fixture
def browser(app: Flask, ada: int) -> FlaskClient:
    """The browser in which she is logged in."""
    return log_in(app.test_client(), ada)


def refused(app: Flask) -> list[tuple[int | None, dict[str, Any]]]:
    """Who was refused where."""
    with app.app_context():
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "access.refused").order_by(AuditEvent.id))
        return [(event.actor_id, event.details) for event in events]


@pytest.mark.parametrize(
    ("method", "path", "endpoint"),
    [("GET", "/tasks/", "tasks.index_view"), ("GET", "/reviews/", "reviews.index"), ("POST", "/workers/schedule/launch", "schedule.launch")],
)
def test_somebody_who_is_refused_a_page_is_recorded_with_it(app: Flask, browser: FlaskClient, ada: int, method: str, path: str, endpoint: str) -> None:
    assert browser.open(path, method=method).status_code == 403

    assert refused(app) == [(ada, {"endpoint": endpoint, "method": method})]


def test_a_visitor_who_is_sent_to_log_in_is_not_recorded(app: Flask, client: FlaskClient) -> None:
    assert client.get("/tasks/").status_code == 302
    assert client.get("/reviews/api/authors").status_code == 401

    assert refused(app) == []


def test_a_page_that_asks_again_and_again_is_recorded_once(app: Flask, browser: FlaskClient) -> None:
    for _ in range(3):
        assert browser.get("/workers/schedule/ticks", headers={"HX-Request": "true"}).status_code == 403

    assert len(refused(app)) == 1


def test_each_page_is_recorded(app: Flask, browser: FlaskClient) -> None:
    for path in ("/tasks/", "/users/", "/tasks/", "/users/"):
        browser.get(path)

    assert [details["endpoint"] for _, details in refused(app)] == ["tasks.index_view", "users.index_view"]


def test_each_person_is_recorded(app: Flask, browser: FlaskClient, ada: int) -> None:
    with app.app_context():
        bob = make_user("bob").id
    browser.get("/tasks/")
    log_in(app.test_client(), bob).get("/tasks/")

    assert [who for who, _ in refused(app)] == [ada, bob]


def test_after_a_minute_it_is_recorded_again(app: Flask, browser: FlaskClient) -> None:
    browser.get("/tasks/")
    with app.app_context():
        db.session.execute(update(AuditEvent).values(at=utc_now() - timedelta(seconds=61)))
        db.session.commit()

    browser.get("/tasks/")

    assert len(refused(app)) == 2


def test_a_tokens_user_without_the_right_is_recorded(app: Flask, client: FlaskClient, ada: int) -> None:
    assert client.get("/reviews/api/authors", headers=bearer(make_token(app, ada, "reviews:read"))).status_code == 403

    assert refused(app) == [(ada, {"endpoint": "reviews_api.authors", "method": "GET", "with": "token 1"})]


def test_a_token_without_the_scope_is_recorded(app: Flask, client: FlaskClient, ada: int) -> None:
    assert client.get("/reviews/api/authors", headers=bearer(make_token(app, ada, "account:read"))).status_code == 403

    assert refused(app) == [(ada, {"endpoint": "reviews_api.authors", "method": "GET", "with": "token 1"})]


def test_a_page_that_is_opened_is_not_recorded(app: Flask, browser: FlaskClient) -> None:
    browser.get("/accounts/tokens")

    assert refused(app) == []
