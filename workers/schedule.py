"""Schedules: what features have launched at an interval. A feature registers one; workers know no feature."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask

from workers.actors import Actor, Queue


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """An actor that is called with every key of a feature, once a slot.

    The actor takes `(key, tick_id=…)` and leaves an outcome for each pair, once, however often it is called.
    Keys are positive integers.
    """

    name: str
    title: str
    key_name: str
    """What a key is the number of, for people."""
    actor: Actor[..., Any]
    interval: int
    """Seconds between two slots, unless somebody has changed it: see workers/timetable.py."""
    last_key: Callable[[], int | None]
    """The largest key there is, or None if there is none."""
    page: Callable[[int, int, int], Sequence[int]]
    """`page(after, upto, limit)`: the first `limit` keys in (after, upto], ascending."""
    lacking: Callable[[int, int, int, int], Sequence[int]]
    """`lacking(tick_id, after, upto, limit)`: those of the keys in (after, upto] that have no outcome of the tick."""
    count_outcomes: Callable[[int], int]
    """`count_outcomes(tick_id)`: how many outcomes of the tick there are, or any number that changes while work on it goes on."""


class Schedules:
    """An app's schedules by name."""

    def __init__(self) -> None:
        self._schedules: dict[str, Schedule] = {}

    def add(self, schedule: Schedule) -> None:
        """Register a schedule. Raises ValueError for a name that is taken."""
        if schedule.name in self._schedules:
            raise ValueError(f"there is a schedule {schedule.name} already")
        self._schedules[schedule.name] = schedule

    def all(self) -> list[Schedule]:
        """Every schedule, in the order of registration."""
        return list(self._schedules.values())

    def on_queue(self, queue: Queue) -> list[str]:
        """The names of the schedules whose messages go through a queue."""
        return [schedule.name for schedule in self.all() if schedule.actor.queue == queue]

    def get(self, name: str) -> Schedule | None:
        """The schedule of that name."""
        return self._schedules.get(name)


def stopping_of(app: Flask) -> threading.Event:
    """Set when this process is about to end, so that what takes long stops at the next page."""
    return cast(threading.Event, app.extensions["workers"].stopping)


def schedules_of(app: Flask) -> Schedules:
    """The app's schedules, where features add theirs."""
    return cast(Schedules, app.extensions["workers"].schedules)
