"""How long messages took, in buckets: what is added up over processes and minutes, and still gives percentiles. Pure functions."""

from bisect import bisect_left
from collections.abc import Mapping

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
"""Seconds. A message is in the bucket of the first bound that it does not exceed, the last bucket has no bound. Rows name buckets by number: only append."""


def bucket_of(seconds: float) -> int:
    """The number of the bucket, from 0 to `len(BOUNDS)`."""
    return bisect_left(BOUNDS, seconds)


def quantile(buckets: Mapping[int, int], share: float) -> float | None:
    """Seconds within which a share, 0 to 1, of the messages were done; None where there were none.

    Inside a bucket messages are taken as spread evenly, as Prometheus does. What lies beyond the last bound counts as that bound.
    """
    rank = share * sum(buckets.values())
    below = 0
    for number, messages in sorted(buckets.items()):
        if messages and below + messages >= rank:
            lower = BOUNDS[number - 1] if number else 0.0
            upper = BOUNDS[min(number, len(BOUNDS) - 1)]
            return lower + (upper - lower) * (rank - below) / messages
        below += messages
    return None
