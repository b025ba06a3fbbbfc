"""What a new site begins with, and launching a tick from the command line."""

import re

from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from accounts.models import User
from courses.gradebook_queries import enabled_assignments, students_with_scores
from courses.student_queries import courses_of
from project.audit import AuditEvent
from project.database import utc_now
from project.extensions import db
from tasks_app.cli import SAMPLES
from tasks_app.models import Task
from tests.factories import make_task, make_user
from workers.models import MANUAL, Tick, TickState


def run(app: Flask, *words: str) -> Result:
    """What `flask` does with the words; it must succeed."""
    result = app.test_cli_runner().invoke(args=words)
    assert result.exit_code == 0, result.output
    return result


def the_tick(app: Flask) -> Tick:
    """The only tick there is."""
    with app.app_context():
        return db.session.scalars(select(Tick)).one()


def test_the_first_run_makes_a_superuser_whose_printed_password_opens_the_site(app: Flask) -> None:
    output = run(app, "first-run").output

    (password,) = re.findall(r"with the password\s+(\S+)", output)
    browser = app.test_client()
    browser.post("/accounts/login", data={"username": "admin", "password": password})
    assert browser.get("/tasks/").status_code == 200


def test_what_the_first_run_makes_is_audited(app: Flask) -> None:
    run(app, "first-run")

    with app.app_context():
        events = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        assert [(event.action, event.actor_id) for event in events][:2] == [("user.created", None), ("course.created", None)]


def test_the_first_run_makes_sample_tasks_of_the_superuser(app: Flask) -> None:
    run(app, "first-run")

    with app.app_context():
        owned = db.session.execute(select(User.username, User.task_count)).all()
        titles = set(db.session.scalars(select(Task.title)))
    assert owned == [("admin", len(SAMPLES))]
    assert titles == {title for title, _lower, _upper in SAMPLES}
    assert len(titles) >= 3


def test_the_first_run_makes_a_sample_course_that_the_superuser_teaches_and_in_which_something_happened(app: Flask) -> None:
    output = run(app, "first-run").output

    with app.app_context():
        admin = db.session.scalars(select(User)).one()
        ((course, enrolment),) = courses_of(admin.id)
        students = students_with_scores(course.id)
        tasks = enabled_assignments(course.id)
        now = utc_now()
    assert (enrolment.role, course.status) == ("teacher", "in_progress")
    assert [row.rms_username for row in students] == ["ada", "alan", "grace"]
    assert all(row.total > 0 for row in students)
    assert {task.group for task in tasks if task.starts_at < now < task.ends_at} == {"First steps", "Sorting"}
    assert "callboard_course_" not in output


def test_the_second_run_changes_and_prints_nothing(app: Flask) -> None:
    run(app, "first-run")
    with app.app_context():
        before = db.session.execute(select(User.id, User.password_hash, User.task_count)).all()

    output = run(app, "first-run").output

    with app.app_context():
        after = db.session.execute(select(User.id, User.password_hash, User.task_count)).all()
    assert output == ""
    assert after == before


def test_a_site_where_somebody_has_an_account_is_no_new_site(app: Flask) -> None:
    with app.app_context():
        make_user("anna")

    output = run(app, "first-run").output

    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 1
    assert output == ""


def test_two_first_runs_print_different_passwords(app: Flask) -> None:
    first = run(app, "first-run").output
    with app.app_context():
        for task in db.session.scalars(select(Task)):
            db.session.delete(task)
        db.session.flush()
        db.session.delete(db.session.scalars(select(User)).one())
        db.session.commit()

    second = run(app, "first-run").output

    assert first != second


def test_a_tick_launched_by_hand_is_due_for_every_task_there_is(app: Flask) -> None:
    with app.app_context():
        task_id = make_task().id

    output = run(app, "tasks", "tick").output

    tick = the_tick(app)
    assert output == f"Tick {tick.id} is launched.\n"
    assert (tick.schedule, tick.launches, tick.last_key) == (MANUAL, "generate_random_numbers", task_id)
    assert tick.state == TickState.PUBLISHING


def test_a_tick_launched_by_hand_waits_while_the_queue_is_out_of_reach(queueless: Flask) -> None:
    with queueless.app_context():
        make_task()

    run(queueless, "tasks", "tick")

    assert the_tick(queueless).state == TickState.PUBLISHING
