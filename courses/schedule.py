"""What courses still wait for once more, for a queue that was away when it was to be sent."""

from flask import Flask

from courses import waiting_queries as queries
from courses.actors import recompute_course, take_in_batch
from project.extensions import settings_of
from workers.schedule import Schedule


def outdated_courses(app: Flask) -> Schedule:
    """Courses whose scores wait for being worked out; a tick has its outcome for one when it waits no more."""
    return Schedule(
        name="recompute_outdated_courses",
        title="Scores that wait for being worked out",
        key_name="course",
        actor=recompute_course,
        interval=settings_of(app).schedule_seconds,
        last_key=queries.last_outdated_course,
        page=queries.outdated_courses,
        lacking=lambda _tick_id, after, upto, limit: queries.outdated_courses(after, upto, limit),
        count_outcomes=queries.progress_of_courses,
    )


def waiting_batches(app: Flask) -> Schedule:
    """Batches of reports that nobody works off; a tick has its outcome for one when it is finished."""
    return Schedule(
        name="take_in_waiting_batches",
        title="Batches of reports that wait",
        key_name="batch",
        actor=take_in_batch,
        interval=settings_of(app).schedule_seconds,
        last_key=queries.last_waiting_batch,
        page=queries.waiting_batches,
        lacking=lambda _tick_id, after, upto, limit: queries.waiting_batches(after, upto, limit),
        count_outcomes=queries.progress_of_batches,
    )
