"""The gradebook as clients of a Manytask server know it."""

import json
from datetime import datetime
from typing import Any

from courses import gradebook_queries as queries
from courses.models import Course
from courses.totals import percent_of
from project.database import utc_now

FOR_STAFF = ("first_name", "last_name", "repo_url", "comment")


def as_json(course: Course, *, only: int | None, for_staff: bool) -> str:
    """All students, or one of them, with what they have; what is for staff alone is left out for others."""
    at = utc_now()
    tasks = queries.enabled_assignments(course.id)
    max_score = _max_score(tasks, at)
    head = json.dumps({"tasks": [{"name": task.name, "score": 0, "group": task.group} for task in tasks], "max_score": max_score})
    # The database writes the scores as JSON: to read 100,000 numbers and write them again would take most of the time.
    rows = ", ".join(_row(row, max_score, for_staff=for_staff) for row in queries.students_with_scores(course.id, only))
    return f'{head[:-1]}, "students": [{rows}]}}'


def row_as_json(course: Course, enrolment_id: int) -> str:
    """One student's row, as staff see it."""
    max_score = _max_score(queries.enabled_assignments(course.id), utc_now())
    (row,) = queries.students_with_scores(course.id, enrolment_id)
    return _row(row, max_score, for_staff=True)


def _max_score(tasks: Any, at: datetime) -> int:
    return sum(task.points for task in tasks if task.starts_at <= at and not task.is_bonus)


def _row(row: Any, max_score: int, *, for_staff: bool) -> str:
    shown = {
        "username": row.rms_username,
        "total_score": row.total,
        "percent": percent_of(row.total, max_score),
        "large_count": row.large_count,
        "grade": (row.saved_grade or 0) if row.grade_override is None else row.grade_override,
        "grade_is_override": row.grade_override is not None,
    }
    if for_staff:
        shown |= {name: getattr(row, name) for name in FOR_STAFF}
    return f'{json.dumps(shown)[:-1]}, "scores": {row.scores or "{}"}}}'
