"""What a config says, once it is read: plain values, all instants in UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from courses.deadlines import DeadlineKind, Step
from courses.grades import Formulas
from courses.statuses import CourseStatus


@dataclass(frozen=True, slots=True)
class TaskConfig:
    """An assignment: `points` is what the file calls its score."""

    name: str
    points: int
    enabled: bool = True
    min_score: int = 0
    special: int = 0
    is_bonus: bool = False
    is_large: bool = False
    is_special: bool = False
    url: str | None = None


@dataclass(frozen=True, slots=True)
class GroupConfig:
    """A group of assignments that share a deadline."""

    name: str
    start: datetime
    end: datetime
    steps: Sequence[Step] = ()
    enabled: bool = True
    tasks: Sequence[TaskConfig] = ()


@dataclass(frozen=True, slots=True)
class CourseConfig:
    """A course; its groups and their tasks in the order of the file, their names unique. A `status` of None says nothing about it."""

    task_url_template: str
    timezone: str
    groups: Sequence[GroupConfig] = ()
    status: CourseStatus | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    kind: DeadlineKind = DeadlineKind.HARD
    max_submissions: int | None = None
    submission_penalty: float = 0.0
    window: int | None = None
    grades: Formulas = field(default_factory=dict)
    settings: object = None
    mr_review: object = None
