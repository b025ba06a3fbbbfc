"""What of the workers should wake somebody besides that there are none: messages that fail, a tick that stays open, a queue that only grows."""

from datetime import timedelta

from workers import alarm_queries, alarms
from workers.models import AlarmKind
from workers.monitor import queries
from workers.monitor.series import ENOUGH_MINUTES, only_grows
from workers.queries import database_time
from workers.timetable import timetable

Faults = dict[tuple[AlarmKind, str], str | None]
"""By kind and by what it is about: the sentence, or None for what is in order."""

OLD = timedelta(minutes=15)
"""How long a tick may be open in any case; one whose slots are further apart, until the next."""
KINDS = (AlarmKind.FAILED_MESSAGES, AlarmKind.GROWING_QUEUE, AlarmKind.OLD_TICK)


def faults() -> Faults:
    """What is amiss now, and what was and is in order again."""
    at = database_time()
    found: Faults = {(kind, about): None for kind in KINDS for about in alarm_queries.lasting(kind)}
    intervals = {entry.schedule.name: timedelta(seconds=entry.interval) for entry in timetable()}
    for tick in queries.open_ticks():
        if at - tick.started_at > max(OLD, intervals.get(tick.launches, OLD)):
            found[AlarmKind.OLD_TICK, str(tick.id)] = alarms.old(tick)
    for queue, waiting in queries.ready_lately(at, ENOUGH_MINUTES).items():
        if only_grows(waiting):
            found[AlarmKind.GROWING_QUEUE, queue] = alarms.growing(queue, waiting[-1])
    if failed := queries.failed_lately():
        found[AlarmKind.FAILED_MESSAGES, "messages"] = alarms.failed(failed)
    return found
