"""How much of an assignment's points a submission keeps, by the time it was handed in."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class DeadlineKind(StrEnum):
    """How the share gets from one step to the next: at once, or little by little."""

    HARD = "hard"
    INTERPOLATE = "interpolate"


@dataclass(frozen=True, slots=True)
class Step:
    """From the instant `at` on, a submission keeps the `share` of its points, 0 to 1."""

    at: datetime
    share: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", _in_utc(self.at))


@dataclass(frozen=True, slots=True)
class Deadline:
    """When work counts, and how much: all of it at `start`, the share of each step from that step on, nothing from `end` on.

    All instants are aware, and kept in UTC; the steps rise in time and fall in share.
    """

    start: datetime
    end: datetime
    steps: Sequence[Step] = ()
    kind: DeadlineKind = DeadlineKind.HARD

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", _in_utc(self.start))
        object.__setattr__(self, "end", _in_utc(self.end))

    @property
    def points(self) -> tuple[Step, ...]:
        """The start, worth everything, and the steps after it."""
        return (Step(self.start, 1.0), *self.steps)

    def extended(self, *, by: timedelta = timedelta(), until: datetime | None = None) -> "Deadline":
        """The deadline of somebody who has extra time, an own end, or both.

        Extra time (`by`, not negative) moves the steps and the end, so that each share can be had for longer. An own end (`until`) moves the end
        alone, so that the last share can be; one before the end changes nothing, for an extension never takes time away.
        """
        if by < timedelta():
            raise ValueError(f"extra time of {by} is negative")
        end = self.end + by
        return replace(self, steps=tuple(Step(step.at + by, step.share) for step in self.steps), end=end if until is None else max(end, until))


def multiplier(deadline: Deadline, at: datetime) -> float:
    """The share of the points, 0 to 1, that a submission made `at` keeps.

    A step's own instant already counts the lower share; `deadline.end` is outside.
    Source: courses-contract, "Multiplier".
    """
    if not deadline.start <= at < deadline.end:
        return 0.0
    points = deadline.points
    ahead = bisect_right(points, at, key=lambda point: point.at)
    reached = points[ahead - 1]
    if deadline.kind is DeadlineKind.HARD or ahead == len(points):
        return reached.share
    target = points[ahead]
    return reached.share + (target.share - reached.share) * ((at - reached.at) / (target.at - reached.at))


def _in_utc(at: datetime) -> datetime:
    """The instant in UTC: Python compares and subtracts two of one other zone by what its clocks show, an hour off when they change."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return at if at.tzinfo is UTC else at.astimezone(UTC)
