"""Return addresses: a link to a page of records may say where to go afterwards, but only to a page of this site."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from project.extensions import db
from tasks_app.models import Task
from tests.app_fixtures import log_in
from tests.factories import make_superuser

ELSEWHERE = ["http:evil.example", "//evil.example", "https://evil.example", r"/\evil", r"\\evil.example", "/\t/evil.example", "javascript:alert(1)"]


TASK = {"title": "Filled in", "lower_limit": "0", "upper_limit": "1"}


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A superuser's browser."""
    with app.app_context():
        user_id = make_superuser().id
    return log_in(app.test_client(), user_id)


def count_tasks(app: Flask) -> int:
    """How many Tasks there are."""
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Task)) or 0


@pytest.mark.parametrize("address", ELSEWHERE)
def test_a_record_that_is_not_there_leads_to_no_other_site(browser: FlaskClient, address: str) -> None:
    answer = browser.get("/tasks/edit/", query_string={"id": "999", "url": address})

    assert (answer.status_code, answer.headers.get("Location")) == (400, None)


@pytest.mark.parametrize("address", ELSEWHERE)
def test_a_record_that_is_saved_leads_to_no_other_site_and_is_not_saved(app: Flask, browser: FlaskClient, address: str) -> None:
    answer = browser.post("/tasks/new/", query_string={"url": address}, data=TASK)

    assert (answer.status_code, answer.headers.get("Location")) == (400, None)
    assert count_tasks(app) == 0


@pytest.mark.parametrize("address", ELSEWHERE)
def test_an_address_in_the_form_is_held_to_the_same(app: Flask, browser: FlaskClient, address: str) -> None:
    answer = browser.post("/tasks/new/", data={**TASK, "url": address})

    assert (answer.status_code, answer.headers.get("Location")) == (400, None)
    assert count_tasks(app) == 0


@pytest.mark.parametrize("address", ["/tasks/?search=7", "/users/"])
def test_a_record_that_is_not_there_leads_back_to_a_page_of_this_site(browser: FlaskClient, address: str) -> None:
    answer = browser.get("/tasks/edit/", query_string={"id": "999", "url": address})

    assert (answer.status_code, answer.location) == (302, address)


def test_a_record_that_is_saved_leads_back_to_a_page_of_this_site(app: Flask, browser: FlaskClient) -> None:
    answer = browser.post("/tasks/new/", query_string={"url": "/tasks/?search=7"}, data=TASK)

    assert (answer.status_code, answer.location) == (302, "/tasks/?search=7")
    assert count_tasks(app) == 1


@pytest.mark.parametrize("query", [{}, {"url": ""}])
def test_without_a_return_address_the_list_is_where_one_goes(browser: FlaskClient, query: dict[str, str]) -> None:
    answer = browser.post("/tasks/new/", query_string=query, data=TASK)

    assert (answer.status_code, answer.location) == (302, "/tasks/")
