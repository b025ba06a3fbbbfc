"""The API's endpoints in general: they take a token, or a session whose changes carry a form's token; all their answers are JSON."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.exc import OperationalError

from project.access import Rule, everyone, keyed, members, open_to, open_to_token, reviewers
from project.api import SESSION, scopes_of
from project.guard import demand_a_rule_of_every_route, demand_tokens_of_the_api_alone
from tests.accounts.tokens.tokens import bearer, make_token
from tests.app_fixtures import log_in
from tests.apps import close, make_app
from tests.factories import make_user


def add_endpoint(app: Flask, path: str, rule: Rule = members, scope: str = "notes:write") -> list[int]:
    """An endpoint at which one can POST; the ids of those who did."""
    changes: list[int] = []

    def note() -> ResponseReturnValue:
        changes.append(current_user.id)
        return {"noted": len(changes)}

    # Flask-WTF knows what is exempt by its name, and this one belongs to this app alone.
    note.__name__ = f"note_{id(app)}"
    app.add_url_rule(path, path, open_to_token(rule, scope)(note), methods=["POST"])
    return changes


@pytest.fixture
def app(sqlite_url: str) -> Iterator[Flask]:
    """An app whose forms need their token, as in earnest."""
    app = make_app(sqlite_url)
    scopes_of(app)["notes:write"] = "Write notes"
    yield app
    close(app)


@pytest.fixture
def noted(app: Flask) -> list[int]:
    """The ids of those who changed something at /notes/api/new."""
    return add_endpoint(app, "/notes/api/new")


@pytest.fixture
def ada(app: Flask) -> int:
    """Somebody with an account."""
    with app.app_context():
        return int(make_user("ada").id)


@pytest.fixture
def browser(app: Flask, ada: int) -> FlaskClient:
    """The browser in which she is logged in."""
    return log_in(app.test_client(), ada)


def form_token(browser: FlaskClient) -> str:
    """The token of a form on a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/").text)
    assert found
    return found[1]


def error(answer: Any) -> tuple[int, str]:
    """The status and the error of an answer that is JSON."""
    assert answer.json.keys() == {"error", "message"}
    assert answer.json["message"]
    return answer.status_code, answer.json["error"]


def test_a_token_changes_something_without_a_forms_token(app: Flask, noted: list[int], ada: int) -> None:
    answer = app.test_client().post("/notes/api/new", headers=bearer(make_token(app, ada, "notes:write")))

    assert (answer.status_code, noted) == (200, [ada])


def test_a_session_changes_nothing_without_a_forms_token(noted: list[int], browser: FlaskClient) -> None:
    assert error(browser.post("/notes/api/new")) == (400, "bad_request")
    assert noted == []


def test_a_session_changes_something_with_a_forms_token(noted: list[int], browser: FlaskClient, ada: int) -> None:
    answer = browser.post("/notes/api/new", headers={"X-CSRFToken": form_token(browser)})

    assert (answer.status_code, noted) == (200, [ada])


@pytest.mark.parametrize("header", ["Basic x", "Bearer", "", "bearer_ x"])
def test_no_other_header_makes_up_for_a_forms_token(noted: list[int], browser: FlaskClient, header: str) -> None:
    assert browser.post("/notes/api/new", headers={"Authorization": header}).status_code in (400, 401)
    assert noted == []


def test_a_wrong_token_beside_a_session_changes_nothing(noted: list[int], browser: FlaskClient) -> None:
    token = form_token(browser)

    assert error(browser.post("/notes/api/new", headers=bearer("x") | {"X-CSRFToken": token})) == (401, "invalid_token")
    assert noted == []


def test_a_visitor_changes_nothing(app: Flask, noted: list[int]) -> None:
    assert error(app.test_client().post("/notes/api/new")) == (401, "unauthorized")
    assert noted == []


def test_a_bearer_token_is_no_way_around_the_token_of_a_pages_form(app: Flask, browser: FlaskClient, ada: int) -> None:
    token = make_token(app, ada, "notes:write")

    answer = browser.post("/accounts/sessions/end-others", headers=bearer(token))

    assert answer.status_code == 400
    assert "This form has expired" in answer.text


def test_the_current_user_is_the_tokens_for_one_request_alone(app: Flask, noted: list[int], ada: int) -> None:
    client = app.test_client()
    client.post("/notes/api/new", headers=bearer(make_token(app, ada, "notes:write")))

    assert "Log in" in client.get("/").text
    assert noted == [ada]


@pytest.mark.parametrize("path", ["/accounts/api/nothing", "/nothing/api/", "/reviews/api/authors/7", "/reviews/api/%00"])
def test_an_unknown_path_of_the_api_is_json(app: Flask, path: str) -> None:
    assert error(app.test_client().get(path)) == (404, "not_found")


def test_a_wrong_method_is_json_and_says_which_is_right(app: Flask) -> None:
    answer = app.test_client().delete("/accounts/api/me")

    assert error(answer) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


def test_a_body_that_is_too_large_is_json(app: Flask, browser: FlaskClient, noted: list[int]) -> None:
    size = app.config["MAX_CONTENT_LENGTH"] + 1

    answer = browser.post("/notes/api/new", data=b"x" * size, content_type="application/x-www-form-urlencoded")

    assert error(answer)[0] == 413


def test_a_fault_is_json_without_its_reason(app: Flask, browser: FlaskClient) -> None:
    def fail() -> ResponseReturnValue:
        raise OperationalError("SELECT secret", {}, Exception("secret"))

    app.add_url_rule("/faults/api/", "fail", open_to_token(members, "notes:write")(fail))

    answer = browser.get("/faults/api/")

    assert error(answer) == (503, "service_unavailable")
    assert "secret" not in answer.text


def test_a_page_that_is_not_there_is_a_page(app: Flask) -> None:
    answer = app.test_client().get("/nothing")

    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_the_rule_is_asked_of_the_tokens_user(app: Flask, ada: int) -> None:
    noted = add_endpoint(app, "/others/api/new", reviewers)

    answer = app.test_client().post("/others/api/new", headers=bearer(make_token(app, ada, "notes:write")))

    assert error(answer) == (403, "forbidden")
    assert noted == []


def test_an_endpoint_that_takes_tokens_has_a_rule(app: Flask, noted: list[int]) -> None:
    demand_a_rule_of_every_route(app)
    demand_tokens_of_the_api_alone(app)


def test_an_app_with_an_endpoint_of_the_api_that_takes_no_token_does_not_start(app: Flask) -> None:
    app.add_url_rule("/notes/api/open", "open", open_to(everyone)(str))

    with pytest.raises(RuntimeError, match="/notes/api/open"):
        demand_tokens_of_the_api_alone(app)


def test_an_app_with_an_endpoint_of_the_api_that_a_session_alone_opens_does_not_start(app: Flask) -> None:
    def mine() -> ResponseReturnValue:
        return "mine"

    app.add_url_rule("/notes/api/mine", "mine", keyed(mine, members, {SESSION}))

    with pytest.raises(RuntimeError, match="no token of the same user: /notes/api/mine"):
        demand_tokens_of_the_api_alone(app)


def test_an_app_with_a_page_that_takes_tokens_does_not_start(app: Flask) -> None:
    add_endpoint(app, "/notes/new")

    with pytest.raises(RuntimeError, match="/notes/new"):
        demand_tokens_of_the_api_alone(app)


def test_an_app_with_a_scope_that_no_token_can_have_does_not_start(app: Flask) -> None:
    add_endpoint(app, "/notes/api/new", scope="notes:erase")

    with pytest.raises(RuntimeError, match="notes:erase"):
        demand_tokens_of_the_api_alone(app)
