"""A tick is finished when its numbers are there; what is missing is published again, and at last given up."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import uuid4

import pytest
from dramatiq import Worker
from flask import Flask
from sqlalchemy import delete

from project.extensions import db
from tasks_app.models import Task
from tests.factories import make_tasks
from tests.workers.ledger import draw, draws_per_task, fresh, let_time_pass, numbers, queued_keys
from workers import queries, ticks
from workers.broker import InProcessBroker, broker_of
from workers.models import Tick, TickState
from workers.ticks import SILENCE_SECONDS, SILENT_ROUNDS

Work = Callable[[], AbstractContextManager[Worker]]


def launched(number_of_tasks: int) -> tuple[Tick, list[int]]:
    """A tick whose messages are all sent and lost, and its Tasks."""
    task_ids = make_tasks(number_of_tasks)
    tick = ticks.launch_by_hand(numbers())
    look(tick)
    queued_keys()
    return tick, task_ids


def look(tick: Tick, after: float = 2) -> Tick:
    """Look after the tick so many seconds later."""
    let_time_pass(tick.id, after)
    ticks.look_after(tick.id)
    return fresh(tick.id)


def see_it_stand_still(tick: Tick) -> None:
    """Look until what came last is known and nothing new is seen."""
    look(tick)
    look(tick)


def bring_workers_online(app: Flask) -> None:
    """Let the broker say that somebody consumes its queues."""
    broker = broker_of(app)
    assert isinstance(broker, InProcessBroker)
    broker.worked = True


def fail(tick: Tick, task_id: int) -> None:
    """Record that the tick's message for a Task failed for good."""
    values = {"actor": "generate_random_number", "queue": "numbers", "args": {}, "attempts": 1, "error": "ValueError: made so by the test"}
    queries.record_failure(message_id=uuid4(), tick_id=tick.id, key=task_id, **values)
    db.session.commit()


def test_a_tick_whose_messages_are_all_sent_is_not_finished_yet(context: Flask) -> None:
    tick, _ = launched(3)

    assert look(tick).state == TickState.DRAWING


def test_a_tick_is_finished_when_each_task_has_its_number(context: Flask) -> None:
    tick, task_ids = launched(3)
    draw(tick.id, *task_ids)

    tick = look(tick)

    assert (tick.state, tick.verified, tick.reason) == (TickState.FINISHED, 3, None)
    assert tick.duration is not None


def test_the_verified_key_moves_up_to_the_first_number_that_is_missing(context: Flask) -> None:
    tick, task_ids = launched(5)
    draw(tick.id, *task_ids[:2], task_ids[4])

    tick = look(tick)

    assert (tick.verified_key, tick.verified) == (task_ids[1], 2)


def test_a_tick_larger_than_a_chunk_is_verified_chunk_by_chunk(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticks, "CHUNK", 2)
    tick, task_ids = launched(7)
    draw(tick.id, *task_ids)

    assert look(tick).state == TickState.FINISHED


def test_a_task_deleted_while_its_tick_runs_is_not_waited_for(context: Flask) -> None:
    tick, task_ids = launched(3)
    draw(tick.id, task_ids[0], task_ids[2])
    db.session.execute(delete(Task).where(Task.id == task_ids[1]))
    db.session.commit()

    assert look(tick).state == TickState.FINISHED


def test_a_message_that_failed_for_good_counts_as_accounted_for_and_is_said(context: Flask) -> None:
    tick, task_ids = launched(3)
    draw(tick.id, *task_ids[:2])
    fail(tick, task_ids[2])

    tick = look(tick)

    assert (tick.state, tick.failed, tick.reason) == (TickState.FINISHED, 1, "1 failed for good")


def test_what_is_missing_is_published_again_after_a_long_silence(context: Flask) -> None:
    bring_workers_online(context)
    tick, task_ids = launched(4)
    draw(tick.id, task_ids[1])
    see_it_stand_still(tick)

    look(tick, after=SILENCE_SECONDS + 1)

    assert queued_keys() == [task_ids[0], task_ids[2], task_ids[3]]


def test_nothing_is_published_again_before_the_silence_is_long(context: Flask) -> None:
    bring_workers_online(context)
    tick, _ = launched(4)
    see_it_stand_still(tick)

    look(tick, after=SILENCE_SECONDS - 5)

    assert queued_keys() == []


def test_silence_proves_nothing_while_no_worker_is_online(context: Flask) -> None:
    tick, _ = launched(4)
    see_it_stand_still(tick)

    tick = look(tick, after=SILENCE_SECONDS + 1)

    assert (tick.state, tick.silent_rounds, queued_keys()) == (TickState.DRAWING, 0, [])


def test_a_tick_behind_another_in_the_queue_is_not_judged_by_its_silence(context: Flask) -> None:
    # Given two open ticks, of which the older one still gets its numbers
    bring_workers_online(context)
    older, _ = launched(4)
    younger = ticks.launch_by_hand(numbers())
    look(younger)
    queued_keys()
    see_it_stand_still(younger)

    for _ in range(SILENT_ROUNDS + 2):
        younger = look(younger, after=SILENCE_SECONDS + 1)

    assert (younger.state, younger.silent_rounds, queued_keys()) == (TickState.DRAWING, 0, [])
    assert fresh(older.id).state == TickState.DRAWING


def test_numbers_that_come_elsewhere_in_the_tick_break_the_silence(context: Flask) -> None:
    # Given that the first chunk stands still
    bring_workers_online(context)
    tick, task_ids = launched(3)
    see_it_stand_still(tick)
    # And that a number comes which does not change how many are missing where it is looked at
    draw(tick.id, task_ids[1])
    fresh(tick.id).missing = 2
    db.session.commit()

    tick = look(tick, after=SILENCE_SECONDS + 1)

    assert (tick.outcomes, queued_keys()) == (1, [])


def test_after_rounds_that_bring_nothing_the_tick_is_abandoned_with_the_number_missing(context: Flask) -> None:
    bring_workers_online(context)
    tick, task_ids = launched(4)
    draw(tick.id, task_ids[0])
    see_it_stand_still(tick)

    for _ in range(SILENT_ROUNDS):
        assert look(tick, after=SILENCE_SECONDS + 1).state == TickState.DRAWING
    tick = look(tick, after=SILENCE_SECONDS + 1)

    assert (tick.state, tick.reason) == (TickState.ABANDONED, "3 of 4 have no result after 3 further tries")


def test_a_round_that_brings_something_begins_the_count_anew(context: Flask) -> None:
    bring_workers_online(context)
    tick, task_ids = launched(4)
    see_it_stand_still(tick)
    look(tick, after=SILENCE_SECONDS + 1)
    draw(tick.id, task_ids[3])

    assert look(tick).silent_rounds == 0


def test_a_page_that_is_published_twice_draws_each_task_once(context: Flask, work: Work) -> None:
    task_ids = make_tasks(20)
    tick = ticks.launch_by_hand(numbers())
    look(tick)
    queries.publish_again_from_verified()
    look(tick)

    with work():
        broker = broker_of(context)
        assert isinstance(broker, InProcessBroker)
        broker.join("numbers", timeout=20_000)

    assert draws_per_task(tick.id) == dict.fromkeys(task_ids, 1)


def test_open_ticks_are_published_again_when_their_messages_died_with_the_process(context: Flask) -> None:
    tick, task_ids = launched(3)
    draw(tick.id, task_ids[0])
    look(tick)

    assert queries.publish_again_from_verified() == 1
    look(tick)

    assert queued_keys() == task_ids[1:]


@pytest.mark.parametrize(
    ("verified", "counted", "done"),
    [(3, None, 3), (3, 7, 7), (7, 3, 7), (3, 10, 10), (3, 99_999, 3)],
    ids=["uncounted", "more", "fewer", "all", "no count of keys"],
)
def test_progress_believes_what_a_schedule_counts_as_far_as_it_can_be_keys(verified: int, counted: int | None, done: int) -> None:
    assert Tick(published=10, verified=verified, outcomes=counted).done == done
