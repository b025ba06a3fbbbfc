"""Running one Task now: a number outside every tick, or a word about why not."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from project.extensions import db
from tasks_app.models import TaskResult
from tests.app_fixtures import log_in
from tests.factories import make_superuser, make_task
from tests.pages import facts, messages, read, rows


def test_a_task_that_is_run_now_has_a_number_without_a_tick(app: Flask, chief: FlaskClient, work_off: Callable[[], None]) -> None:
    with app.app_context():
        task_id = make_task().id
    chief.post("/tasks/run", data={"id": str(task_id)})

    work_off()

    with app.app_context():
        result = db.session.scalars(select(TaskResult)).one()
    assert (result.task_id, result.tick_id) == (task_id, None)


def test_no_other_task_is_run(app: Flask, chief: FlaskClient, work_off: Callable[[], None]) -> None:
    with app.app_context():
        make_task()
        task_id = make_task().id
    for _ in range(2):
        chief.post("/tasks/run", data={"id": str(task_id)})

    work_off()

    with app.app_context():
        assert db.session.scalars(select(TaskResult.task_id)).all() == [task_id, task_id]


def test_the_number_shows_on_the_tasks_page(app: Flask, chief: FlaskClient, work_off: Callable[[], None]) -> None:
    with app.app_context():
        task_id = make_task(lower_limit=4.0, upper_limit=4.0).id
    chief.post("/tasks/run", data={"id": str(task_id)})

    work_off()

    (row,) = rows(read(chief.get(f"/tasks/details/?id={task_id}")))
    assert (row["Number"], row["By"]) == ("4", "run now")


def test_looking_at_the_address_of_running_runs_nothing(app: Flask, chief: FlaskClient) -> None:
    with app.app_context():
        task_id = make_task().id

    response = chief.get(f"/tasks/run?id={task_id}")

    assert response.status_code == 405


def test_a_task_cannot_be_run_while_the_queue_is_out_of_reach_and_its_page_says_so(queueless: Flask) -> None:
    with queueless.app_context():
        chief = log_in(queueless.test_client(), make_superuser().id)
        task_id = make_task().id

    page = read(chief.post("/tasks/run", data={"id": str(task_id)}, follow_redirects=True))

    assert facts(page)["Task"] == str(task_id)
    assert messages(page) == ["error: The queue can't be reached, so nothing was sent. Try again when it is back."]
