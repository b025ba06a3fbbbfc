"""What has become of a Task that somebody ran by itself. The rows in the database say it, to whichever process asks."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from flask import current_app

from project.database import utc_now
from project.ids import id_from
from tasks_app import result_queries
from tasks_app.actors import generate_random_number
from tasks_app.models import Task, TaskResult
from workers.broker import Backlog, BrokerUnreachable, broker_of
from workers.queries import failure_of

LONG_SECONDS = 10
"""After so long whoever waits is told what for."""


@dataclass(frozen=True)
class Run:
    """A message that was sent, and its end, if it has come."""

    message_id: uuid.UUID
    sent: int
    """In milliseconds since 1970."""
    result: TaskResult | None = None
    failure: str | None = None
    """Why it failed for good."""
    lasts_long: bool = False
    backlog: Backlog | None = None
    """What is in the queue; None if that isn't known."""

    @property
    def is_open(self) -> bool:
        """Whether its end is still to come."""
        return self.result is None and self.failure is None


def run_from(source: Mapping[str, str], task: Task) -> Run | None:
    """The run of the Task that a query string names, as it stands now; None if it names none."""
    sent = id_from(source, "sent")
    try:
        message_id = uuid.UUID(source.get("run", ""))
    except ValueError:
        return None
    return _as_it_stands(message_id, sent, task.id) if sent else None


def _as_it_stands(message_id: uuid.UUID, sent: int, task_id: int) -> Run:
    if result := result_queries.result_of_run(task_id, message_id):
        return Run(message_id, sent, result=result)
    if failure := failure_of(message_id):
        return Run(message_id, sent, failure=failure.error)
    if utc_now().timestamp() - sent / 1000 < LONG_SECONDS:
        return Run(message_id, sent)
    try:
        backlog = broker_of(current_app).backlog(generate_random_number.queue)
    except BrokerUnreachable:
        backlog = None
    return Run(message_id, sent, lasts_long=True, backlog=backlog)
