"""What the workers pin to the front page: the state of the site at a glance."""

from typing import Any

from flask import current_app

from project.access import superusers
from project.home import Notice
from workers import alarm_queries, queries
from workers.schedule import schedules_of
from workers.timetable import next_due


def facts() -> dict[str, Any]:
    """The last tick and the next one of any schedule that has something to do, the alarms that last, and the newest failure."""
    at = queries.database_time()
    (tick,) = queries.ticks_before(None, 1) or (None,)
    launched = tick and schedules_of(current_app).get(tick.launches)
    return {
        "tick": tick,
        "launched": launched.title if launched else None,
        "next_due": next_due(at),
        "alarms": alarm_queries.all_lasting(),
        "failure": queries.newest_failure(),
    }


state_notice = Notice(rule=superusers, place=10, template="workers/_notice.html", facts=facts)
