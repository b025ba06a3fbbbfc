"""What workers do for courses."""

from courses import batches
from courses.config_queries import lock_course
from courses.recomputing import recompute
from project.database import utc_now
from project.extensions import db
from workers.actors import Queue, actor


@actor(Queue.SCORES)
def recompute_course(course_id: int) -> None:
    """Work out all scores of a course anew, in one transaction, if they wait for it."""
    course = lock_course(course_id)
    if course.outdated_since is not None:
        recompute(course, utc_now())
    db.session.commit()


@actor(Queue.SCORES)
def take_in_batch(batch_id: int) -> None:
    """Take in some reports of a batch, and come back for the rest, so that no batch keeps a worker to itself."""
    if batches.take_in_some(batch_id):
        take_in_batch.send(batch_id)
