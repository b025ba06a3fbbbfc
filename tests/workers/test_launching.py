"""A slot is launched once, whoever tries, and never early, late or again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from project.database import utc_now
from tests.factories import make_task, make_tasks, make_tick
from tests.workers.ledger import all_ticks, fresh, numbers, past_slot, queued_keys, run_in_threads, set_tick
from workers import queries, ticks
from workers.broker import Page, broker_of
from workers.models import MANUAL, TickState


def test_a_due_slot_is_published_with_one_message_for_each_task(context: Flask) -> None:
    task_ids = make_tasks(3)

    tick = ticks.launch_due(numbers())

    assert tick is not None
    assert queued_keys() == task_ids
    assert (fresh(tick.id).state, fresh(tick.id).published) == (TickState.DRAWING, 3)


def test_the_slot_is_the_scheduled_instant_and_not_the_time_of_the_launch(context: Flask) -> None:
    make_task()

    tick = ticks.launch_due(numbers())

    assert tick is not None
    assert tick.slot.timestamp() % numbers().interval == 0
    assert tick.slot <= tick.started_at < tick.slot + timedelta(seconds=numbers().interval)


def test_a_slot_is_launched_only_once(context: Flask) -> None:
    make_task()
    ticks.launch_due(numbers())

    assert ticks.launch_due(numbers()) is None


def test_of_many_launchers_at_once_one_wins_and_each_task_gets_one_message(context: Flask) -> None:
    task_ids = make_tasks(250)

    run_in_threads(context, lambda: ticks.launch_due(numbers()), times=4)

    assert len(all_ticks()) == 1
    assert queued_keys() == task_ids


def test_without_tasks_no_slot_is_used_up(context: Flask) -> None:
    assert ticks.launch_due(numbers()) is None

    make_task()

    assert ticks.launch_due(numbers()) is not None


def test_a_schedule_whose_slot_is_taken_is_not_asked_what_it_would_launch(context: Flask) -> None:
    make_task()
    ticks.launch_due(numbers())
    asked: list[int] = []

    ticks.launch_due(replace(numbers(), last_key=lambda: asked.append(1)))

    assert asked == []


def test_slots_missed_while_everything_was_down_are_not_replayed(context: Flask) -> None:
    make_task()
    make_tick(slot=past_slot(2))

    ticks.launch_due(numbers())
    ticks.launch_due(numbers())

    assert len(all_ticks()) == 2


def test_a_slot_older_than_the_newest_is_never_due(context: Flask) -> None:
    # Given an interval that has grown: the newest slot is not a multiple of the present one
    make_task()
    make_tick(slot=utc_now())

    assert ticks.launch_due(numbers()) is None


def test_a_slot_in_the_future_that_some_wrong_clock_made_holds_nothing_up(context: Flask) -> None:
    make_task()
    make_tick(slot=utc_now() + timedelta(days=1000))

    assert ticks.launch_due(numbers()) is not None


@pytest.fixture
def three_open_ticks(context: Flask) -> None:
    """As many open ticks as may be."""
    make_task()
    for ago in (1, 2, 3):
        make_tick(TickState.DRAWING, past_slot(ago))


def test_a_slot_beyond_the_open_ones_is_recorded_as_skipped_with_its_reason(context: Flask, three_open_ticks: None) -> None:
    tick = ticks.launch_due(numbers())

    assert tick is not None
    assert (tick.state, tick.reason) == (TickState.SKIPPED, "3 earlier ticks were still open")
    assert queued_keys() == []


def test_a_skipped_slot_is_not_open(context: Flask, three_open_ticks: None) -> None:
    tick = ticks.launch_due(numbers())

    assert tick is not None
    assert tick.id not in queries.open_ticks()


def test_ticks_launched_by_hand_do_not_count_as_open(context: Flask) -> None:
    make_task()
    for _ in range(5):
        ticks.launch_by_hand(numbers())

    tick = ticks.launch_due(numbers())

    assert tick is not None
    assert tick.state == TickState.DRAWING


def test_a_tick_launched_by_hand_waits_for_whoever_serves_the_site(context: Flask) -> None:
    make_task()

    tick = ticks.launch_by_hand(numbers())

    assert (tick.schedule, tick.launches, tick.state) == (MANUAL, numbers().name, TickState.PUBLISHING)
    assert queued_keys() == []


def test_a_tick_launched_by_hand_is_published_at_the_next_beat(context: Flask) -> None:
    task_ids = make_tasks(2)
    tick = ticks.launch_by_hand(numbers())

    ticks.look_after(tick.id)

    assert queued_keys() == task_ids


def test_tasks_made_after_the_launch_wait_for_the_next_tick(context: Flask) -> None:
    task_ids = make_tasks(2)
    tick = ticks.launch_by_hand(numbers())
    make_task()

    ticks.look_after(tick.id)

    assert queued_keys() == task_ids


def test_a_leased_tick_is_left_alone(context: Flask) -> None:
    make_task()
    tick = ticks.launch_by_hand(numbers())
    assert queries.lease(tick.id, "somebody")

    ticks.look_after(tick.id)

    assert queued_keys() == []


def test_a_tick_whose_launcher_fell_silent_is_taken_over_where_it_stopped(context: Flask) -> None:
    # Given a launcher that died after its first page
    task_ids = make_tasks(5)
    tick = ticks.launch_by_hand(numbers())
    assert queries.lease(tick.id, "dead")
    set_tick(tick.id, published_key=task_ids[2], published=3, lease_until=utc_now() - timedelta(seconds=1))

    ticks.look_after(tick.id)

    assert queued_keys() == task_ids[3:]
    assert fresh(tick.id).published == 5


def test_a_launcher_that_lost_its_lease_publishes_no_further_page(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given pages of two, and a rival who takes the lease while the first page goes out
    monkeypatch.setattr(ticks, "PAGE", 2)
    task_ids = make_tasks(6)
    tick = ticks.launch_by_hand(numbers())
    broker = broker_of(context)
    publish = broker.enqueue_page

    def publish_and_lose(messages: Page) -> None:
        publish(messages)
        set_tick(tick.id, lease_token="rival")

    monkeypatch.setattr(broker, "enqueue_page", publish_and_lose)

    ticks.look_after(tick.id)

    assert queued_keys() == task_ids[:2]
    assert (fresh(tick.id).lease_token, fresh(tick.id).published) == ("rival", 0)


def test_a_process_that_is_stopping_lets_go_of_its_tick(context: Flask) -> None:
    make_tasks(3)
    tick = ticks.launch_by_hand(numbers())
    context.extensions["workers"].stopping.set()

    ticks.look_after(tick.id)

    assert queued_keys() == []
    assert fresh(tick.id).lease_token is None


def test_a_tick_of_a_schedule_that_only_a_newer_release_knows_is_left_to_it(context: Flask) -> None:
    tick = make_tick(TickState.PUBLISHING, slot=utc_now(), launches="of_the_next_release")

    ticks.look_after(tick.id)

    assert fresh(tick.id).state == TickState.PUBLISHING


def test_a_tick_whose_schedule_nobody_has_known_for_long_is_abandoned_and_says_so(context: Flask) -> None:
    tick = make_tick(TickState.PUBLISHING, slot=utc_now() - timedelta(seconds=ticks.UNKNOWN_SECONDS + 1), launches="former")

    ticks.look_after(tick.id)

    assert (fresh(tick.id).state, fresh(tick.id).reason) == (TickState.ABANDONED, "nothing is called former any more")
