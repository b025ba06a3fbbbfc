"""A beat: one schedule's fault is its own, said once; a site may start before its database."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from project.extensions import db
from tests.factories import make_tasks
from tests.waiting import wait_until
from tests.workers.ledger import all_ticks, draws_per_task, numbers
from workers import ticks
from workers.broker import broker_of
from workers.models import TickState
from workers.schedule import schedules_of
from workers.serving import Serving


@pytest.fixture
def serving(app: Flask) -> Iterator[Serving]:
    """The background of a serving process, which the test starts or beats by hand."""
    serving = Serving(app)
    yield serving
    if serving._scheduler.running:
        serving.stop()


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the background has logged."""
    return [record.getMessage() for record in caplog.records if record.name in ("workers.serving", "workers.outage")]


def rename(app: Flask, table: str, new_name: str) -> None:
    """Rename a table of the app's database."""
    with app.app_context():
        db.session.connection().exec_driver_sql(f"ALTER TABLE {table} RENAME TO {new_name}")
        db.session.commit()


@pytest.fixture
def faults(app: Flask) -> list[Exception]:
    """Adds a schedule `broken` and, after it, a schedule `sound`; the first fault in the list is what the broken one raises."""
    kept: list[Exception] = [KeyError("no such thing")]

    def last_key() -> int:
        raise kept[0]

    with app.app_context():
        schedules_of(app).add(replace(numbers(), name="broken", last_key=last_key))
        schedules_of(app).add(replace(numbers(), name="sound"))
        make_tasks(2)
    return kept


def test_a_schedule_with_a_fault_stops_no_other(app: Flask, serving: Serving, faults: list[Exception]) -> None:
    serving.beat()

    with app.app_context():
        assert {tick.schedule for tick in all_ticks()} == {numbers().name, "sound"}


def test_a_schedule_with_a_fault_stops_no_tick_that_is_open(app: Flask, serving: Serving, faults: list[Exception]) -> None:
    with app.app_context():
        tick_id = ticks.launch_by_hand(numbers()).id

    serving.beat()

    with app.app_context():
        assert {tick.id: tick.state for tick in all_ticks()}[tick_id] == TickState.DRAWING


def test_the_same_fault_is_said_once(serving: Serving, faults: list[Exception], caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        serving.beat()

    assert said(caplog) == ["broken: a step failed, and is tried again each beat"]


def test_another_fault_is_said_too(serving: Serving, faults: list[Exception], caplog: pytest.LogCaptureFixture) -> None:
    serving.beat()
    faults[0] = ValueError("something else")

    serving.beat()

    assert len(said(caplog)) == 2


def test_a_site_that_starts_before_its_database_publishes_open_ticks_again_once_it_is_there(
    app: Flask, serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    # Given an open tick whose messages died with the last process
    with app.app_context():
        task_ids = make_tasks(5)
        tick = ticks.launch_due(numbers())
        assert tick is not None
        tick_id = tick.id
    broker_of(app).flush("numbers")
    rename(app, "ticks", "elsewhere")

    serving.start()
    wait_until(lambda: said(caplog))
    rename(app, "elsewhere", "ticks")

    def drawn() -> dict[int, int]:
        with app.app_context():
            return draws_per_task(tick_id)

    wait_until(lambda: len(drawn()) == 5)
    assert drawn() == dict.fromkeys(task_ids, 1)
    assert said(caplog)[0].startswith("this process waits for the database")
