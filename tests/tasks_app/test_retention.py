"""What is older than results are kept goes at night, in slices, and nothing else goes with it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from dramatiq import Message
from flask import Flask
from sqlalchemy import func, insert, select, text

from project.database import utc_now
from project.extensions import Model, db
from tasks_app import retention_queries
from tasks_app.actors import delete_old_rows
from tasks_app.models import Task, TaskResult
from tasks_app.retention_queries import NIGHT, Slice
from tests.apps import close, make_app
from tests.factories import make_result, make_task, make_tick
from tests.workers.ledger import draw, fresh, let_time_pass, numbers, run_in_threads
from workers import ticks
from workers.actors import Queue
from workers.broker import InProcessBroker, broker_of
from workers.models import MANUAL, MessageFailure, Tick, TickState
from workers.schedule import Schedule, schedules_of
from workers.slots import latest_slot

RESULTS, FAILURES, TICKS = 1, 2, 3
OLD, YOUNG = timedelta(days=92), timedelta(days=89)
A_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def slices_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice is three rows."""
    monkeypatch.setattr(retention_queries, "SLICE", 3)


@pytest.fixture
def postgres_context(postgres_url: str) -> Iterator[Flask]:
    """An app on PostgreSQL, its context entered."""
    app = make_app(postgres_url)
    with app.app_context():
        yield app
    close(app)


@pytest.fixture
def task(context: Flask) -> Task:
    """A Task whose results have any age."""
    return make_task()


def nightly(app: Flask) -> Schedule:
    """The schedule of what happens at night."""
    schedule = schedules_of(app).get("delete_old_rows")
    assert schedule
    return schedule


def make_results(task: Task, *ages: timedelta, tick_id: int | None = None) -> list[int]:
    """Results of these ages, of one tick for each if a first one is given; their ids."""
    made = [make_result(task, created_at=utc_now() - age, tick_id=tick_id and tick_id + place) for place, age in enumerate(ages)]
    return [result.id for result in made]


def make_failure(age: timedelta) -> int:
    """A failure of that age; its id."""
    failure = MessageFailure(message_id=uuid4(), actor="a", queue="q", args={}, error="e", created_at=utc_now() - age)
    db.session.add(failure)
    db.session.commit()
    return failure.id


def make_old_tick(state: TickState = TickState.FINISHED, age: timedelta = OLD, *, took: timedelta | None = timedelta(), schedule: str = MANUAL) -> int:
    """A tick whose slot is so long ago, and which took so long, if it has ended; its id."""
    slot = utc_now() - age
    return make_tick(state, slot, schedule=schedule, finished_at=None if took is None else slot + took).id


def left(model: type[Model]) -> list[int]:
    """The ids of the rows that are there."""
    db.session.rollback()
    return sorted(db.session.scalars(select(model.__table__.c.id)))


def kept_from() -> datetime:
    """The instant from which on all is kept tonight."""
    return retention_queries.kept_from_last_night(90)


def prune(table: int) -> int:
    """Delete all that is too old in a table; how much that was."""
    return sum(retention_queries.slices(retention_queries.delete_slice, table, kept_from()))


def come_back(app: Flask) -> list[tuple[tuple[int, ...], dict[str, int]]]:
    """Takes every message out of the queue of chores; what each calls its actor with."""
    broker = broker_of(app)
    assert isinstance(broker, InProcessBroker)
    queue = broker.queues[Queue.CHORES]
    messages = [Message.decode(queue.get_nowait()) for _ in range(queue.qsize())]
    return [(message.args, message.kwargs) for message in messages]


# What goes


@pytest.mark.parametrize("tick_id", [None, 7])
def test_results_that_are_too_old_go_whether_drawn_in_a_tick_or_not(task: Task, tick_id: int | None) -> None:
    ids = make_results(task, *(7 * [OLD]), YOUNG, timedelta(), tick_id=tick_id)

    assert prune(RESULTS) == 7
    assert left(TaskResult) == ids[7:]


def test_a_younger_result_among_older_ones_stays(task: Task) -> None:
    _old, young, _also_old = make_results(task, OLD, YOUNG, OLD)

    prune(RESULTS)

    assert left(TaskResult) == [young]


def test_results_of_a_task_that_is_gone_go_too(task: Task) -> None:
    make_results(task, OLD)
    db.session.delete(task)
    db.session.commit()

    assert prune(RESULTS) == 1


def test_failures_that_are_too_old_go(context: Flask) -> None:
    make_failure(OLD)
    young = make_failure(YOUNG)

    prune(FAILURES)

    assert left(MessageFailure) == [young]


@pytest.mark.parametrize(("state", "took"), [(TickState.FINISHED, timedelta()), (TickState.ABANDONED, timedelta()), (TickState.SKIPPED, None)])
def test_ticks_that_ended_too_long_ago_go(context: Flask, state: TickState, took: timedelta | None) -> None:
    for ago in range(4):
        make_old_tick(state, OLD + ago * A_DAY, took=took)
    latest = make_old_tick(age=YOUNG)

    prune(TICKS)

    assert left(Tick) == [latest]


def test_a_tick_that_took_long_goes_by_its_end(context: Flask) -> None:
    ended_lately = make_old_tick(took=OLD - YOUNG)
    latest = make_old_tick(age=YOUNG)

    prune(TICKS)

    assert left(Tick) == [ended_lately, latest]


def test_of_each_schedule_the_latest_tick_stays(context: Flask) -> None:
    kept = []
    for schedule in ("first", "second", "third", "fourth"):
        make_old_tick(age=OLD + A_DAY, schedule=schedule)
        kept.append(make_old_tick(schedule=schedule))

    prune(TICKS)

    assert left(Tick) == kept


def test_a_slot_whose_tick_could_go_is_not_launched_again(context: Flask) -> None:
    # Given a slot a week, the last a moment ago, and results that are kept for less than nothing
    make_task()
    tick = ticks.launch_due(numbers())
    assert tick is not None
    draw(tick.id, 1)
    let_time_pass(tick.id, 2)
    ticks.look_after(tick.id)
    assert fresh(tick.id).state == TickState.FINISHED

    list(retention_queries.slices(retention_queries.delete_slice, TICKS, utc_now() + A_DAY))

    assert ticks.launch_due(numbers()) is None


# What must not go


def test_nothing_goes_that_came_since_the_oldest_open_tick_began(task: Task) -> None:
    _before, since = make_results(task, OLD + 2 * A_DAY, OLD)
    slot = utc_now() - OLD - A_DAY
    open_tick = make_tick(TickState.DRAWING, slot, schedule=MANUAL, started_at=slot + timedelta(hours=1)).id
    make_old_tick(age=timedelta())

    prune(RESULTS)
    prune(TICKS)

    assert left(TaskResult) == [since]
    assert open_tick in left(Tick)


def test_nights_begin_at_midnight_utc(context: Flask) -> None:
    assert kept_from() == latest_slot(utc_now(), NIGHT) - timedelta(days=90)
    assert kept_from().strftime("%H:%M %Z") == "00:00 UTC"


# How it goes


def test_one_message_deletes_one_slice_and_comes_back_for_what_is_behind_it(context: Flask, task: Task) -> None:
    ids = make_results(task, *(5 * [OLD]))

    delete_old_rows.function(RESULTS, tick_id=7)

    assert left(TaskResult) == ids[3:]
    assert come_back(context) == [((RESULTS,), {"after": ids[2]})]


def test_the_message_that_finds_nothing_old_does_not_come_back(context: Flask, task: Task) -> None:
    ids = make_results(task, *(3 * [OLD]), *(6 * [YOUNG]))

    delete_old_rows.function(RESULTS, after=ids[2])

    assert len(left(TaskResult)) == 9
    assert come_back(context) == []


def test_a_slice_begins_behind_the_last_and_never_looks_back(task: Task) -> None:
    ids = make_results(task, *(7 * [OLD]))

    assert retention_queries.delete_slice(RESULTS, kept_from(), ids[1]) == Slice(3, ids[4])
    assert retention_queries.count_slice(RESULTS, kept_from(), ids[4]) == Slice(2, ids[6])
    assert retention_queries.count_slice(RESULTS, kept_from(), ids[6]) == Slice(0, ids[6])
    assert left(TaskResult) == [*ids[:2], *ids[5:]]


def test_whoever_writes_results_waits_for_no_deletion_and_is_not_waited_for(postgres_context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    task = make_task()
    make_results(task, *(3 * [OLD]))
    row = {"task_id": task.id, "message_id": uuid4(), "task_params": {}, "result": 0.5, "created_at": utc_now()}
    before = kept_from()
    db.session.commit()
    with db.engine.connect() as writer:
        # Given somebody whose result is not committed yet
        writer.execute(text("SET lock_timeout = '5s'"))
        writer.execute(insert(TaskResult).values(row))

        # When a slice is deleted, and its transaction is still open
        db.session.execute(text("SET LOCAL lock_timeout = '5s'"))
        monkeypatch.setattr(db.session, "commit", lambda: None)
        assert retention_queries.delete_slice(RESULTS, before, 0).old == 3

        # Then the other goes on
        writer.execute(insert(TaskResult).values(row | {"message_id": uuid4()}))
        writer.commit()


def test_deletions_that_meet_do_each_other_no_harm(context: Flask, task: Task) -> None:
    ids = make_results(task, *(30 * [OLD]), YOUNG)

    run_in_threads(context, lambda: prune(RESULTS), times=3)
    prune(RESULTS)

    assert left(TaskResult) == ids[30:]


# When it goes


def test_a_night_deletes_all_that_is_too_old_and_its_tick_is_finished(app: Flask, work_off: Callable[[], None]) -> None:
    with app.app_context():
        ids = make_results(make_task(), *(10 * [OLD]), YOUNG)
        make_failure(OLD)
        for ago in range(3):
            make_old_tick(age=OLD + ago * A_DAY)
        tick = ticks.launch_due(nightly(app))
        assert tick is not None
        assert tick.slot == latest_slot(utc_now(), NIGHT)
        assert fresh(tick.id).published == 3

    work_off()

    with app.app_context():
        let_time_pass(tick.id, 2)
        ticks.look_after(tick.id)
        assert fresh(tick.id).state == TickState.FINISHED
        assert left(TaskResult) == ids[10:]
        assert left(MessageFailure) == []
        assert len(left(Tick)) == 2


def test_a_tick_is_not_finished_while_something_too_old_is_left(context: Flask, task: Task) -> None:
    make_results(task, *(4 * [OLD]))
    tick = ticks.launch_due(nightly(context))
    assert tick is not None
    delete_old_rows.function(RESULTS, tick_id=tick.id)

    let_time_pass(tick.id, 2)
    ticks.look_after(tick.id)

    assert fresh(tick.id).state == TickState.DRAWING


def test_a_night_in_which_nothing_is_too_old_has_no_tick_and_is_not_used_up(context: Flask, task: Task) -> None:
    make_results(task, YOUNG)
    assert ticks.launch_due(nightly(context)) is None

    make_results(task, *(2 * [OLD]))

    assert ticks.launch_due(nightly(context)) is not None
    assert ticks.launch_due(nightly(context)) is None


@pytest.mark.parametrize(
    ("after", "upto", "limit", "keys"),
    [(0, 3, 10, [1, 2, 3]), (0, 3, 2, [1, 2]), (1, 3, 10, [2, 3]), (0, 2, 10, [1, 2]), (1, 2, 10, [2]), (3, 9, 10, [])],
)
def test_the_keys_of_a_night_are_the_tables_that_begin_with_something_old(
    context: Flask, task: Task, after: int, upto: int, limit: int, keys: list[int]
) -> None:
    make_results(task, OLD)
    make_failure(OLD)
    make_old_tick(age=OLD + A_DAY)
    make_old_tick()
    schedule = nightly(context)

    assert schedule.page(after, upto, limit) == keys
    assert schedule.lacking(7, after, upto, limit) == keys


def test_what_is_counted_of_a_night_changes_when_something_is_deleted_and_when_numbers_are_drawn(context: Flask, task: Task) -> None:
    make_results(task, *(4 * [OLD]))
    schedule = nightly(context)
    counted = [schedule.count_outcomes(7)]

    retention_queries.delete_slice(RESULTS, kept_from(), 0)
    counted.append(schedule.count_outcomes(7))
    make_results(task, timedelta())
    counted.append(schedule.count_outcomes(7))

    assert len(set(counted)) == 3


def test_how_long_results_are_kept_is_a_setting(context: Flask, task: Task) -> None:
    make_results(task, *(3 * [timedelta(days=40)]))
    before = retention_queries.kept_from_last_night(30)

    assert retention_queries.old_tables(0, 3, 3, before) == [RESULTS]
    assert retention_queries.old_tables(0, 3, 3, kept_from()) == []
    assert db.session.scalar(select(func.count()).select_from(TaskResult)) == 3
