"""Loading a `.manytask.yml`: all of it or none, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from courses import config_queries as queries
from courses.config.changes import Change, changes
from courses.config.model import CourseConfig
from courses.config.reader import read_config
from courses.faults import ApiFault, demand_unarchived
from courses.models import Assignment, Course, Group
from courses.recomputing import Moved, foresee, recompute
from courses.statuses import CourseStatus
from project import audit
from project.database import utc_now
from project.extensions import db

FEW = 50
"""So many people are recomputed at once; more are a worker's."""


@dataclass(frozen=True)
class Loaded:
    """What a config changes: the course, and who moves; None where a worker works that out."""

    changes: Sequence[Change]
    moved: Sequence[Moved] | None


def load(course_id: int, data: bytes) -> Loaded:
    """Load the config; the caller commits, and then calls `send_or_leave` if `moved` is None, for then it is not in effect yet.

    Raises ConfigFaults, and ApiFault for a course that is finished or archived (409) or gone (404).
    """
    course, found = _compared(queries.lock_course(course_id), data)
    course.pending_config, at = data.decode(), utc_now()
    audit.record("course.config_loaded", ("course", course.id), changes=len(found))
    return Loaded(found, settle(course, at))


def preview(course_id: int, data: bytes) -> Loaded:
    """What loading the config would do; reports come in meanwhile, for nothing is locked that they write. The caller rolls back. Raises as `load`."""
    course, found = _compared(db.session.get(Course, course_id, populate_existing=True), data)
    course.pending_config, at = data.decode(), utc_now()
    _put_in_effect(course, at)
    return Loaded(found, foresee(course, at))


def change_rules(course: Course, **settings: Any) -> Sequence[Moved] | None:
    """Change columns of a course, which is locked, that scores or grades depend on; who moves, or None where a worker works it out. The caller commits."""
    course.pending_settings = {**(course.pending_settings or {}), **settings}
    return settle(course, utc_now())


def settle(course: Course, at: datetime) -> Sequence[Moved] | None:
    """Let what is pending take effect: at once where people are few, else by a worker, of which nobody sees a half meanwhile."""
    if queries.count_people(course.id) <= FEW:
        return take_effect(course, at)
    course.outdated_since = at
    return None


def take_effect(course: Course, at: datetime) -> Sequence[Moved]:
    """Put in effect what is pending, in one transaction with all scores and totals that it makes. The course is locked; the caller commits."""
    _put_in_effect(course, at)
    return recompute(course, at)


def demand_configs(course: Course) -> None:
    """Neither an archived nor a finished course takes configs. Raises ApiFault (409)."""
    demand_unarchived(course)
    if not CourseStatus(course.status).takes_configs:
        raise finished(course)


def finished(course: Course) -> ApiFault:
    """409: nothing counts any more."""
    return ApiFault(409, f'The course "{course.name}" is finished.', "a teacher can set another status on the course's page.")


def _compared(course: Course | None, data: bytes) -> tuple[Course, Sequence[Change]]:
    """The course, which is there, and what the config changes in it."""
    config = read_config(data)
    if course is None:
        raise ApiFault(404, "The course is not there any more.")
    demand_configs(course)
    return course, changes(read_config(course.config.encode()) if course.config else None, config)


def _put_in_effect(course: Course, at: datetime) -> None:
    """Settings first: what a config says of them counts."""
    for name, value in (course.pending_settings or {}).items():
        setattr(course, name, value)
    if course.pending_config is not None:
        _put(course, read_config(course.pending_config.encode()))
        course.config, course.config_loaded_at = course.pending_config, at
    course.pending_settings = course.pending_config = None
    db.session.flush()


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
