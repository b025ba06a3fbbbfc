"""Whether somebody works the queues in which work waits, and whatever else should wake somebody: an alarm when it lasts, and its end."""

import logging

from flask import current_app

from workers import alarm_queries, alarms, queries
from workers.broker import BrokerUnreachable, broker_of
from workers.models import AlarmKind
from workers.monitor import troubles
from workers.schedule import schedules_of

log = logging.getLogger(__name__)

STEADY_SECONDS = 60.0
"""How long a queue must be without a worker before that is an alarm, and with one before the alarm ends."""


class Watch:
    """One process's view. Several may look: the table of alarms keeps one row for what all of them see."""

    def __init__(self) -> None:
        self._since: dict[tuple[tuple[AlarmKind, str], bool], float] = {}
        """Since when each thing that is watched has been without a fault, or with one."""

    def look(self, at: float) -> None:
        """See how things are, at a reading of a clock in seconds that is never set back; begin or end alarms for what has been steady."""
        faults = troubles.faults() | {(AlarmKind.NO_WORKER, queue): fault for queue, fault in faults_of_queues().items()}
        self._since = {view: self._since.get(view, at) for view in ((about, fault is None) for about, fault in faults.items())}
        for (about, sound), since in self._since.items():
            if at - since < STEADY_SECONDS:
                continue
            if (fault := faults[about]) and alarm_queries.begin(*about, fault, lasted=at - since):
                log.error("alarm: %s", fault)
            elif sound and alarm_queries.end(*about):
                log.info("the alarm is over: %s, %s", *about)


def faults_of_queues() -> dict[str, str | None]:
    """What keeps each queue with an open tick, or with an alarm that lasts, from being worked; None for one that is."""
    schedules = [schedules_of(current_app).get(name) for name in queries.open_launches()]
    queues = {str(schedule.actor.queue) for schedule in schedules if schedule} | alarm_queries.lasting(AlarmKind.NO_WORKER)
    broker = broker_of(current_app)
    try:
        return {queue: None if broker.worker_online(queue) else alarms.no_worker(queue) for queue in queues}
    except BrokerUnreachable:
        return {queue: alarms.unreachable(queue) for queue in queues}
