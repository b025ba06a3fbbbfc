"""Courses and what is in them, made where a test needs them; each function commits and gives the row back."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from courses.models import (
    Assignment,
    BatchState,
    ChangeKind,
    ConfigDraft,
    Course,
    CourseToken,
    Enrolment,
    Extension,
    Group,
    ReportBatch,
    Role,
    RowChange,
    Scope,
    Score,
    Submission,
)
from courses.scoring import EntryKind
from project.extensions import Model, db
from project.tokens import digest

COURSE_CONFIG = """version: 1
ui: {task_url_template: "https://git.example/$GROUP_NAME/$TASK_NAME"}
deadlines:
  timezone: Europe/Moscow
  schedule:
  - {group: Open, start: 2025-09-07 10:00, end: 2100-01-01 00:00, tasks: [{task: product, score: 10}]}
"""
FAULT = {"line": 1, "error": "Unknown task."}
CHANGE = {"kind": "points", "thing": "task", "name": "product", "field": "points", "before": "10", "after": "20"}
MOVED = {"rms_username": "student", "before": 5, "after": 9, "grade_before": 2, "grade_after": 5}
Row = TypeVar("Row", bound=Model)
SECRET = "an-enrolment-secret"
_numbers = count(1)


def make_course(name: str | None = None, **values: Any) -> Course:
    """A course that runs, in Moscow's time, which anybody with SECRET gets into."""
    name = name or f"course-{next(_numbers)}"
    usual = {"title": name, "status": "in_progress", "timezone": "Europe/Moscow", "enrolment_secret_hash": digest(SECRET)}
    usual["task_url_template"] = "https://git.example/$GROUP_NAME/$TASK_NAME"
    return _added(Course(**{**usual, "name": name, **values}))


def make_group(course: Course, name: str | None = None, **values: Any) -> Group:
    """A group that began yesterday and ends in ten days, with one step in three days."""
    number, at = next(_numbers), datetime.now(UTC)
    usual = {"starts_at": at - timedelta(days=1), "ends_at": at + timedelta(days=10), "steps": [(0.5, (at + timedelta(days=3)).isoformat())]}
    return _added(Group(**{**usual, "course_id": course.id, "name": name or f"group {number}", "position": number, **values}))


def make_assignment(group: Group, name: str | None = None, points: int = 10, **values: Any) -> Assignment:
    """A task of the group."""
    number = next(_numbers)
    usual = {"course_id": group.course_id, "group_id": group.id, "name": name or f"task {number}", "position": number, "points": points}
    return _added(Assignment(**{**usual, **values}))


def make_enrolment(course: Course, account_id: int | None = None, **values: Any) -> Enrolment:
    """A student of the course."""
    usual = {"course_id": course.id, "account_id": account_id, "role": Role.STUDENT, "rms_username": f"student{next(_numbers)}"}
    return _added(Enrolment(**{**usual, **values}))


def make_entry(enrolment: Enrolment, assignment: Assignment, points: int = 5, **values: Any) -> Submission:
    """A report in a student's history, and the score that comes of it."""
    at = datetime.now(UTC)
    usual = {"kind": EntryKind.REPORT, "raw": str(points), "check_deadline": True, "allow_reduction": False, "submitted_at": at, "arrived_at": at}
    outcome = {"attempt": 1, "multiplier": 1.0, "earned": points, "score": points, "counted": True, "why": f"In time: {points} points."}
    db.session.merge(Score(enrolment_id=enrolment.id, assignment_id=assignment.id, value=points, updated_at=at))
    return _added(Submission(**{**usual, **outcome, "enrolment_id": enrolment.id, "assignment_id": assignment.id, **values}))


def make_extension(enrolment: Enrolment, **values: Any) -> Extension:
    """More time for a student; `values` say for what and how much."""
    return _added(Extension(enrolment_id=enrolment.id, **values))


def make_shown_course(student_id: int) -> Course:
    """A course with everything that a student's page shows, in which the student has points, a history and extensions."""
    at = datetime.now(UTC)
    course = make_course("shown", title="Shown", deadline_kind="interpolate", links={"Forum": "https://forum.example"})
    course.grade_formulas = {"5": [{"percent": 90, "large_count": 1}, {"scores/sum": 10}], "2": [{"": 0}]}
    student = make_enrolment(course, student_id, rms_username="student")
    over = make_group(course, "Over", starts_at=at - timedelta(days=9), ends_at=at - timedelta(days=1), steps=[])
    make_group(course, "Ahead", starts_at=at + timedelta(days=1))
    open_now = make_group(course, "Open")
    tasks = [make_assignment(over, "sum"), make_assignment(open_now, "product", is_large=True, min_score=5), make_assignment(open_now, "more", is_bonus=True)]
    make_entry(student, tasks[0], commit="0123456789abcdef")
    make_entry(student, tasks[1], 0, counted=False, why="Not counted: handed in after the end.")
    make_extension(student, group_id=open_now.id, extra=timedelta(days=2), reason="Was ill.")
    make_extension(student, assignment_id=tasks[1].id, ends_at=at + timedelta(days=20))
    _added(CourseToken(course_id=course.id, name="CI", scope=Scope.REPORT, token_hash=digest("a token of CI")))
    make_entry(student, tasks[0], 7, kind=EntryKind.EDIT, attempt=None, why="A teacher set the score to 7.", reason="The tests were too strict.")
    _added(RowChange(enrolment_id=student.id, kind=ChangeKind.COMMENT, before="Was ill", after="Was ill in May", at=at))
    _added(ReportBatch(course_id=course.id, state=BatchState.FAILED, lines=[{"task": "sum"}], total=1, reason="Nobody knows.", faults=[FAULT]))
    make_enrolment(course, rms_username="unbound", rms_id="4711", first_name="Una", last_name="Bound")
    _added(ConfigDraft(course_id=course.id, text=COURSE_CONFIG, sha256=digest(COURSE_CONFIG), based_on=digest(COURSE_CONFIG), changes=[CHANGE], moved=[MOVED]))
    course.config, course.config_loaded_at = COURSE_CONFIG, at
    db.session.commit()
    return course


def _added(row: Row) -> Row:
    db.session.add(row)
    db.session.commit()
    return row
