"""The partitioned table of docs/performance.md: made as it says, and ticked on, run, looked at and pruned by the code as it is."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import uuid4

import psycopg2
import pytest
from dramatiq import Worker
from flask import Flask
from sqlalchemy import select, text, update

from project.database import utc_now
from project.extensions import Model, db
from project.settings import ROOT
from tasks_app import queries, result_queries, retention_queries
from tasks_app.draws import Draw
from tasks_app.models import Task, TaskResult
from tasks_app.result_queries import ResultFilter
from tests.app_fixtures import working
from tests.apps import close, make_app, migrate
from tests.factories import make_result, make_task, make_tasks, make_tick
from tests.servers import PostgresServer
from tests.waiting import wait_until
from tests.workers.ledger import draw, draws_per_task, fresh, let_time_pass, numbers, queued_keys, set_tick
from workers import ticks
from workers.broker import InProcessBroker, broker_of
from workers.models import Tick, TickState

SECTION = (ROOT / "docs" / "performance.md").read_text().partition("\n## Many Tasks for a long time\n")[2]
PARTITION_IT, MAKE_PARTITIONS, DROP_PARTITIONS = re.findall(r"```sql\n(.*?)```", SECTION, re.DOTALL)
Work = Callable[[], AbstractContextManager[Worker]]


def execute(script: str) -> None:
    """Run a script of the documentation as psql does."""
    db.session.rollback()
    connection = psycopg2.connect(db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False))
    try:
        connection.autocommit = True
        connection.cursor().execute(script)
    finally:
        connection.close()


@pytest.fixture
def before(postgres: PostgresServer) -> Iterator[Flask]:
    """An app on a PostgreSQL database of its own with a few results, its context entered."""
    url = postgres.create_database()
    migrate(url)
    app = make_app(url)
    with app.app_context():
        task = make_task()
        make_result(task, tick_id=make_tick().id)
        make_result(task)
        yield app
    close(app)
    postgres.drop_database(url)


@pytest.fixture
def partitioned(before: Flask) -> Flask:
    """The same after its table was partitioned, and its ids of ticks are beyond what was there before."""
    execute(PARTITION_IT)
    execute(MAKE_PARTITIONS)
    db.session.execute(text("SELECT setval('ticks_id_seq', 300)"))
    db.session.commit()
    return before


@pytest.fixture
def work(partitioned: Flask) -> Work:
    """Start worker threads: `with work(): …`."""
    return lambda: working(partitioned)


def partitions() -> dict[str, int]:
    """How many rows each partition has that has any."""
    db.session.rollback()
    counted = db.session.execute(text("SELECT tableoid::regclass::text AS partition, count(*) AS rows FROM task_results GROUP BY 1"))
    return {row.partition: row.rows for row in counted}


def finished_tick() -> Tick:
    """A tick that was launched now and whose numbers have been drawn, without a worker."""
    tick = ticks.launch_by_hand(numbers())
    ticks.look_after(tick.id)
    draw(tick.id, *queued_keys())
    let_time_pass(tick.id, 2)
    ticks.look_after(tick.id)
    return fresh(tick.id)


def test_what_was_there_before_stays_and_single_runs_are_apart(partitioned: Flask) -> None:
    assert partitions() == {"task_results_before": 1, "task_results_single": 1}


def test_a_tick_draws_each_task_once_into_its_partition(partitioned: Flask, work: Work) -> None:
    task_ids = [*db.session.scalars(select(Task.id)), *make_tasks(30)]
    tick = ticks.launch_by_hand(numbers())
    ticks.look_after(tick.id)
    # Given that each message is there twice
    let_time_pass(tick.id, 2)
    set_tick(tick.id, state=TickState.PUBLISHING, published_key=0, published=0)
    ticks.look_after(tick.id)

    broker = broker_of(partitioned)
    assert isinstance(broker, InProcessBroker)
    with work():
        wait_until(lambda: broker.queues["numbers"].unfinished_tasks == 0)
    let_time_pass(tick.id, 2)
    ticks.look_after(tick.id)

    assert (fresh(tick.id).state, fresh(tick.id).verified) == (TickState.FINISHED, len(task_ids))
    assert draws_per_task(tick.id) == dict.fromkeys(task_ids, 1)
    assert partitions() == {"task_results_before": 1, "task_results_single": 1, "task_results_300": len(task_ids)}


def test_a_single_run_that_is_delivered_twice_is_drawn_once(partitioned: Flask) -> None:
    single = Draw(make_task().id, None, uuid4(), 0.5)

    for _ in range(2):
        queries.insert_draws([single])
        db.session.commit()

    assert partitions() == {"task_results_before": 1, "task_results_single": 2}


def test_results_are_looked_at_across_partitions(partitioned: Flask) -> None:
    (task_id,) = db.session.scalars(select(Task.id))
    tick = finished_tick()

    newest_first = result_queries.results_after(None, 10, ResultFilter(task_id=task_id))

    assert [result.tick_id for result in newest_first] == [tick.id, None, 1]
    assert result_queries.results_after(newest_first[0].id, 10) == newest_first[1:]
    assert result_queries.statistics(task_id).count == 3


def test_the_results_of_a_deleted_task_go_from_every_partition(partitioned: Flask) -> None:
    (task_id,) = db.session.scalars(select(Task.id))
    finished_tick()

    assert queries.delete_some_results(task_id) == 3
    assert partitions() == {}


def test_what_is_too_old_goes_from_every_partition(partitioned: Flask) -> None:
    finished_tick()
    db.session.execute(update(TaskResult).values(created_at=utc_now() - timedelta(days=100)))
    db.session.commit()
    young = make_result(make_task())
    kept_from = utc_now() - timedelta(days=90)

    assert retention_queries.old_tables(0, 1, 1, kept_from) == [1]
    assert list(retention_queries.slices(retention_queries.delete_slice, 1, kept_from)) == [3]
    assert list(db.session.scalars(select(TaskResult.id))) == [young.id]


def test_partitions_are_made_once_and_far_ahead(partitioned: Flask) -> None:
    def number_of_partitions() -> int:
        return len(db.session.execute(text("SELECT inhrelid FROM pg_inherits WHERE inhparent = 'task_results'::regclass")).all())

    made = number_of_partitions()
    execute(MAKE_PARTITIONS)
    assert (made, number_of_partitions()) == (2 + 14, 2 + 14)


def test_a_tick_for_which_no_partition_was_made_loses_nothing(partitioned: Flask) -> None:
    db.session.execute(text("SELECT setval('ticks_id_seq', 10000000)"))

    tick = finished_tick()

    assert tick.state == TickState.FINISHED
    assert partitions()["task_results_single"] == 2


def test_partitions_are_dropped_when_all_their_ticks_are_old(partitioned: Flask) -> None:
    old = finished_tick()
    db.session.execute(text("SELECT setval('ticks_id_seq', 600)"))
    also_old, young = finished_tick(), finished_tick()
    for tick_id in (old.id, also_old.id):
        set_tick(tick_id, slot=utc_now() - timedelta(days=8, seconds=tick_id))

    execute(DROP_PARTITIONS)

    assert young.state == TickState.FINISHED
    assert partitions() == {"task_results_before": 1, "task_results_single": 1, "task_results_600": 2}


def test_what_was_there_before_can_be_dropped_at_last(partitioned: Flask) -> None:
    execute("DROP TABLE task_results_before")

    assert finished_tick().state == TickState.FINISHED


def test_the_indexes_have_the_names_that_the_models_give_them(partitioned: Flask) -> None:
    named = set(db.session.scalars(text("SELECT indexname FROM pg_indexes WHERE tablename IN ('task_results', 'task_results_single')")))

    assert {index.name for index in Model.metadata.tables["task_results"].indexes} <= named
