"""Tasks as they can only be with time."""

from datetime import datetime

from sqlalchemy import update

from project.extensions import db
from tasks_app.models import Task


def date(task: Task, *, created: datetime, changed: datetime) -> Task:
    """The Task as if it had been made and last changed then."""
    # Not through the object, whose every change is dated now.
    db.session.execute(update(Task).where(Task.id == task.id).values(created_at=created, updated_at=changed))
    db.session.commit()
    db.session.refresh(task)
    return task
