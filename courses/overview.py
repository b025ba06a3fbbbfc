"""What a student sees of a course at a moment: each group with its deadline and tasks, and how the student stands. Rows in, plain values out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from string import Template
from typing import Any
from urllib.parse import quote

from courses.deadlines import Deadline, DeadlineKind, Step, multiplier
from courses.evaluation import extended
from courses.grades import Facts, NextGrade, from_json, grade, next_grade
from courses.models import Assignment, Course, Enrolment, Extension, Group
from courses.statuses import CourseStatus, final_grade
from courses.totals import Totals, Worth, totals


class GroupState(StrEnum):
    """Where a group is in its life."""

    AHEAD = "ahead"
    OPEN = "open"
    OVER = "over"


class TaskState(StrEnum):
    """How far a student is with a task."""

    UNTRIED = "not tried"
    TRIED = "tried"
    PARTIAL = "partial"
    SOLVED = "solved"


@dataclass(frozen=True, slots=True)
class Task:
    """A task as the student sees it; `own` is the student's own deadline, where it is not the group's."""

    id: int
    name: str
    url: str | None
    points: int
    score: int | None
    entries: int
    state: TaskState
    marks: tuple[str, ...]
    own: Deadline | None


@dataclass(frozen=True, slots=True)
class Card:
    """A group as the student sees it; `now` is the share that a submission keeps at this moment."""

    id: int
    name: str
    state: GroupState
    deadline: Deadline
    extended: bool
    now: float
    less: Step | None
    """The next moment from which it keeps less: a step, or the end."""
    tasks: tuple[Task, ...]

    @property
    def is_drawn(self) -> bool:
        """Whether a plot tells more than the steps: where the share changes between them, and may still do."""
        return self.deadline.kind is DeadlineKind.INTERPOLATE and bool(self.deadline.steps) and self.state is not GroupState.OVER

    @property
    def earned(self) -> int:
        """The points that the student has in the group."""
        return sum(task.score or 0 for task in self.tasks)

    @property
    def points(self) -> int:
        """The points that can be had in the group without bonus."""
        return sum(task.points for task in self.tasks if "bonus" not in task.marks)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a student stands in a course; without formulas there is no grade."""

    totals: Totals
    grade: int | None
    overridden: bool
    next: NextGrade | None


def deadline_of(group: Group, kind: DeadlineKind) -> Deadline:
    """The deadline of a group."""
    return Deadline(group.starts_at, group.ends_at, tuple(Step(datetime.fromisoformat(at), share) for share, at in group.steps), kind)


@dataclass(frozen=True, slots=True)
class Records:
    """What is known of a course and of one student in it; scores and numbers of entries by assignment."""

    course: Course
    groups: Sequence[Group]
    assignments: Sequence[Assignment]
    username: str = ""
    scores: Mapping[int, int] = field(default_factory=dict)
    entries: Mapping[int, int] = field(default_factory=dict)
    extensions: Sequence[Extension] = ()

    def name_of(self, extension: Extension) -> str:
        """What an extension is for: the name of a group or of an assignment."""
        things = self.assignments if extension.group_id is None else self.groups
        return next((thing.name for thing in things if thing.id in (extension.group_id, extension.assignment_id)), "")


def cards(records: Records, at: datetime, *, ahead: bool = False) -> list[Card]:
    """The groups that are enabled and have started, those that started last first; with `ahead`, those that have not started too."""
    found = [_card(records, group, at) for group in records.groups if group.enabled and (ahead or group.starts_at <= at)]
    return sorted(found, key=lambda card: card.deadline.start, reverse=True)


def _card(records: Records, group: Group, at: datetime) -> Card:
    whole = deadline_of(group, DeadlineKind(records.course.deadline_kind))
    of_group = [extension for extension in records.extensions if extension.group_id == group.id]
    mine = extended(whole, of_group)
    tasks = []
    for assignment in records.assignments:
        if assignment.group_id == group.id and assignment.enabled:
            of_task = [extension for extension in records.extensions if extension.assignment_id == assignment.id]
            tasks.append(_task(records, group, assignment, extended(whole, of_group + of_task) if of_task else None))
    return Card(group.id, group.name, _state(mine, at), mine, bool(of_group), multiplier(mine, at), less_from(mine, at), tuple(tasks))


def less_from(deadline: Deadline, at: datetime) -> Step | None:
    """The next step of a deadline, or its end, at which a submission keeps less than it does at that moment."""
    now = multiplier(deadline, at)
    return next((step for step in (*deadline.points, Step(deadline.end, 0.0)) if step.at > at and step.share < now), None)


def standing(records: Records, enrolment: Enrolment, at: datetime) -> Standing:
    """A student's totals and grade at a moment, and what is missing to the next grade."""
    course, names = records.course, {assignment.id: assignment.name for assignment in records.assignments}
    scores = {names[assignment_id]: score for assignment_id, score in records.scores.items() if assignment_id in names}
    sums = totals(_worths(records, at), scores)
    formulas = from_json(course.grade_formulas or {})
    if not formulas and enrolment.grade_override is None:
        return Standing(sums, None, False, None)
    facts = Facts(sums.percent, sums.total_score, sums.large_count, scores)
    status = CourseStatus(course.status)
    final = final_grade(status, enrolment.saved_grade, grade(formulas, facts), enrolment.grade_override)
    settled = enrolment.grade_override is not None or status is CourseStatus.FINISHED
    return Standing(sums, final, enrolment.grade_override is not None, None if settled else next_grade(formulas, facts, final))


def _worths(records: Records, at: datetime) -> list[Worth]:
    groups = {group.id: group for group in records.groups}
    return [
        Worth(
            name=assignment.name,
            points=assignment.points,
            min_score=assignment.min_score,
            is_bonus=assignment.is_bonus,
            is_large=assignment.is_large,
            enabled=assignment.enabled and groups[assignment.group_id].enabled,
            started=groups[assignment.group_id].starts_at <= at,
        )
        for assignment in records.assignments
    ]


def task_url(course: Course, group: Group, assignment: Assignment, username: str) -> str | None:
    """Where a task is described: at an address of its own, or at the one that the course's template makes."""
    if assignment.url:
        return web_address(assignment.url)
    names = {"GROUP_NAME": group.name, "TASK_NAME": assignment.name, "USER_NAME": username}
    return web_address(Template(course.task_url_template).safe_substitute({name: quote(value) for name, value in names.items()}))


def web_address(url: str) -> str | None:
    """The address, if it is one that a link may lead to: a page's, and no script."""
    return url if url.lower().startswith(("http://", "https://")) else None


def links_of(course: Course) -> dict[str, str]:
    """The course's links by title, as far as they lead to pages."""
    return {title: address for title, link in course.links.items() if (address := web_address(str(link)))}


def plot(card: Card, at: datetime, zone: str, samples: int = 60) -> dict[str, Any]:
    """The multiplier of a group over time, in percent, with this moment marked; after the last step it only stays, so that is cut short."""
    deadline = card.deadline
    last = deadline.points[-1].at
    end = min(deadline.end, max(last + (last - deadline.start) / 10, at + (last - deadline.start) / 20))
    step = (end - deadline.start) / samples
    instants = [deadline.start + step * number for number in range(samples + 1)]
    spec = {
        "kind": "line",
        "zone": zone,
        "title": f"What a submission keeps: {card.name}",
        "labels": [instant.isoformat(timespec="seconds") for instant in instants],
        "values": [round(100 * multiplier(deadline, instant), 2) for instant in instants],
    }
    return spec | {"mark": {"at": (at - deadline.start) / step, "text": "now"}} if step and deadline.start <= at <= end else spec


def _task(records: Records, group: Group, assignment: Assignment, own: Deadline | None) -> Task:
    flags = {"bonus": assignment.is_bonus, "large": assignment.is_large, "special": assignment.is_special}
    score = records.scores.get(assignment.id)
    return Task(
        id=assignment.id,
        name=assignment.name,
        url=task_url(records.course, group, assignment, records.username),
        points=assignment.points,
        score=score,
        entries=records.entries.get(assignment.id, 0),
        state=task_state(assignment.points, score),
        marks=tuple(mark for mark, on in flags.items() if on),
        own=own,
    )


def task_state(points: int, score: int | None) -> TaskState:
    """How far a student with that score is; no score is none that was ever reported."""
    if score is None:
        return TaskState.UNTRIED
    if score >= points:
        return TaskState.SOLVED
    return TaskState.PARTIAL if score > 0 else TaskState.TRIED


def _state(deadline: Deadline, at: datetime) -> GroupState:
    if at < deadline.start:
        return GroupState.AHEAD
    return GroupState.OPEN if at < deadline.end else GroupState.OVER
