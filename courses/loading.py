"""Loading a `.manytask.yml`: all of it or none, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from courses import config_queries as queries
from courses.config.changes import Change, changes
from courses.config.model import CourseConfig
from courses.config.reader import read_config
from courses.faults import ApiFault
from courses.models import Assignment, Course, Group
from courses.recomputing import Moved, recompute
from courses.statuses import CourseStatus
from project import audit
from project.database import utc_now
from project.extensions import db

FEW = 50
"""So many people are recomputed at once; more are a worker's."""


@dataclass(frozen=True)
class Loaded:
    """What a config changed: the course, and whose totals; None where a worker works that out."""

    changes: Sequence[Change]
    moved: Sequence[Moved] | None


def load(course_id: int, data: bytes, *, preview: bool = False) -> Loaded:
    """Load the config; the caller commits, and then calls `send_or_leave` if `moved` is None.

    A preview recomputes everybody, and is rolled back by the caller. Raises ConfigFaults, and ApiFault for a course that is finished (409) or gone (404).
    """
    config = read_config(data)
    course = queries.lock_course(course_id)
    if course is None:
        raise ApiFault(404, "The course is not there any more.")
    if not CourseStatus(course.status).takes_configs:
        raise finished(course)
    found = changes(read_config(course.config.encode()) if course.config else None, config)
    _put(course, config)
    at = utc_now()
    course.config, course.config_loaded_at = data.decode(), at
    audit.record("course.config_loaded", ("course", course.id), changes=len(found))
    db.session.flush()
    if preview or queries.count_people(course.id) <= FEW:
        return Loaded(found, recompute(course, at))
    course.outdated_since = at
    return Loaded(found, None)


def finished(course: Course) -> ApiFault:
    """409: nothing counts any more."""
    return ApiFault(409, f'The course "{course.name}" is finished.', "a teacher can set another status on the course's page.")


def _put(course: Course, config: CourseConfig) -> None:
    course.status = CourseStatus(course.status).after_config(config.status)
    course.timezone, course.deadline_kind = config.timezone, config.kind
    course.task_url_template, course.links = config.task_url_template, dict(config.links)
    course.max_submissions, course.submission_penalty = config.max_submissions, config.submission_penalty
    course.grade_formulas = {str(grade): [dict(way) for way in ways] for grade, ways in config.grades.items()} or None
    groups = queries.put(Group, _groups(course.id, config))
    queries.put(Assignment, _assignments(course.id, config, groups))
    queries.disable_all_but(Group, course.id, groups)
    queries.disable_all_but(Assignment, course.id, [task.name for group in config.groups for task in group.tasks])


def _groups(course_id: int, config: CourseConfig) -> list[dict[str, Any]]:
    return [
        {
            "course_id": course_id,
            "name": group.name,
            "position": position,
            "enabled": group.enabled,
            "starts_at": group.start,
            "ends_at": group.end,
            "steps": [(step.share, step.at.isoformat()) for step in group.steps],
        }
        for position, group in enumerate(config.groups)
    ]


def _assignments(course_id: int, config: CourseConfig, groups: dict[str, int]) -> list[dict[str, Any]]:
    tasks = [(groups[group.name], task) for group in config.groups for task in group.tasks]
    return [
        {
            "course_id": course_id,
            "group_id": group_id,
            "name": task.name,
            "position": position,
            "points": task.points,
            "enabled": task.enabled,
            "is_bonus": task.is_bonus,
            "is_large": task.is_large,
            "is_special": task.is_special,
            "min_score": task.min_score,
            "special": task.special,
            "url": task.url,
        }
        for position, (group_id, task) in enumerate(tasks)
    ]
