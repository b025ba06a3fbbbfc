"""What superusers do to Tasks is recorded in the transaction that does it."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from project.audit import AuditEvent
from project.extensions import db
from tests.app_fixtures import log_in
from tests.factories import make_superuser, make_task, make_user


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """The browser of the superuser `super`, user 1."""
    with app.app_context():
        return log_in(app.test_client(), make_superuser("super").id)


def recorded(app: Flask) -> list[tuple[str, int | None, tuple[str | None, int | None], dict[str, Any]]]:
    """What was done, by whom, to what, and the details."""
    with app.app_context():
        events = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        return [(event.action, event.actor_id, (event.object_type, event.object_id), event.details) for event in events]


def new_task(app: Flask) -> int:
    """A Task; its id."""
    with app.app_context():
        return make_task(make_user("ada")).id


def test_a_task_that_is_made_is_recorded_as_it_is(app: Flask, browser: FlaskClient) -> None:
    browser.post("/tasks/new/", data={"title": "Dice", "lower_limit": "1", "upper_limit": "6"})

    told = {"title": "Dice", "lower_limit": 1.0, "upper_limit": 6.0, "author_id": 1}
    assert recorded(app) == [("task.created", 1, ("task", 1), told)]


def test_a_task_that_is_changed_is_recorded_as_it_became(app: Flask, browser: FlaskClient) -> None:
    task_id = new_task(app)

    browser.post(f"/tasks/edit/?id={task_id}", data={"title": "", "lower_limit": "-2.5", "upper_limit": "6", "author": "super"})

    told = {"title": None, "lower_limit": -2.5, "upper_limit": 6.0, "author_id": 1}
    assert recorded(app) == [("task.changed", 1, ("task", task_id), told)]


def test_a_task_that_is_deleted_is_recorded(app: Flask, browser: FlaskClient) -> None:
    task_id = new_task(app)

    browser.post("/tasks/delete/", data={"id": task_id})

    assert recorded(app) == [("task.deleted", 1, ("task", task_id), {})]


def test_a_task_that_is_run_now_is_recorded(app: Flask, browser: FlaskClient) -> None:
    task_id = new_task(app)

    browser.post("/tasks/run", data={"id": task_id})

    assert recorded(app) == [("run.sent", 1, ("task", task_id), {"schedule": "generate_random_numbers"})]


@pytest.mark.parametrize(("path", "form"), [("/tasks/new/", {"lower_limit": "2", "upper_limit": "1"}), ("/tasks/delete/", {"id": "99"})])
def test_what_is_refused_is_not_recorded(app: Flask, browser: FlaskClient, path: str, form: dict[str, str]) -> None:
    browser.post(path, data=form)

    assert recorded(app) == []


@pytest.mark.parametrize(("path", "form"), [("/tasks/run", {"id": "{}"}), ("/workers/schedule/run", {"schedule": "generate_random_numbers", "key": "{}"})])
def test_a_run_that_was_not_sent_is_not_recorded(queueless: Flask, path: str, form: dict[str, str]) -> None:
    with queueless.app_context():
        browser = log_in(queueless.test_client(), make_superuser("super").id)
    task_id = new_task(queueless)

    browser.post(path, data={name: value.format(task_id) for name, value in form.items()})

    assert recorded(queueless) == []


def test_a_run_from_the_schedules_page_is_recorded(app: Flask, browser: FlaskClient) -> None:
    task_id = new_task(app)

    browser.post("/workers/schedule/run", data={"schedule": "generate_random_numbers", "key": task_id})

    assert recorded(app) == [("run.sent", 1, ("task", task_id), {"schedule": "generate_random_numbers"})]


def test_a_tick_that_is_launched_by_hand_is_recorded(app: Flask, browser: FlaskClient) -> None:
    browser.post("/workers/schedule/launch", data={"schedule": "generate_random_numbers"})

    assert recorded(app) == [("tick.launched", 1, ("tick", 1), {"schedule": "generate_random_numbers"})]


def test_a_tick_that_the_command_line_launches_is_nobodys(app: Flask) -> None:
    new_task(app)

    app.test_cli_runner().invoke(args=["tasks", "tick"])

    assert recorded(app) == [("tick.launched", None, ("tick", 1), {"schedule": "generate_random_numbers"})]
