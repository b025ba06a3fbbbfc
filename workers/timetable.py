"""The schedules as they are now: what somebody changed of them is in the database, so that every web process sees it at its next beat."""

from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from workers import schedule_queries, slots
from workers.schedule import Schedule, schedules_of

SHORTEST, LONGEST = 1, 7 * 86400
"""Seconds that an interval may have."""


@dataclass(frozen=True)
class Entry:
    """A schedule with the interval that it has now."""

    schedule: Schedule
    interval: int
    """Seconds."""
    paused_at: datetime | None

    def next_due(self, at: datetime) -> datetime | None:
        """The first slot after `at`; None while it is paused."""
        return None if self.paused_at else slots.next_slot(at, self.interval)


def timetable() -> list[Entry]:
    """Every schedule, in the order of registration."""
    changes = schedule_queries.changes()
    return [
        Entry(schedule, (change and change.interval) or schedule.interval, change.paused_at if change else None)
        for schedule in schedules_of(current_app).all()
        for change in (changes.get(schedule.name),)
    ]


def next_due(at: datetime, name: str | None = None) -> datetime | None:
    """The first slot after `at`, of the schedule of that name or of any; None if nothing is to come."""
    due = [entry.next_due(at) for entry in timetable() if name in (None, entry.schedule.name)]
    return min((instant for instant in due if instant), default=None)


def interval_fault(seconds: object) -> str | None:
    """What is wrong with an interval, or None."""
    if type(seconds) is int and SHORTEST <= seconds <= LONGEST:
        return None
    return f"An interval is a whole number of seconds from {SHORTEST} to {LONGEST}, a week."
