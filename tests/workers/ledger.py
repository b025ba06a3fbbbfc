"""What the tests of the ledger share: an app's schedule, a look at the queue, outcomes without a worker."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Thread
from typing import Any
from uuid import uuid4

from dramatiq import Message
from flask import Flask, current_app
from sqlalchemy import select, update

from project.database import utc_now
from project.extensions import db
from tasks_app.draws import Draw
from tasks_app.models import TaskResult
from tasks_app.queries import insert_draws
from tasks_app.schedule import NAME
from workers.broker import InProcessBroker, broker_of
from workers.models import Tick
from workers.schedule import Schedule, schedules_of
from workers.slots import latest_slot


def numbers() -> Schedule:
    """The schedule of the numbers in the current app."""
    schedule = schedules_of(current_app).get(NAME)
    assert schedule is not None
    return schedule


def past_slot(ago: int) -> datetime:
    """The slot of the numbers that came so many before the one that is due, whatever the day."""
    interval = numbers().interval
    return latest_slot(utc_now(), interval) - ago * timedelta(seconds=interval)


def queued_keys() -> list[int]:
    """Takes every message out of the queue of numbers; the Tasks they are for, in order."""
    broker = broker_of(current_app)
    assert isinstance(broker, InProcessBroker)
    queue = broker.queues["numbers"]
    return [Message.decode(queue.get_nowait()).args[0] for _ in range(queue.qsize())]


def draw(tick_id: int, *task_ids: int) -> None:
    """Give Tasks their numbers in a tick, as the batch does."""
    insert_draws([Draw(task_id, tick_id, uuid4(), 0.5) for task_id in task_ids])
    db.session.commit()


def draws_per_task(tick_id: int) -> dict[int, int]:
    """How many results each Task has in a tick."""
    return dict(Counter(db.session.scalars(select(TaskResult.task_id).where(TaskResult.tick_id == tick_id))))


def fresh(tick_id: int) -> Tick:
    """The tick as the database has it now."""
    tick = db.session.get(Tick, tick_id, populate_existing=True)
    assert tick is not None
    return tick


def all_ticks() -> list[Tick]:
    """Every tick, oldest first."""
    return list(db.session.scalars(select(Tick).order_by(Tick.id).execution_options(populate_existing=True)))


def let_time_pass(tick_id: int, seconds: float) -> None:
    """Move everything that is known of a tick so many seconds into the past; no lease is left."""
    past = utc_now() - timedelta(seconds=seconds)
    db.session.execute(update(Tick).where(Tick.id == tick_id).values(progress_at=past, lease_until=past))
    db.session.commit()


def set_tick(tick_id: int, **values: Any) -> None:
    """Change a tick's row behind everybody's back."""
    db.session.execute(update(Tick).where(Tick.id == tick_id).values(**values))
    db.session.commit()


def run_in_threads(app: Flask, function: Callable[[], object], times: int) -> None:
    """Call the function in so many threads at once, each with the app's context; raises what any of them raised."""
    faults: list[BaseException] = []

    def call() -> None:
        try:
            with app.app_context():
                function()
        except BaseException as fault:  # noqa: BLE001  # raised again below, in the test's own thread
            faults.append(fault)

    threads = [Thread(target=call) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
