"""What the monitor keeps: minutes, hours, and a sum that never falls; and what is counted as what."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from dramatiq import Worker
from flask import Flask
from sqlalchemy import func, select

from project.database import utc_now
from project.extensions import db
from tests.factories import NOON, make_process, make_superuser, make_tasks
from tests.waiting import wait_until
from workers.broker import broker_of
from workers.monitor import history, queries
from workers.monitor.gathering import Amount, Kind, gathering_of
from workers.monitor.models import Outcome, WorkCount, WorkerProcess, WorkerState


def count(messages: int, *, ago: timedelta) -> None:
    """Note that so many messages were processed."""
    queries.add_counts(utc_now() - ago, {Kind("numbers", "draw", Outcome.PROCESSED, 2): Amount(messages, 0.1 * messages)})
    db.session.commit()


def test_what_two_workers_did_in_a_minute_is_added_up(context: Flask) -> None:
    for messages in (3, 4):
        queries.add_counts(NOON, {Kind("numbers", "draw", Outcome.PROCESSED, 2): Amount(messages, 0.5)})
    db.session.commit()

    (row,) = db.session.scalars(select(WorkCount)).all()
    assert (row.at, row.messages, row.seconds) == (NOON, 7, 1.0)


def test_minutes_become_hours_and_hours_a_sum_and_nothing_is_lost(context: Flask) -> None:
    for ago in (timedelta(0), timedelta(hours=30), timedelta(hours=30, minutes=1), timedelta(days=9), timedelta(days=30)):
        count(1, ago=ago)

    for _ in range(2):
        history.roll_up(utc_now())

    assert db.session.scalar(select(func.sum(WorkCount.messages))) == 5
    assert db.session.scalar(select(WorkCount.messages).where(WorkCount.at == history.FOREVER)) == 2
    hours = db.session.scalars(select(WorkCount.at).where(WorkCount.at > history.FOREVER, WorkCount.at < utc_now() - timedelta(hours=20))).all()
    assert {at.minute for at in hours} == {0}


def test_slots_have_what_ended_in_them(context: Flask) -> None:
    count(2, ago=timedelta(minutes=10))
    count(3, ago=timedelta(minutes=10))

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
        wait_until(lambda: ended() == 2, within=30)

    assert counts[Outcome.PROCESSED] == counts[Outcome.FAILED] == 1
    assert gathering_of(app).at_work() == []


@pytest.mark.parametrize("state", [WorkerState.STOPPING, WorkerState.STOPPED])
def test_who_ends_is_asked_nothing_more(context: Flask, state: WorkerState) -> None:
    assert not queries.want(make_process(state).id, WorkerState.PAUSED)
