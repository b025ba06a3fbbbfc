"""One process on embedded defaults: the first tick at once, a clean end, and nothing lost at the next start."""

import time
from collections.abc import Iterator
from itertools import count

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from project.extensions import db
from tests.factories import make_tasks
from tests.waiting import wait_until
from tests.workers.ledger import all_ticks, draw, draws_per_task, numbers
from workers import ticks
from workers.models import TickState
from workers.outage import Outage
from workers.serving import Serving


@pytest.fixture
def serving(app: Flask) -> Iterator[Serving]:
    """The background of a serving process, which the test starts."""
    serving = Serving(app)
    yield serving
    if serving._scheduler.running:
        serving.stop()


AWAY, BACK = "this process waits for the database, as the schedule found", "the database is back, and this process goes on"


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says of the database."""
    return [record.getMessage().split(":")[0] for record in caplog.records if record.name == "workers.outage"]


def states(app: Flask) -> list[str]:
    """The states of all ticks, oldest first."""
    with app.app_context():
        return [tick.state for tick in all_ticks()]


def test_the_first_tick_comes_at_once_and_every_task_has_its_number(app: Flask, serving: Serving) -> None:
    with app.app_context():
        task_ids = make_tasks(5)

    serving.start()
    wait_until(lambda: states(app) == [TickState.FINISHED])

    with app.app_context():
        assert draws_per_task(all_ticks()[0].id) == dict.fromkeys(task_ids, 1)


def test_a_tick_whose_messages_died_with_the_last_process_is_completed_at_the_start(app: Flask, serving: Serving) -> None:
    # Given a tick with one number, whose other messages were in a process that is gone
    with app.app_context():
        task_ids = make_tasks(5)
        tick = ticks.launch_due(numbers())
        assert tick is not None
        draw(tick.id, task_ids[0])
        app.extensions["workers"].broker.flush("numbers")

    serving.start()
    wait_until(lambda: states(app) == [TickState.FINISHED])

    with app.app_context():
        assert draws_per_task(tick.id) == dict.fromkeys(task_ids, 1)


def test_after_the_end_nothing_runs_any_more(app: Flask, serving: Serving) -> None:
    serving.start()

    serving.stop()

    assert not serving._scheduler.running
    assert serving._worker is not None
    assert not any(thread.is_alive() for thread in serving._worker.workers)


def test_an_outage_of_the_database_is_said_once_and_so_is_its_end(app: Flask, serving: Serving, caplog: pytest.LogCaptureFixture) -> None:
    # Given an app whose table of ticks is away for two beats
    caplog.set_level("INFO")
    with app.app_context():
        db.session.connection().exec_driver_sql("ALTER TABLE ticks RENAME TO elsewhere")
        db.session.commit()
    serving.beat()
    serving.beat()
    with app.app_context():
        db.session.connection().exec_driver_sql("ALTER TABLE elsewhere RENAME TO ticks")
        db.session.commit()

    serving.beat()

    assert told(caplog) == [AWAY, BACK]


def test_of_an_outage_that_all_jobs_meet_one_tells_and_one_that_goes_on_failing_tells_no_more(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    outage, fault = Outage(witness="the schedule"), OperationalError("SELECT", {}, Exception("gone"))
    seconds = count(time.monotonic() + 1e6)

    def meet(*jobs: str) -> None:
        for job in jobs:
            outage.met_by(job, next(seconds), fault)

    for _ in range(3):
        meet("the schedule", "the drainer", "the watch")
    outage.over_for("the watch", next(seconds))
    assert told(caplog) == [AWAY]

    outage.over_for("the schedule", next(seconds))
    meet("the drainer", "the drainer")
    assert told(caplog) == [AWAY, BACK]

    meet("the schedule")
    assert told(caplog) == [AWAY, BACK, AWAY]


def test_who_began_before_the_end_of_an_outage_tells_nothing_of_another(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    outage, fault, before = Outage(witness="the schedule"), OperationalError("SELECT", {}, Exception("gone")), time.monotonic()

    outage.met_by("the schedule", time.monotonic(), fault)
    outage.over_for("the schedule", before)
    assert told(caplog) == [AWAY]

    outage.over_for("the schedule", time.monotonic())
    outage.met_by("the drainer", before, fault)
    assert told(caplog) == [AWAY, BACK]
