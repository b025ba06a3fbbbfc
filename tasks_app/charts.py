"""What is drawn of a Task's numbers: a line over time, and a histogram. Plain data; the page's script draws it."""

from collections.abc import Sequence
from typing import Any

from tasks_app.histogram import histogram
from tasks_app.models import TaskResult


def line_over_time(results: Sequence[TaskResult]) -> dict[str, Any]:
    """The numbers in the order they were drawn; `results` come newest first."""
    oldest_first = results[::-1]
    return {
        "kind": "line",
        "title": "Numbers over time",
        "labels": [result.created_at.isoformat(timespec="seconds") for result in oldest_first],
        "values": [result.result for result in oldest_first],
    }


def spread(results: Sequence[TaskResult]) -> dict[str, Any]:
    """How many numbers fell where."""
    bins = histogram([result.result for result in results])
    return {
        "kind": "histogram",
        "title": "How often each range was hit",
        "labels": [f"{b.start:.4g} … {b.end:.4g}" for b in bins],
        "values": [b.count for b in bins],
    }
