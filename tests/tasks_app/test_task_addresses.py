"""A Task that is not there, and whatever else somebody may put into an address, is never an error of the site."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from project.extensions import db
from tasks_app.models import Task
from tests.factories import make_task

NO_TASKS = {
    "nothing": "",
    "zero": "0",
    "one that never was": "4711",
    "negative": "-1",
    "fraction": "1.5",
    "word": "abc",
    "NUL": "\0",
    "list": "1,2",
    "just too large": str(2**63),
    "huge": str(10**25),
    "endless": "9" * 5000,
    "lone surrogate": "\udc00",
}
no_task = pytest.mark.parametrize("typed", NO_TASKS.values(), ids=NO_TASKS.keys())


@pytest.fixture(autouse=True)
def task_id(app: Flask) -> int:
    """A Task that is there."""
    with app.app_context():
        return make_task().id


def as_typed(typed: str) -> bytes:
    """What a browser, or somebody without one, sends for the text."""
    return typed.encode("utf-8", "surrogatepass")


@no_task
@pytest.mark.parametrize("path", ["/tasks/details/", "/tasks/draws"])
def test_the_page_of_no_task_is_not_found(chief: FlaskClient, path: str, typed: str) -> None:
    response = chief.get(path, query_string={"id": as_typed(typed)})

    assert response.status_code == 404


@pytest.mark.parametrize("path", ["/tasks/details/", "/tasks/draws"])
def test_a_page_without_a_tasks_number_is_not_found(chief: FlaskClient, path: str) -> None:
    response = chief.get(path)

    assert response.status_code == 404


@no_task
def test_no_task_can_be_run(chief: FlaskClient, typed: str) -> None:
    response = chief.post("/tasks/run", data={"id": as_typed(typed)})

    assert response.status_code == 404


def test_a_run_without_a_tasks_number_is_not_found(chief: FlaskClient) -> None:
    response = chief.post("/tasks/run")

    assert response.status_code == 404


@no_task
def test_editing_no_task_is_answered_without_a_fault(chief: FlaskClient, typed: str) -> None:
    response = chief.get("/tasks/edit/", query_string={"id": as_typed(typed)})

    assert response.status_code in (302, 404)


@no_task
def test_deleting_no_task_deletes_nothing(app: Flask, chief: FlaskClient, task_id: int, typed: str) -> None:
    response = chief.post("/tasks/delete/", data={"id": as_typed(typed)})

    with app.app_context():
        left = db.session.scalars(select(Task.id)).all()
    assert response.status_code in (302, 404)
    assert left == [task_id]


@pytest.mark.parametrize("path", ["/tasks/details/", "/tasks/edit/", "/tasks/draws"])
@pytest.mark.parametrize("query", ["id=1&id=word", "id=1&id=2", "id=%EF%BC%91", "id=%D9%A1"], ids=["and a word", "twice", "full-width digit", "Arabic digit"])
def test_an_odd_spelling_of_a_tasks_number_is_answered_without_a_fault(chief: FlaskClient, path: str, query: str) -> None:
    response = chief.get(f"{path}?{query}")

    assert response.status_code in (200, 302, 404)


def test_the_bulk_action_that_no_page_offers_deletes_nothing(app: Flask, chief: FlaskClient, task_id: int) -> None:
    response = chief.post("/tasks/action/", data={"action": "delete", "rowid": [str(task_id)]})

    with app.app_context():
        left = db.session.scalars(select(Task.id)).all()
    assert response.status_code < 500
    assert left == [task_id]
