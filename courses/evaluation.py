"""From rows to rules: an assignment's deadline for one student, and entries of a history as `scoring.fold` takes them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from courses.deadlines import Deadline, DeadlineKind, Step
from courses.scoring import Entry, EntryKind, Limits, parse_score
from courses.totals import Worth


class Extra(Protocol):
    """More time, as an Extension has it."""

    @property
    def extra(self) -> timedelta | None:
        """By how much each step and the end come later."""

    @property
    def ends_at(self) -> datetime | None:
        """An end of the student's own."""


class Terms(NamedTuple):
    """What the points of an assignment depend on; part of `Assignment`, `Group` and `Course`."""

    assignment_id: int
    task: str
    points: int
    group_id: int
    starts_at: datetime
    ends_at: datetime
    steps: list[tuple[float, str]]
    deadline_kind: str
    enforce_limits: bool
    max_submissions: int | None
    submission_penalty: float

    @property
    def limits(self) -> Limits:
        """How often a student may submit; no limit where the course does not enforce its own."""
        return Limits(self.max_submissions, self.submission_penalty) if self.enforce_limits else Limits()

    @property
    def deadline(self) -> Deadline:
        """When work counts, without extensions."""
        steps = tuple(Step(datetime.fromisoformat(at), share) for share, at in self.steps)
        return Deadline(self.starts_at, self.ends_at, steps, DeadlineKind(self.deadline_kind))


class Happened(NamedTuple):
    """What happened in a history; part of `Submission`."""

    kind: str
    raw: str | None
    check_deadline: bool
    allow_reduction: bool
    submitted_at: datetime


class Counting(NamedTuple):
    """An enabled assignment as totals see it."""

    name: str
    points: int
    min_score: int
    is_bonus: bool
    is_large: bool
    starts_at: datetime

    def worth(self, at: datetime) -> Worth:
        """What it adds to the totals at that moment."""
        return Worth(self.name, self.points, self.min_score, self.is_bonus, self.is_large, started=self.starts_at <= at)


def happened(row: Any) -> Happened:
    """The first part of a row of a history."""
    return Happened(row[0], row[1], row[2], row[3], row[4])


def extended(deadline: Deadline, extensions: Iterable[Extra]) -> Deadline:
    """The deadline of somebody with these extensions: of several the most generous one of either kind."""
    extensions = list(extensions)
    by = max((each.extra for each in extensions if each.extra is not None), default=timedelta())
    until = max((each.ends_at for each in extensions if each.ends_at is not None), default=None)
    return deadline.extended(by=by, until=until) if extensions else deadline


def entry_of(happened: Happened, points: int) -> Entry:
    """The entry; what was reported means what it means for an assignment worth `points` now."""
    kind = EntryKind(happened.kind)
    says_none = kind is EntryKind.UNDO or (kind is EntryKind.EDIT and happened.raw is None)
    score = None if says_none else parse_score(happened.raw, points)
    return Entry(kind, score, happened.submitted_at, happened.check_deadline, happened.allow_reduction)
