"""What a student has in a course altogether: points, percent, and how many large tasks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Worth:
    """What an assignment adds to the totals. Enabled means itself and its group; started means that its group has begun."""

    name: str
    points: int
    min_score: int = 0
    is_bonus: bool = False
    is_large: bool = False
    enabled: bool = True
    started: bool = True


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of a student: `percent` is of `max_score`, to one decimal, and may be above 100 by bonus."""

    max_score: int
    total_score: int
    percent: float
    large_count: int


def totals(assignments: Iterable[Worth], scores: Mapping[str, int]) -> Totals:
    """The totals of a student with these `scores` by assignment; those of unknown and of disabled assignments do not count.

    A score in a group that has not started counts, its points are not asked for yet. A large task that was never tried has 0, which is enough where
    its `min_score` is 0. Source: courses-contract, "Totals".
    """
    enabled = [assignment for assignment in assignments if assignment.enabled]
    started = [assignment for assignment in enabled if assignment.started]
    max_score = sum(assignment.points for assignment in started if not assignment.is_bonus)
    total_score = sum(scores.get(assignment.name, 0) for assignment in enabled)
    return Totals(
        max_score,
        total_score,
        percent_of(total_score, max_score),
        sum(assignment.is_large and scores.get(assignment.name, 0) >= assignment.min_score for assignment in started),
    )


def percent_of(total_score: int, max_score: int) -> float:
    """How many percent of the most that can be had, to one decimal; 0.0 while nothing can be."""
    return round(100 * total_score / max_score, 1) if max_score else 0.0
