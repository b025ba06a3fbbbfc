"""Copying a course for next year: its config with later dates, and its settings; no people, no tokens, no secret."""

from courses import making
from courses.config.shifting import shifted
from courses.loading import load
from courses.models import Course
from courses.statuses import CourseStatus
from project import audit

SETTINGS = ("enforce_limits", "show_all_scores", "reports_enrol_anyone", "identity_provider")
FROM_CONFIG = ("timezone", "deadline_kind", "task_url_template", "links", "max_submissions", "submission_penalty")


def copy_course(course: Course, name: str, title: str, days: int) -> tuple[Course, str]:
    """A course like another one, hidden, every date `days` later; and its token. The caller commits. Raises ConfigFaults where a date can't be shifted."""
    made, token = making.make(name, title)
    for setting in (*SETTINGS, *FROM_CONFIG):
        setattr(made, setting, getattr(course, setting))
    audit.record("course.copied", ("course", made.id), source=course.id, days=days)
    if course.config is not None:
        load(made.id, shifted(course.config.encode(), days, CourseStatus.HIDDEN).encode())
    return made, token
