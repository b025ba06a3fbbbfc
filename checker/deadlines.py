"""How much of a task's points a submission keeps, by the time it was handed in. The server's own rule."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """How the share falls between two steps."""

    HARD = "hard"
    INTERPOLATE = "interpolate"


@dataclass(frozen=True)
class Deadline:
    """A group's instants, aware, and the share that counts from each step on."""

    kind: Kind
    start: datetime
    end: datetime
    steps: tuple[tuple[datetime, float], ...] = ()

    def fault(self) -> str | None:
        """What is wrong with the instants or the shares, or None."""
        if self.end <= self.start:
            return f"its end, {self.end:%Y-%m-%d %H:%M}, must come after its start, {self.start:%Y-%m-%d %H:%M} UTC"
        before, more = self.start, 1.0
        for index, (at, share) in enumerate(self.steps):
            if not 0 <= share <= 1:
                return f"steps: {share} must be from 0 to 1"
            if at < before or (index and at == before) or at > self.end:
                return f"steps: {share} ({at:%Y-%m-%d %H:%M} UTC) must come after the step before it and not after the end"
            if share > more:
                return f"steps: {share} comes after {more}: shares may only fall"
            before, more = at, share
        return None


def multiplier(deadline: Deadline, at: datetime) -> float:
    """The share of the points, 0 to 1, that a submission made `at`, an aware instant, keeps.

    A step's own instant already counts the lower share; the end is outside. Before the start nothing counts.
    """
    if not deadline.start <= at < deadline.end:
        return 0.0
    points = [(deadline.start, 1.0), *deadline.steps]
    reached = max(index for index, (instant, _) in enumerate(points) if instant <= at)
    since, share = points[reached]
    if deadline.kind is Kind.HARD or reached + 1 == len(points):
        return share
    until, less = points[reached + 1]
    return share + (less - share) * ((at - since) / (until - since))
