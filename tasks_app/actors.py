"""What workers do for Tasks."""

import uuid
from random import random

from dramatiq.middleware import CurrentMessage

from tasks_app import queries
from tasks_app.draws import Draw
from workers.actors import Queue, actor
from workers.batch import Batch

draws = Batch("draws", queries.insert_draws)


@actor(Queue.NUMBERS, throws=(TypeError, ValueError))
def generate_random_number(task_id: int, tick_id: int | None = None) -> None:
    """Draw a number from the Task's range into task_results; acknowledged once it is committed.

    Raises TypeError, which no retry mends, for ids that are no whole numbers.
    """
    if type(task_id) is not int or type(tick_id) not in (int, type(None)):
        raise TypeError(f"task_id={task_id!r}, tick_id={tick_id!r}: not whole numbers")
    message = CurrentMessage.get_current_message()
    draws.add(Draw(task_id, tick_id, uuid.UUID(message.message_id), random()))


@actor(Queue.CHORES)
def delete_results(task_id: int, tick_id: int | None = None) -> None:
    """Delete the results of a deleted Task, a batch at a time."""
    while queries.delete_some_results(task_id):
        pass
    queries.forget_deletion(task_id)
