"""What is plotted of the past, as plain JSON, and what a queue's past says. Pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from workers.monitor.histogram import quantile

SHARES = (0.5, 0.95, 0.99)
ENOUGH_MINUTES = 10
"""How long a queue is watched before anything is said of it."""
MUCH = 100
"""Messages that it must have grown by: a few more or less say nothing."""

Buckets = Mapping[int, int]


@dataclass(frozen=True)
class Period:
    """A stretch of the past, and the slots that it is shown in."""

    name: str
    length: timedelta
    step: timedelta


PERIODS = {
    "1h": Period("1 hour", timedelta(hours=1), timedelta(minutes=1)),
    "24h": Period("24 hours", timedelta(hours=24), timedelta(minutes=15)),
    "7d": Period("7 days", timedelta(days=7), timedelta(hours=3)),
}


def slots_of(period: Period, at: datetime) -> list[datetime]:
    """When each whole slot of the period that ends about `at` began; the last one is the one before the running one."""
    step = period.step.total_seconds()
    last = datetime.fromtimestamp(at.timestamp() // step * step, at.tzinfo)
    count = int(period.length / period.step)
    return [last - period.step * number for number in range(count, 0, -1)]


def plots(slots: Sequence[datetime], done: Mapping[datetime, Buckets], step: timedelta) -> list[dict[str, Any]]:
    """Throughput and durations over the slots; `done` are the messages that were processed in each, by bucket. A duration stands where there was a message."""
    minutes = step.total_seconds() / 60
    throughput = line("Processed a minute", [(at, round(sum(done.get(at, {}).values()) / minutes, 2)) for at in slots])
    durations = [
        line(f"Duration, p{share * 100:g} (seconds)", [(at, round(value, 4)) for at in slots if (value := quantile(done.get(at, {}), share)) is not None])
        for share in SHARES
    ]
    return [throughput, *durations]


def line(title: str, points: Sequence[tuple[datetime, float]]) -> dict[str, Any]:
    """The spec of a line over time, of what is never less than 0."""
    return {"kind": "line", "title": title, "from_zero": True, "labels": [at.isoformat() for at, _ in points], "values": [value for _, value in points]}


def only_grows(waiting: Sequence[int]) -> bool:
    """Whether a queue only grows, by how many messages waited in it at the end of each of the last minutes, the earliest first."""
    long_enough = len(waiting) >= ENOUGH_MINUTES
    return long_enough and all(earlier <= later for earlier, later in pairwise(waiting)) and waiting[-1] - waiting[0] >= MUCH


def rate_in(out: float, waiting: Sequence[int]) -> float:
    """About how many messages a minute came into a queue: what left it, and what it grew by."""
    grown = (waiting[-1] - waiting[0]) / (len(waiting) - 1) if len(waiting) > 1 else 0.0
    return max(0.0, out + grown)
