"""Deleting a Task: it is gone at once, its numbers follow with an actor, and nothing is left when the queue was away."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from project.database import utc_now
from project.extensions import db
from tasks_app import queries
from tasks_app.actors import delete_results, generate_random_number
from tasks_app.models import DeletedTask, Task, TaskResult
from tests.app_fixtures import log_in
from tests.factories import make_result, make_superuser, make_task
from tests.pages import messages, read
from workers.schedule import Schedule, schedules_of

LONG_AGO = timedelta(seconds=queries.SETTLED_SECONDS + 1)


def results_of(task_id: int) -> int:
    """How many numbers of the Task there are."""
    return db.session.scalar(select(func.count()).where(TaskResult.task_id == task_id)) or 0


def make_drawn_task(numbers: int) -> int:
    """A Task with so many numbers; its id."""
    task = make_task()
    for _ in range(numbers):
        make_result(task)
    return task.id


def delete(client: FlaskClient, task_id: int) -> list[str]:
    """Delete the Task as a superuser does; what the site says about it."""
    return messages(read(client.post("/tasks/delete/", data={"id": str(task_id)}, follow_redirects=True)))


def leftovers(app: Flask) -> Schedule:
    """The schedule that comes back for what is left of deleted Tasks."""
    schedule = schedules_of(app).get("delete_leftover_results")
    assert schedule
    return schedule


def let_it_settle() -> None:
    """Make every deletion so old that nothing more is being drawn for its Task."""
    db.session.execute(update(DeletedTask).values(deleted_at=utc_now() - LONG_AGO))
    db.session.commit()


def test_a_deleted_task_is_gone_at_once_and_its_numbers_are_not_deleted_by_the_request(app: Flask, chief: FlaskClient) -> None:
    with app.app_context():
        task_id = make_drawn_task(3)

    said = delete(chief, task_id)

    assert said == ["success: Deleted."]
    with app.app_context():
        assert db.session.get(Task, task_id) is None
        assert results_of(task_id) == 3


def test_the_numbers_of_a_deleted_task_go_in_batches(app: Flask, chief: FlaskClient, work_off: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "DELETION_BATCH", 10)
    with app.app_context():
        task_id = make_drawn_task(35)
    delete(chief, task_id)

    work_off()

    with app.app_context():
        assert results_of(task_id) == 0


def test_no_batch_deletes_more_than_its_size(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "DELETION_BATCH", 10)
    task_id = make_drawn_task(25)

    sizes = [queries.delete_some_results(task_id) for _ in range(4)]

    assert sizes == [10, 10, 5, 0]


def test_the_numbers_of_other_tasks_stay(app: Flask, chief: FlaskClient, work_off: Callable[[], None]) -> None:
    with app.app_context():
        before, task_id, after = make_drawn_task(3), make_drawn_task(3), make_drawn_task(3)
    delete(chief, task_id)

    work_off()

    with app.app_context():
        assert [results_of(other) for other in (before, task_id, after)] == [3, 0, 3]


def test_deleting_a_task_twice_is_no_fault(app: Flask, chief: FlaskClient) -> None:
    with app.app_context():
        task_id = make_drawn_task(1)
    delete(chief, task_id)

    said = delete(chief, task_id)

    assert said == ["error: Record does not exist."]


def test_a_task_is_deleted_also_when_its_queue_cannot_be_reached(queueless: Flask) -> None:
    with queueless.app_context():
        chief = log_in(queueless.test_client(), make_superuser().id)
        task_id = make_drawn_task(3)

    said = delete(chief, task_id)

    with queueless.app_context():
        assert db.session.get(Task, task_id) is None
    assert "warning: The queue can't be reached, so its results will be deleted later." in said


def test_what_the_queue_could_not_take_is_left_for_the_schedule(queueless: Flask) -> None:
    with queueless.app_context():
        chief = log_in(queueless.test_client(), make_superuser().id)
        task_id = make_drawn_task(3)
    delete(chief, task_id)

    with queueless.app_context():
        let_it_settle()
        schedule = leftovers(queueless)
        assert schedule.last_key() == task_id
        assert schedule.page(0, task_id, 10) == [task_id]


def test_a_number_drawn_while_its_task_was_deleted_goes_with_the_schedule(app: Flask, chief: FlaskClient, work_off: Callable[[], None]) -> None:
    with app.app_context():
        task = make_task()
    delete(chief, task.id)
    work_off()
    with app.app_context():
        make_result(task)
        let_it_settle()
        (left,) = leftovers(app).page(0, task.id, 10)

        delete_results.send(left, tick_id=7)
    work_off()

    with app.app_context():
        assert results_of(task.id) == 0
        assert leftovers(app).lacking(7, 0, task.id, 10) == []


def test_a_message_that_was_on_its_way_brings_nothing_back(app: Flask, chief: FlaskClient, work_off: Callable[[], None]) -> None:
    with app.app_context():
        task_id = make_task().id
        generate_random_number.send(task_id)
    delete(chief, task_id)

    work_off()

    with app.app_context():
        assert results_of(task_id) == 0


def test_a_deletion_that_is_done_stays_listed_until_nothing_more_can_be_drawn(app: Flask, chief: FlaskClient, work_off: Callable[[], None]) -> None:
    with app.app_context():
        task_id = make_drawn_task(1)

    delete(chief, task_id)
    work_off()

    with app.app_context():
        let_it_settle()
        assert leftovers(app).page(0, task_id, 10) == [task_id]


@pytest.fixture
def deletions(context: Flask) -> None:
    """Tasks 1, 3 and 5 were deleted long ago, 2 and 6 just now."""
    for task_id, age in ((1, LONG_AGO), (2, timedelta()), (3, LONG_AGO), (5, LONG_AGO), (6, timedelta())):
        db.session.add(DeletedTask(task_id=task_id, deleted_at=utc_now() - age))
    db.session.commit()


def test_the_schedule_goes_up_to_the_last_deletion_that_has_settled(context: Flask, deletions: None) -> None:
    last = leftovers(context).last_key()

    assert last == 5


def test_the_schedule_has_nothing_to_do_without_deletions(context: Flask) -> None:
    last = leftovers(context).last_key()

    assert last is None


@pytest.mark.parametrize(
    ("after", "upto", "limit", "keys"),
    [(0, 9, 10, [1, 3, 5]), (0, 9, 2, [1, 3]), (1, 9, 10, [3, 5]), (0, 3, 10, [1, 3]), (5, 9, 10, []), (3, 3, 10, [])],
)
def test_the_schedule_pages_through_settled_deletions(context: Flask, deletions: None, after: int, upto: int, limit: int, keys: list[int]) -> None:
    schedule = leftovers(context)

    assert schedule.page(after, upto, limit) == keys
    assert schedule.lacking(7, after, upto, limit) == keys


def test_a_deletion_is_struck_off_only_once_it_has_settled(context: Flask, deletions: None) -> None:
    for task_id in (1, 2):
        queries.forget_deletion(task_id)

    assert set(db.session.scalars(select(DeletedTask.task_id))) == {2, 3, 5, 6}


def test_what_is_counted_of_deletions_changes_when_results_go_and_when_numbers_are_drawn(context: Flask) -> None:
    task_id = make_drawn_task(3)
    queries.note_deletion(db.session.get_one(Task, task_id))
    db.session.commit()
    schedule = leftovers(context)
    counted = [schedule.count_outcomes(7)]

    queries.delete_some_results(task_id)
    counted.append(schedule.count_outcomes(7))
    make_drawn_task(1)
    counted.append(schedule.count_outcomes(7))

    assert len(set(counted)) == 3
