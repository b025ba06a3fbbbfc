"""How scores are spread, and how submissions are spread over time: pure, for plots."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

MOST_BARS = 21
WIDTHS = tuple(timedelta(hours=hours) for hours in (1, 3, 6, 12, 24, 7 * 24, 30 * 24, 365 * 24))
MOST_POINTS = 120


def of_scores(scores: Sequence[int], points: int) -> tuple[list[str], list[int]]:
    """How many have how much, from 0 (or the least) to the points of the task (or the most): by single points where they are few, else in equal steps.

    A step is called "10 … 19"; its ends belong to it.
    """
    if not scores:
        return [], []
    least, most = min(0, *scores), max(points, *scores)
    width = -(-(most - least + 1) // MOST_BARS)
    edges = range(least, most + width + 1, width)
    amounts = [0] * (len(edges) - 1)
    for score in scores:
        amounts[(score - least) // width] += 1
    return [str(low) if width == 1 else f"{low} … {high - 1}" for low, high in pairwise(edges)], amounts


def over_time(instants: Sequence[datetime]) -> tuple[list[datetime], list[int]]:
    """When each of equal stretches of time begins, as short as leaves a readable plot, and how many of these instants, which are in order, fall into it."""
    if not instants:
        return [], []
    span = instants[-1] - instants[0]
    width = next((width for width in WIDTHS if span / width < MOST_POINTS - 1), WIDTHS[-1])
    first = instants[0].replace(minute=0, second=0, microsecond=0)
    amounts = [0] * ((instants[-1] - first) // width + 1)
    for instant in instants:
        amounts[(instant - first) // width] += 1
    return [first + width * number for number in range(len(amounts))], amounts
