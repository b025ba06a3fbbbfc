"""What workers do for Tasks."""

import uuid
from random import random

from flask import current_app

from project.extensions import settings_of
from project.ids import is_id
from tasks_app import queries, retention_queries
from tasks_app.draws import Draw
from workers.actors import Queue, actor, current_message
from workers.batch import Batch

draws = Batch("draws", queries.insert_draws, queries.numbers_of)


@actor(Queue.NUMBERS, batched=True, throws=(TypeError, ValueError))
def generate_random_number(task_id: int, tick_id: int | None = None) -> float | None:
    """Draw a number from the Task's range into task_results; acknowledged once it is committed.

    Returns the stored number to whoever wants the result of the message; None if there is no such Task any more.
    Raises ValueError, which no retry mends, for what can't be the id of a row.
    """
    if not is_id(task_id) or not (tick_id is None or is_id(tick_id)):
        raise ValueError(f"task_id={task_id!r}, tick_id={tick_id!r}: not the ids of rows")
    number: float | None = draws.add(Draw(task_id, tick_id, uuid.UUID(current_message().message_id), random()))  # nosec B311  # a number to show, no secret
    return number


@actor(Queue.CHORES)
def delete_results(task_id: int, tick_id: int | None = None) -> None:
    """Delete some results of a deleted Task, and come back for the rest, so that no deletion keeps a worker to itself."""
    if queries.delete_some_results(task_id):
        delete_results.send(task_id)
    else:
        queries.forget_deletion(task_id)


@actor(Queue.CHORES)
def delete_old_rows(table: int, tick_id: int | None = None, after: int = 0) -> None:
    """Delete some of what is too old in a table, beyond the id `after`, and come back for the rest."""
    before = retention_queries.kept_from_last_night(settings_of(current_app).results_retention_days)
    found = retention_queries.delete_slice(table, before, after)
    if found.old:
        delete_old_rows.send(table, after=found.last_id)
