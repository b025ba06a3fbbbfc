"""No worker for a minute is an alarm, and a worker for a minute ends it; what comes and goes wakes nobody each time."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from project.database import utc_now
from project.extensions import db
from tests.apps import close, make_app
from tests.factories import make_tick
from tests.place import free_port
from tests.workers.ledger import run_in_threads, set_tick
from workers import alarm_queries
from workers.broker import InProcessBroker, broker_of
from workers.models import Alarm, AlarmKind, Tick, TickState
from workers.watch import STEADY_SECONDS, Watch

LONG = STEADY_SECONDS


def all_alarms() -> list[Alarm]:
    """Every alarm, oldest first."""
    return list(db.session.scalars(select(Alarm).order_by(Alarm.id).execution_options(populate_existing=True)))


def lasting() -> list[bool]:
    """For each alarm, oldest first, whether it lasts."""
    return [alarm.ended_at is None for alarm in all_alarms()]


@pytest.fixture
def broker(context: Flask) -> InProcessBroker:
    """The app's broker, which no worker works."""
    broker = broker_of(context)
    assert isinstance(broker, InProcessBroker)
    return broker


@pytest.fixture
def tick(context: Flask) -> Tick:
    """An open tick of the numbers."""
    return make_tick(TickState.DRAWING, started_at=utc_now())


@pytest.fixture
def alarmed(broker: InProcessBroker, tick: Tick) -> Watch:
    """A watch that at 0 has begun an alarm."""
    watch = Watch()
    watch.look(-LONG)
    watch.look(0)
    assert lasting() == [True]
    return watch


def test_no_worker_for_a_minute_is_an_alarm_that_began_when_the_worker_was_missed_first(broker: InProcessBroker, tick: Tick) -> None:
    watch = Watch()
    for at in (0, 10, LONG):
        watch.look(at)

    (alarm,) = all_alarms()
    assert (alarm.kind, alarm.about, alarm.ended_at) == (AlarmKind.NO_WORKER, "numbers", None)
    assert timedelta(seconds=LONG) <= utc_now() - alarm.began_at < timedelta(seconds=2 * LONG)


def test_less_than_a_minute_without_a_worker_is_none(broker: InProcessBroker, tick: Tick) -> None:
    watch = Watch()
    watch.look(0)
    watch.look(LONG - 0.1)

    assert all_alarms() == []


def test_without_an_open_tick_nobody_needs_a_worker(broker: InProcessBroker) -> None:
    watch = Watch()
    watch.look(0)
    watch.look(LONG)

    assert all_alarms() == []


def test_a_tick_of_a_schedule_that_only_a_newer_release_knows_needs_none_here(broker: InProcessBroker) -> None:
    make_tick(TickState.DRAWING, launches="of_the_next_release", started_at=utc_now())
    watch = Watch()
    watch.look(0)
    watch.look(LONG)

    assert all_alarms() == []


def test_a_worker_that_was_seen_in_between_begins_the_minute_anew(broker: InProcessBroker, tick: Tick) -> None:
    watch = Watch()
    watch.look(0)
    broker.worked = True
    watch.look(LONG - 10)
    broker.worked = False
    watch.look(LONG)
    watch.look(2 * LONG - 1)

    assert all_alarms() == []


def test_the_alarm_is_one_however_long_it_lasts_and_however_many_notice_it(context: Flask, alarmed: Watch) -> None:
    def another_process() -> None:
        watch = Watch()
        for at in (0, LONG, 2 * LONG):
            watch.look(at)

    run_in_threads(context, another_process, times=4)
    alarmed.look(1000)

    assert lasting() == [True]


def test_processes_that_notice_at_once_begin_one_alarm(context: Flask, broker: InProcessBroker, tick: Tick) -> None:
    def process() -> None:
        watch = Watch()
        watch.look(0)
        watch.look(LONG)

    run_in_threads(context, process, times=4)

    assert lasting() == [True]


def test_the_alarm_ends_when_a_worker_has_been_there_for_a_minute(broker: InProcessBroker, alarmed: Watch) -> None:
    broker.worked = True
    alarmed.look(10)
    alarmed.look(10 + LONG - 1)
    assert lasting() == [True]

    alarmed.look(10 + LONG)

    assert lasting() == [False]


def test_a_worker_that_comes_and_goes_does_not_end_it(broker: InProcessBroker, alarmed: Watch) -> None:
    for at in range(10, 610, 20):
        broker.worked = True
        alarmed.look(at)
        broker.worked = False
        alarmed.look(at + 10)

    assert lasting() == [True]


def test_the_end_of_the_tick_alone_does_not_end_it(broker: InProcessBroker, tick: Tick, alarmed: Watch) -> None:
    set_tick(tick.id, state=TickState.FINISHED)

    alarmed.look(10)
    alarmed.look(10 + LONG)

    assert lasting() == [True]


def test_the_alarm_ends_with_a_worker_that_finished_the_tick_at_once(broker: InProcessBroker, tick: Tick, alarmed: Watch) -> None:
    broker.worked = True
    set_tick(tick.id, state=TickState.FINISHED)

    alarmed.look(10)
    alarmed.look(10 + LONG)

    assert lasting() == [False]


def test_another_process_ends_what_this_one_began(broker: InProcessBroker, alarmed: Watch) -> None:
    broker.worked = True
    other = Watch()
    other.look(0)
    other.look(LONG)

    assert lasting() == [False]


@pytest.fixture
def ended(broker: InProcessBroker, alarmed: Watch) -> Watch:
    """A watch that has just ended its alarm, and sees that the worker is missing again."""
    broker.worked = True
    alarmed.look(0)
    alarmed.look(LONG)
    broker.worked = False
    alarmed.look(100)
    assert lasting() == [False]
    return alarmed


def test_what_has_just_ended_does_not_begin_again_at_once(ended: Watch) -> None:
    ended.look(100 + LONG)

    assert lasting() == [False]


def test_what_ended_a_while_ago_begins_again(ended: Watch) -> None:
    past = utc_now() - timedelta(seconds=alarm_queries.QUIET_SECONDS + 1)
    db.session.execute(update(Alarm).values(ended_at=past))
    db.session.commit()

    ended.look(100 + LONG)

    assert lasting() == [False, True]


@pytest.fixture
def cut_off(sqlite_url: str) -> Iterator[Flask]:
    """An app whose RabbitMQ can't be reached, in its context, with an open tick."""
    app = make_app(sqlite_url, broker_url=f"amqp://guest:guest@127.0.0.1:{free_port()}/")
    with app.app_context():
        make_tick(TickState.DRAWING, started_at=utc_now())
        yield app
    close(app)


def test_a_rabbitmq_that_cannot_be_reached_is_the_same_alarm_in_other_words(cut_off: Flask) -> None:
    watch = Watch()
    watch.look(0)
    watch.look(LONG)

    (alarm,) = all_alarms()
    assert alarm.kind == AlarmKind.NO_WORKER
    assert "RabbitMQ can't be reached" in alarm.text
