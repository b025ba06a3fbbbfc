"""How often draws fell where."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

BINS = 12


@dataclass(frozen=True)
class Bin:
    """The draws from `start` up to the next bin's start (the last bin: up to and with its end)."""

    start: float
    end: float
    count: int


def histogram(values: Sequence[float], bins: int = BINS) -> list[Bin]:
    """The finite `values` in bins of equal width, empty for none and one bin where all are equal.

    Halves are subtracted and not the values, whose distance may be beyond the largest float.
    """
    if not values:
        return []
    lowest, highest = min(values), max(values)
    half_width = highest / 2 - lowest / 2
    if half_width == 0:
        return [Bin(lowest, highest, len(values))]
    counts = [0] * bins
    for value in values:
        share = (value / 2 - lowest / 2) / half_width
        counts[min(int(share * bins), bins - 1)] += 1
    # In a range of a few floats the rounding of one edge may put it below the one before.
    edges = list(accumulate((lowest * (1 - i / bins) + highest * (i / bins) for i in range(bins + 1)), max))
    return [Bin(edges[i], edges[i + 1], counts[i]) for i in range(bins)]
