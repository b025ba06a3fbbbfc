"""What workers do for courses."""

import logging

from courses import batches, drafts, waiting_queries
from courses.config_queries import lock_course
from courses.loading import take_effect
from project.database import is_trouble, utc_now
from project.extensions import db
from workers.actors import Queue, actor
from workers.broker import BrokerUnreachable

log = logging.getLogger(__name__)


@actor(Queue.SCORES)
def recompute_course(course_id: int, tick_id: int | None = None) -> None:
    """Put in effect what is pending in a course and work out all its scores anew, in one transaction, if they wait for it or a group has begun."""
    course = lock_course(course_id)
    if course is not None and (course.outdated_since is not None or waiting_queries.has_begun(course_id)):
        take_effect(course, utc_now())
    db.session.commit()


@actor(Queue.SCORES)
def preview_config(course_id: int, sha256: str) -> None:
    """Work out what an uploaded config would change, for the page that waits for it."""
    drafts.work_out(course_id, sha256)


@actor(Queue.SCORES)
def take_in_batch(batch_id: int, tick_id: int | None = None) -> None:
    """Take in some reports of a batch, and come back for the rest, so that no batch keeps a worker to itself.

    What fails again and again is tried a few times, and then the batch has failed.
    """
    try:
        more = batches.take_in_some(batch_id)
    except Exception as fault:
        db.session.rollback()
        if is_trouble(fault) or not batches.give_up(batch_id, fault):
            raise
        log.exception("batch %s has failed", batch_id)
        return
    if more:
        take_in_batch.send(batch_id)


def send_or_leave(course_id: int) -> None:
    """Have a course recomputed; while the queue can't be reached, the schedule's next slot does."""
    try:
        recompute_course.send(course_id)
    except BrokerUnreachable as fault:
        log.warning("course %s waits for being recomputed: %s", course_id, fault)
