"""What the monitor keeps: minutes, quarters, hours, and a sum that never falls; and what is counted as what."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from dramatiq import Worker
from flask import Flask
from sqlalchemy import select

from project.database import utc_now
from project.extensions import db
from tests.factories import NOON, make_process, make_superuser, make_tasks
from tests.waiting import wait_until
from workers.broker import broker_of
from workers.monitor import history, queries
from workers.monitor.gathering import Amount, Kind, gathering_of
from workers.monitor.models import Outcome, WorkCount, WorkerProcess, WorkerState


def count(messages: int, at: datetime) -> None:
    """Note that so many messages were processed then."""
    queries.add_counts(at, {Kind("numbers", "draw", Outcome.PROCESSED, 2): Amount(messages, 0.1 * messages)})
    db.session.commit()


def test_what_two_workers_did_in_a_minute_is_added_up(context: Flask) -> None:
    for messages in (3, 4):
        queries.add_counts(NOON, {Kind("numbers", "draw", Outcome.PROCESSED, 2): Amount(messages, 0.5)})
    db.session.commit()

    (row,) = db.session.scalars(select(WorkCount)).all()
    assert (row.at, row.messages, row.seconds) == (NOON, 7, 1.0)


def test_minutes_become_quarters_and_hours_and_a_sum_and_nothing_is_lost(context: Flask) -> None:
    at = utc_now().replace(minute=50, second=0, microsecond=0)
    for ago in (timedelta(0), *(timedelta(hours=3, minutes=number) for number in range(15)), timedelta(hours=30), timedelta(hours=31, minutes=1)):
        count(1, at - ago)
    for ago in (timedelta(days=9), timedelta(days=30)):
        count(1, at - ago)

    for _ in range(2):
        history.roll_up(at)

    def amounts(since: datetime, until: datetime) -> list[tuple[int, int]]:
        rows = select(WorkCount.at, WorkCount.messages).where(WorkCount.at > since, WorkCount.at < until).order_by(WorkCount.at)
        return [(row.at.minute, row.messages) for row in db.session.execute(rows)]

    assert amounts(at - timedelta(hours=1), at + timedelta(hours=1)) == [(50, 1)]
    assert amounts(at - timedelta(hours=20), at - timedelta(hours=2)) == [(30, 9), (45, 6)]
    assert amounts(history.FOREVER, at - timedelta(hours=20)) == [(0, 1), (0, 1)]
    assert amounts(history.FOREVER - timedelta(days=1), history.FOREVER + timedelta(days=1)) == [(0, 2)]


def test_slots_have_what_ended_in_them(context: Flask) -> None:
    count(2, utc_now() - timedelta(minutes=10))
    count(3, utc_now() - timedelta(minutes=10))

    queries.add_counts(utc_now(), {Kind("numbers", "draw", Outcome.FAILED, 2): Amount(4)})
    db.session.commit()

    assert list(history.processed_since(utc_now() - timedelta(hours=1), timedelta(minutes=1)).values()) == [{2: 5}]


def test_a_process_that_ended_long_ago_is_forgotten_and_equal_pids_on_two_hosts_stay_two(context: Flask) -> None:
    make_process(WorkerState.STOPPED, heartbeat_at=utc_now() - timedelta(days=8))
    for host in ("stage", "pit"):
        make_process(host=host, pid=7)

    history.roll_up(utc_now())

    assert sorted(db.session.scalars(select(WorkerProcess.host))) == ["pit", "stage"]


def test_a_message_with_a_row_counts_once_that_is_committed_and_one_that_fails_as_failed(
    app: Flask, work: Callable[[], AbstractContextManager[Worker]]
) -> None:
    with app.app_context():
        (task_id,) = make_tasks(1, make_superuser())
        actor = broker_of(app).get_actor("generate_random_number")
        for argument in (task_id, "no id"):
            actor.send(argument)
    counts: dict[Outcome, int] = {}

    def ended() -> int:
        for kind, amount in gathering_of(app).take().items():
            counts[kind.outcome] = counts.get(kind.outcome, 0) + amount.messages
        return sum(counts.values()) - counts.get(Outcome.RETRIED, 0)

    with work():
        wait_until(lambda: ended() == 2)

    assert counts[Outcome.PROCESSED] == counts[Outcome.FAILED] == 1
    assert gathering_of(app).at_work() == []


@pytest.mark.parametrize("state", [WorkerState.STOPPING, WorkerState.STOPPED])
def test_who_ends_is_asked_nothing_more(context: Flask, state: WorkerState) -> None:
    assert not queries.want(make_process(state).id, WorkerState.PAUSED)
