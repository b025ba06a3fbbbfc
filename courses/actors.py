"""What workers do for courses."""

import logging

from courses import batches
from courses.config_queries import lock_course
from courses.recomputing import recompute
from project.database import utc_now
from project.extensions import db
from workers.actors import Queue, actor
from workers.broker import BrokerUnreachable

log = logging.getLogger(__name__)


@actor(Queue.SCORES)
def recompute_course(course_id: int, tick_id: int | None = None) -> None:
    """Work out all scores of a course anew, in one transaction, if they wait for it."""
    course = lock_course(course_id)
    if course is not None and course.outdated_since is not None:
        recompute(course, utc_now())
    db.session.commit()


@actor(Queue.SCORES)
def take_in_batch(batch_id: int, tick_id: int | None = None) -> None:
    """Take in some reports of a batch, and come back for the rest, so that no batch keeps a worker to itself."""
    if batches.take_in_some(batch_id):
        take_in_batch.send(batch_id)


def send_or_leave(course_id: int) -> None:
    """Have a course recomputed; while the queue can't be reached, the schedule's next slot does."""
    try:
        recompute_course.send(course_id)
    except BrokerUnreachable as fault:
        log.warning("course %s waits for being recomputed: %s", course_id, fault)
