"""An alarm is recorded with the event itself, once, whoever notices it; and what it says."""

from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from project.database import utc_now
from project.extensions import db
from tests.factories import NOON, make_task, make_tick
from tests.workers.ledger import all_ticks, fresh, let_time_pass, numbers, past_slot, run_in_threads, set_tick
from workers import alarms, queries, ticks
from workers.models import Alarm, AlarmKind, Tick, TickState


def recorded() -> list[tuple[str, str]]:
    """The kinds of all alarms and what they are about, oldest first."""
    return [(alarm.kind, alarm.about) for alarm in db.session.scalars(select(Alarm).order_by(Alarm.id))]


def rename(table: str, new_name: str) -> None:
    """Rename a table of the current app's database."""
    db.session.connection().exec_driver_sql(f"ALTER TABLE {table} RENAME TO {new_name}")
    db.session.commit()


@pytest.fixture
def three_open_ticks(context: Flask) -> None:
    """As many open ticks as may be."""
    make_task()
    for ago in (1, 2, 3):
        make_tick(TickState.DRAWING, past_slot(ago))


@pytest.fixture
def lost_tick(context: Flask) -> Tick:
    """An open tick whose schedule nobody has known for long."""
    return make_tick(TickState.PUBLISHING, slot=utc_now() - timedelta(seconds=ticks.UNKNOWN_SECONDS + 1), launches="former")


def test_a_skipped_slot_is_one_alarm_however_many_try_to_launch_it(context: Flask, three_open_ticks: None) -> None:
    run_in_threads(context, lambda: ticks.launch_due(numbers()), times=4)

    assert recorded() == [(AlarmKind.SKIPPED_SLOT, str(all_ticks()[-1].id))]


def test_a_launched_slot_is_no_alarm(context: Flask) -> None:
    make_task()

    ticks.launch_due(numbers())

    assert recorded() == []


def test_a_slot_whose_alarm_cannot_be_recorded_is_not_skipped_either(context: Flask, three_open_ticks: None) -> None:
    rename("alarms", "elsewhere")

    with pytest.raises(SQLAlchemyError):
        ticks.launch_due(numbers())

    db.session.rollback()
    assert len(all_ticks()) == 3
    rename("elsewhere", "alarms")


def test_a_tick_that_nobody_knows_any_more_is_an_alarm_when_it_is_abandoned(lost_tick: Tick) -> None:
    ticks.look_after(lost_tick.id)

    assert recorded() == [(AlarmKind.ABANDONED_TICK, str(lost_tick.id))]


def test_a_tick_whose_messages_bring_nothing_is_an_alarm_when_it_is_abandoned(context: Flask) -> None:
    # Given a worker that takes messages and leaves nothing, and a tick that has been published again as often as it may be
    context.extensions["workers"].broker.worked = True
    make_task()
    tick = ticks.launch_by_hand(numbers())
    ticks.look_after(tick.id)
    set_tick(tick.id, missing=1, outcomes=0, silent_rounds=ticks.SILENT_ROUNDS)
    let_time_pass(tick.id, ticks.SILENCE_SECONDS + 1)

    ticks.look_after(tick.id)

    assert recorded() == [(AlarmKind.ABANDONED_TICK, str(tick.id))]


def test_whoever_lost_the_lease_neither_abandons_a_tick_nor_raises_an_alarm(lost_tick: Tick) -> None:
    assert queries.lease(lost_tick.id, "rival")

    assert not queries.abandon(lost_tick, "mine", "a reason")

    assert (fresh(lost_tick.id).state, recorded()) == (TickState.PUBLISHING, [])


def test_a_tick_whose_alarm_cannot_be_recorded_is_not_abandoned_either(context: Flask, lost_tick: Tick) -> None:
    rename("alarms", "elsewhere")

    with pytest.raises(SQLAlchemyError):
        ticks.look_after(lost_tick.id)

    db.session.rollback()
    assert fresh(lost_tick.id).state == TickState.PUBLISHING
    rename("elsewhere", "alarms")


def test_an_alarm_says_which_tick_when_and_why() -> None:
    tick = Tick(id=7, schedule="manual", launches="numbers", slot=NOON, reason="3 of 4 have no result")

    assert alarms.abandoned(tick) == ("Tick 7 of numbers (2026-11-21 12:00:00 UTC) was given up: 3 of 4 have no result. The workers' log may say why.")


@pytest.mark.parametrize(
    ("kind", "ended_at", "text"),
    [
        (AlarmKind.NO_WORKER, None, "Callboard: It hurts."),
        (AlarmKind.NO_WORKER, NOON + timedelta(hours=1), "Callboard, resolved: It hurts."),
        (AlarmKind.SKIPPED_SLOT, NOON, "Callboard: It hurts."),
        (AlarmKind.ABANDONED_TICK, NOON, "Callboard: It hurts."),
    ],
)
def test_the_end_of_what_lasted_is_told_as_resolved(kind: AlarmKind, ended_at: object, text: str) -> None:
    body = alarms.body(Alarm(id=1, kind=kind, text="It hurts.", began_at=NOON, ended_at=ended_at))

    assert body["text"] == text


def test_a_body_holds_what_a_machine_needs() -> None:
    body = alarms.body(Alarm(id=3, kind=AlarmKind.NO_WORKER, text="It hurts.", began_at=NOON))

    assert body == {"id": 3, "kind": "no worker", "text": "Callboard: It hurts.", "began_at": "2026-11-21T12:00:00+00:00", "ended_at": None}


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 10), (2, 20), (3, 40), (7, 640), (8, 900), (100, 900)])
def test_the_pause_doubles_up_to_a_quarter_of_an_hour(attempts: int, seconds: float) -> None:
    assert alarms.pause_after(attempts) == seconds


@given(st.integers(1, 1000))
def test_no_pause_is_shorter_than_the_one_before(attempts: int) -> None:
    assert alarms.pause_after(attempts) <= alarms.pause_after(attempts + 1) <= alarms.LONGEST_PAUSE
