"""Keeps each user's amount of Tasks in the transaction that creates, deletes or reassigns them.

Counting a million Tasks for a page takes 90 ms; reading a counter takes none.
"""

from collections import Counter

from sqlalchemy import event, inspect, update
from sqlalchemy.orm import Session, UOWTransaction

from accounts.models import User
from tasks_app.models import Task


def register() -> None:
    """Watch every session's flush; watching twice changes nothing."""
    if not event.contains(Session, "after_flush", count_changes):
        event.listen(Session, "after_flush", count_changes)


def count_changes(session: Session, _transaction: UOWTransaction) -> None:
    """Add what the flush changed to the authors' counters."""
    changes: Counter[int] = Counter()
    for task in session.new:
        if isinstance(task, Task):
            changes[task.created_by] += 1
    for task in session.deleted:
        if isinstance(task, Task):
            history = inspect(task).attrs.created_by.history
            changes[history.deleted[0] if history.deleted else task.created_by] -= 1
    for task in session.dirty:
        if isinstance(task, Task) and task not in session.deleted:
            history = inspect(task).attrs.created_by.history
            if history.deleted:
                changes[history.deleted[0]] -= 1
                changes[task.created_by] += 1
    # Always in the order of ids, so that two transactions never wait for each other in a circle.
    for author_id, change in sorted(changes.items()):
        if change:
            session.execute(
                update(User).where(User.id == author_id).values(task_count=User.task_count + change), execution_options={"synchronize_session": False}
            )
