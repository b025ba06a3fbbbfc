"""Whether somebody works the queues in which work waits: an alarm when nobody does for long, and its end."""

import logging

from flask import current_app

from workers import alarm_queries, alarms, queries
from workers.broker import BrokerUnreachable, broker_of
from workers.models import AlarmKind
from workers.schedule import schedules_of

log = logging.getLogger(__name__)

STEADY_SECONDS = 60.0
"""How long a queue must be without a worker before that is an alarm, and with one before the alarm ends."""


class Watch:
    """One process's view of the queues. Several may look: the table of alarms keeps one row for what all of them see."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, bool], float] = {}
        """Since when each queue that is watched has been without a fault, or with one."""

    def look(self, at: float) -> None:
        """See how the queues are, at a reading of a clock in seconds that is never set back; begin or end alarms for what has been steady."""
        faults = faults_of_queues()
        self._since = {view: self._since.get(view, at) for view in ((queue, fault is None) for queue, fault in faults.items())}
        for (queue, sound), since in self._since.items():
            if at - since < STEADY_SECONDS:
                continue
            if (fault := faults[queue]) and alarm_queries.begin(AlarmKind.NO_WORKER, queue, fault, lasted=at - since):
                log.error("alarm: %s", fault)
            elif sound and alarm_queries.end(AlarmKind.NO_WORKER, queue):
                log.info("the alarm is over: the queue %s has a worker again", queue)


def faults_of_queues() -> dict[str, str | None]:
    """What keeps each queue with an open tick, or with an alarm that lasts, from being worked; None for one that is."""
    schedules = [schedules_of(current_app).get(name) for name in queries.open_launches()]
    queues = {str(schedule.actor.queue) for schedule in schedules if schedule} | alarm_queries.lasting(AlarmKind.NO_WORKER)
    broker = broker_of(current_app)
    try:
        return {queue: None if broker.worker_online(queue) else alarms.no_worker(queue) for queue in queues}
    except BrokerUnreachable:
        return {queue: alarms.unreachable(queue) for queue in queues}
