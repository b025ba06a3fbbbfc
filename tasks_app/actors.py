"""What workers do for Tasks."""

import uuid
from random import random

from project.ids import is_id
from tasks_app import queries
from tasks_app.draws import Draw
from workers.actors import Queue, actor, current_message
from workers.batch import Batch

draws = Batch("draws", queries.insert_draws)


@actor(Queue.NUMBERS, batched=True, throws=(TypeError, ValueError))
def generate_random_number(task_id: int, tick_id: int | None = None) -> None:
    """Draw a number from the Task's range into task_results; acknowledged once it is committed.

    Raises ValueError, which no retry mends, for what can't be the id of a row.
    """
    if not is_id(task_id) or not (tick_id is None or is_id(tick_id)):
        raise ValueError(f"task_id={task_id!r}, tick_id={tick_id!r}: not the ids of rows")
    draws.add(Draw(task_id, tick_id, uuid.UUID(current_message().message_id), random()))  # nosec B311  # a number to show, no secret


@actor(Queue.CHORES)
def delete_results(task_id: int, tick_id: int | None = None) -> None:
    """Delete some results of a deleted Task, and come back for the rest, so that no deletion keeps a worker to itself."""
    if queries.delete_some_results(task_id):
        delete_results.send(task_id)
    else:
        queries.forget_deletion(task_id)
