"""What is launched for Tasks, and when."""

from collections.abc import Sequence

from flask import Flask

from project.extensions import settings_of
from tasks_app import queries, retention_queries
from tasks_app.actors import delete_old_rows, delete_results, generate_random_number
from workers.schedule import Schedule

NAME = "generate_random_numbers"


def random_numbers(app: Flask) -> Schedule:
    """A number for each Task, every five minutes or as configured."""
    return Schedule(
        name=NAME,
        title="A random number for each Task",
        key_name="Task",
        actor=generate_random_number,
        interval=settings_of(app).schedule_seconds,
        last_key=queries.last_task_id,
        page=queries.task_ids,
        lacking=queries.task_ids_without_result,
        count_outcomes=queries.count_results_of_tick,
    )


def leftover_deletions(app: Flask) -> Schedule:
    """The results of deleted Tasks, once more: for a queue that was away, or a number drawn while its Task was deleted.

    A tick has its outcome for a Task when the Task is off the list.
    """
    return Schedule(
        name="delete_leftover_results",
        title="What is left of deleted Tasks",
        key_name="deleted Task",
        actor=delete_results,
        interval=settings_of(app).schedule_seconds,
        last_key=queries.last_deleted_task_id,
        page=queries.deleted_task_ids,
        lacking=lambda _tick_id, after, upto, limit: queries.deleted_task_ids(after, upto, limit),
        count_outcomes=queries.deletion_progress,
    )


def nightly_deletions(app: Flask) -> Schedule:
    """What is older than results are kept, every night at 00:00 UTC.

    A key is a table. A tick has its outcome for one when the table begins with nothing that was too old when the night began.
    """
    days = settings_of(app).results_retention_days

    def old_tables(after: int, upto: int, limit: int) -> Sequence[int]:
        return retention_queries.old_tables(after, upto, limit, retention_queries.kept_from_last_night(days))

    return Schedule(
        name="delete_old_rows",
        title=f"What is older than {days} days",
        key_name="table with old rows",
        actor=delete_old_rows,
        interval=retention_queries.NIGHT,
        last_key=lambda: max(old_tables(0, max(retention_queries.AGING), len(retention_queries.AGING)), default=None),
        page=old_tables,
        lacking=lambda _tick_id, after, upto, limit: old_tables(after, upto, limit),
        count_outcomes=retention_queries.count_ends,
    )
