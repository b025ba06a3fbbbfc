"""What the workers pin to the front page: the state of the site at a glance."""

from typing import Any

from flask import current_app

from project.access import superusers
from project.home import Notice
from workers import alarm_queries, queries
from workers.monitor import queries as monitor
from workers.monitor.queues_admin import broker_state
from workers.schedule import schedules_of
from workers.timetable import next_due


def facts() -> dict[str, Any]:
    """What the workers' overview says in short: what is amiss, who works and what waits; the last tick and the next one, and the newest failure."""
    at = queries.database_time()
    (tick,) = queries.ticks_before(None, 1) or (None,)
    launched = tick and schedules_of(current_app).get(tick.launches)
    online, in_progress = monitor.working()
    seen = monitor.queues()
    return {
        "online": online,
        "in_progress": in_progress,
        "waiting": sum(queue.ready for queue in seen),
        **broker_state(seen, at),
        "tick": tick,
        "launched": launched.title if launched else None,
        "next_due": next_due(at),
        "alarms": alarm_queries.all_lasting(),
        "failure": queries.newest_failure(),
    }


state_notice = Notice(rule=superusers, place=10, template="workers/_notice.html", facts=facts)
