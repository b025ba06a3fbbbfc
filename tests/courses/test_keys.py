"""Keys of the API: what a session changes needs a form's token, what a course's token changes does not, and each endpoint says which opens it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from courses.callers import COURSE_TOKEN
from project.api import SESSION, is_api
from tests.app_fixtures import log_in
from tests.apps import close, make_app
from tests.courses.courses_api import Api, make_api
from tests.factories import make_superuser
from tests.project.routes import VISITS, Visit

OURS = [visit for visit in VISITS if visit.endpoint.startswith("courses_api.")]
POSTS = [visit for visit in OURS if visit.method == "POST"]
BODY = {"username": "alice", "comment": "x", "grade": 5, "new_scores": {"sum": 1}, "row_data": {"username": "alice"}}


@pytest.fixture
def app(sqlite_url: str) -> Iterator[Flask]:
    """An app whose forms need their token, as in earnest."""
    app = make_app(sqlite_url)
    yield app
    close(app)


@pytest.fixture
def api(app: Flask) -> Api:
    """A course."""
    return make_api(app, "sample")


@pytest.fixture
def browser(app: Flask, api: Api) -> FlaskClient:
    """A superuser's."""
    with app.app_context():
        user_id = make_superuser().id
    return log_in(app.test_client(), user_id)


def keys_of(app: Flask, endpoint: str) -> frozenset[str]:
    """The keys that the endpoint says open it."""
    view: Any = app.view_functions[endpoint]
    keys: frozenset[str] = view.keys
    return keys


def test_each_endpoint_under_api_is_opened_by_a_key_or_changes_nothing(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if is_api(rule.rule)]

    assert {rule.endpoint for rule in rules if not keys_of(app, rule.endpoint) and "POST" in (rule.methods or ())} == set()


@pytest.mark.parametrize("visit", POSTS, ids=str)
def test_a_session_changes_something_with_a_forms_token_alone_and_only_where_it_is_a_key(app: Flask, browser: FlaskClient, visit: Visit) -> None:
    endpoint, url = visit.endpoint, visit.url
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/").text)
    assert found

    without = browser.post(url, json=BODY)
    with_it = browser.post(url, json=BODY, headers={"X-CSRFToken": found[1]})

    expected = (400, 200) if SESSION in keys_of(app, endpoint) else (403, 403)
    assert (without.status_code, with_it.status_code) == expected


@pytest.mark.parametrize("visit", POSTS, ids=str)
def test_a_courses_token_needs_no_forms_token_where_it_is_a_key(app: Flask, api: Api, visit: Visit) -> None:
    endpoint, url = visit.endpoint, visit.url

    answer = app.test_client().post(url, json=BODY, headers=api.headers)

    assert (answer.status_code != 403) == (COURSE_TOKEN in keys_of(app, endpoint))


def test_a_token_beside_a_session_counts_and_not_the_session(api: Api, browser: FlaskClient) -> None:
    assert browser.get("/api/sample/database").status_code == 200
    assert browser.get("/api/sample/database", headers={"Authorization": "Bearer wrong"}).status_code == 403
    assert browser.post("/api/sample/database/update", json=BODY, headers=api.headers).status_code == 200
