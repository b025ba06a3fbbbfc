"""The life of a tick: claimed, published page by page, verified chunk by chunk, finished or abandoned.

Any process may take up any tick at any point; what it must know is in the tick's row. Every step
is safe to do twice: publishing a page again brings the same outcomes, which have one place each.
"""

import logging
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import takewhile
from typing import Any

from dramatiq import Message
from flask import current_app

from project.database import now
from project.extensions import settings_of
from workers import queries, schedule_queries
from workers.broker import BrokerUnreachable, broker_of
from workers.models import Tick, TickState
from workers.schedule import Schedule, schedules_of, stopping_of

log = logging.getLogger(__name__)

PAGE = 1000
"""Keys whose messages are published between two looks at the lease."""
CHUNK = 5000
"""Keys whose outcomes are looked for at once."""
SILENCE_SECONDS = 30.0
"""How long nothing new may come before what is missing is published again."""
SILENT_ROUNDS = 3
"""How many such rounds may bring nothing, while a worker is online, before the tick is abandoned."""

UNKNOWN_SECONDS = 600.0
"""How long a tick may wait for a process that knows its schedule: a deployment takes less."""
LOOK_SECONDS, TROUBLE_SECONDS = 0.5, 5.0
"""How long a tick is left alone after a look at it, and after the broker could not be reached for it."""


def message_id(tick_id: int, key: int) -> str:
    """The id of the one message that a tick has for a key, the same whenever it is published again: a UUID of version 8 (RFC 9562, 5.8) that holds both."""
    tick, of_key = f"{tick_id:015x}", f"{1 << 63 | key:016x}"
    return f"{tick[:8]}-{tick[8:12]}-8{tick[12:]}-{of_key[:4]}-{of_key[4:]}"


def launch_due(schedule: Schedule) -> Tick | None:
    """Claim the schedule's latest slot, if it is due, and publish its tick; None if another has it or there is nothing to do."""
    interval = schedule_queries.interval_of(schedule.name) or schedule.interval
    if not queries.is_due(schedule.name, interval):
        return None
    last_key = schedule.last_key()
    if last_key is None:
        return None
    token = str(uuid.uuid4())
    most_open = settings_of(current_app).max_unfinished_ticks
    tick = queries.claim_slot(schedule.name, interval=interval, last_key=last_key, token=token, most_open=most_open)
    if tick is None:
        return None
    if tick.state == TickState.SKIPPED:
        log.warning("tick %d: slot %s of %s is skipped: %s", tick.id, tick.slot.isoformat(), schedule.name, tick.reason)
        return tick
    log.info("tick %d: slot %s of %s begins", tick.id, tick.slot.isoformat(), schedule.name)
    carry_on(tick, token)
    return tick


def launch_by_hand(schedule: Schedule) -> Tick:
    """A tick outside the schedule, due at once: whoever serves the site publishes it within a beat or two."""
    tick = queries.add_manual_tick(schedule.name, schedule.last_key() or 0)
    log.info("tick %d: launched by hand, %s", tick.id, schedule.name)
    return tick


def look_after(tick_id: int) -> None:
    """Take an open tick one step further, unless somebody else is at it."""
    token = str(uuid.uuid4())
    if tick := queries.lease(tick_id, token):
        carry_on(tick, token)


def carry_on(tick: Tick, token: str) -> None:
    """Publish and verify a tick whose lease `token` holds as far as that goes now, and let go of it."""
    schedule = schedules_of(current_app).get(tick.launches)
    if schedule is None:
        _wait_for_its_schedule(tick, token)
        return
    try:
        if tick.state == TickState.PUBLISHING and not _publish(tick, token, schedule):
            return
        if not _verify(tick, token, schedule):
            return
    except BrokerUnreachable as fault:
        log.warning("tick %d waits for the broker: %s", tick.id, fault)
        queries.release(tick, token, seconds=TROUBLE_SECONDS)
        return
    queries.release(tick, token, seconds=LOOK_SECONDS)


def _wait_for_its_schedule(tick: Tick, token: str) -> None:
    """Leave a tick alone whose schedule this process does not know: a newer release may. Abandon it when that took too long."""
    if not queries.silent_for(tick, UNKNOWN_SECONDS):
        queries.release(tick, token, seconds=TROUBLE_SECONDS)
        return
    _abandon(tick, token, f"nothing is called {tick.launches} any more")


def _publish(tick: Tick, token: str, schedule: Schedule) -> bool:
    """Publish what is left of the tick; False if the lease was lost on the way, or let go of for a process that is stopping."""
    with closing(broker_of(current_app).enqueue_pages(_pages(tick, schedule))) as confirmed_pages:
        for page in confirmed_pages:
            drawing = len(page) < PAGE
            held = queries.change(
                tick,
                token,
                published_key=tick.last_key if drawing else page[-1].args[0],
                published=tick.published + len(page),
                state=TickState.DRAWING if drawing else TickState.PUBLISHING,
                progress_at=now(),
            )
            if not held:
                return False
    if tick.state == TickState.PUBLISHING:
        queries.release(tick, token, seconds=0)
        return False
    return True


def _pages(tick: Tick, schedule: Schedule) -> Iterator[list[Message[Any]]]:
    """The messages that are left of the tick; the last page is not full. Ends before that in a process that is to stop."""
    after, last_key = tick.published_key, tick.last_key
    while not stopping_of(current_app).is_set():
        keys = schedule.page(after, last_key, PAGE)
        yield _messages(tick.id, schedule, keys)
        if len(keys) < PAGE:
            return
        after = keys[-1]


def _messages(tick_id: int, schedule: Schedule, keys: Sequence[int]) -> list[Message[Any]]:
    actor = schedule.actor
    return [Message(actor.queue, actor.name, (key,), {"tick_id": tick_id}, {}, message_id=message_id(tick_id, key)) for key in keys]


def _verify(tick: Tick, token: str, schedule: Schedule) -> bool:
    """Move the tick's verified key over all that has its outcome; False if the lease was lost or the tick ended."""
    while keys := schedule.page(tick.verified_key, tick.last_key, CHUNK):
        missing = _missing(tick, schedule, tick.verified_key, keys[-1], CHUNK)
        done = [key for key in keys if key < missing[0]] if missing else keys
        if not done and len(missing) == tick.missing:
            return _stands_still(tick, token, schedule)
        verified_key = done[-1] if done else tick.verified_key
        progress = {"verified_key": verified_key, "verified": tick.verified + len(done), "missing": len(missing), "outcomes": None, "progress_at": now()}
        if not queries.change(tick, token, **progress, silent_rounds=0):
            return False
        if missing:
            return True
    failed = queries.count_failed(tick.id)
    reason = f"{failed} failed for good" if failed else None
    if queries.change(tick, token, state=TickState.FINISHED, finished_at=now(), failed=failed, reason=reason):
        log.info("tick %d: finished, %d of %d in %s", tick.id, tick.verified - failed, tick.published, tick.duration)
    return False


def _missing(tick: Tick, schedule: Schedule, after: int, upto: int, limit: int) -> list[int]:
    """The first keys in (after, upto] that have neither an outcome nor a recorded failure."""
    lacking = schedule.lacking(tick.id, after, upto, limit)
    failed = queries.failed_keys(tick.id, lacking)
    return [key for key in lacking if key not in failed]


def _stands_still(tick: Tick, token: str, schedule: Schedule) -> bool:
    """Nothing new where the tick was looked at: after a long silence publish what is missing again, at last give up.

    False if the lease was lost or the tick ended.
    """
    if tick.outcomes is None:
        return queries.change(tick, token, outcomes=schedule.count_outcomes(tick.id))
    if queries.has_older_open(tick, schedules_of(current_app).on_queue(schedule.actor.queue)):
        # Its messages stand behind the older tick's in the queue, so its own silence says nothing yet.
        return queries.change(tick, token, progress_at=now())
    if not queries.silent_for(tick, SILENCE_SECONDS):
        return True
    outcomes = schedule.count_outcomes(tick.id)
    if outcomes != tick.outcomes:
        # Others of its keys came meanwhile: the queue moves, and what is missing may still be in it.
        return queries.change(tick, token, outcomes=outcomes, progress_at=now(), silent_rounds=0)
    if not broker_of(current_app).worker_online(schedule.actor.queue):
        return queries.change(tick, token, progress_at=now())
    if tick.silent_rounds >= SILENT_ROUNDS:
        _abandon(tick, token, f"{_count_missing(tick, schedule)} of {tick.published} have no result after {SILENT_ROUNDS} further tries")
        return False
    log.warning("tick %d: nothing new for %g s; what is missing is published again, round %d", tick.id, SILENCE_SECONDS, tick.silent_rounds + 1)
    if not _publish_missing(tick, token, schedule):
        return False
    return queries.change(tick, token, silent_rounds=tick.silent_rounds + 1, progress_at=now())


def _publish_missing(tick: Tick, token: str, schedule: Schedule) -> bool:
    """Publish every key without an outcome again, page by page, unless the process is to stop; False if the lease was lost on the way."""
    missing = (keys[first : first + PAGE] for keys in _all_missing(tick, schedule) for first in range(0, len(keys), PAGE))
    until_stopped = takewhile(lambda _keys: not stopping_of(current_app).is_set(), missing)
    pages = (_messages(tick.id, schedule, keys) for keys in until_stopped)
    with closing(broker_of(current_app).enqueue_pages(pages)) as confirmed_pages:
        return all(queries.change(tick, token) for _ in confirmed_pages)


def _count_missing(tick: Tick, schedule: Schedule) -> int:
    return sum(len(missing) for missing in _all_missing(tick, schedule))


def _all_missing(tick: Tick, schedule: Schedule) -> Iterator[list[int]]:
    """Every key with neither an outcome nor a recorded failure, a chunk of the tick's keys at a time: to ask for more at once would read all outcomes."""
    after = tick.verified_key
    while keys := schedule.page(after, tick.last_key, CHUNK):
        yield _missing(tick, schedule, after, keys[-1], CHUNK)
        after = keys[-1]


def _abandon(tick: Tick, token: str, reason: str) -> None:
    if queries.abandon(tick, token, reason):
        log.error("tick %d: abandoned: %s", tick.id, reason)
