"""Tasks and the numbers drawn for them.

The table of results has no foreign keys. A Task deleted while its tick runs would make one of them
kill a whole batch of other Tasks' numbers, and the results of a deleted Task are removed later, by an actor.
"""

import sys
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Double, ForeignKey, Index, String, func, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import User
from project.database import BigId, UTCDateTime, utc_now
from project.extensions import Model

LONGEST_TITLE = 120
LARGEST = sys.float_info.max


class Task(Model):
    """A range that a number is drawn from at every tick, and its author."""

    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    title: Mapped[str | None] = mapped_column(String(LONGEST_TITLE))
    lower_limit: Mapped[float] = mapped_column(Double)
    upper_limit: Mapped[float] = mapped_column(Double)
    # Its former value is needed when it changes: the amounts of Tasks are kept by it.
    created_by: Mapped[int] = mapped_column(BigInteger, ForeignKey(User.id), active_history=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=lambda row: row.get_current_parameters()["updated_at"])
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)

    author: Mapped[User] = relationship()

    # Each change sets updated_at, and is refused if somebody else changed or deleted the Task since it was read:
    # else both would subtract it from the same author's amount.
    __mapper_args__ = {"version_id_col": updated_at, "version_id_generator": lambda _previous: utc_now()}
    __table_args__ = (
        CheckConstraint("lower_limit <= upper_limit", name="ordered"),
        # PostgreSQL's NaN is larger than all numbers, so this keeps it out too; SQLite stores it as NULL.
        CheckConstraint(f"lower_limit >= -{LARGEST!r} AND upper_limit <= {LARGEST!r}", name="finite"),
        # What the list is sorted by, and parts of words in titles.
        Index("ix_tasks_title_id", func.coalesce(title, literal_column("''")), id),
        Index(None, lower_limit, id),
        Index(None, upper_limit, id),
        Index(None, created_by, id),
        Index(None, created_at, id),
        Index("ix_tasks_title_parts", title, postgresql_using="gin", postgresql_ops={"title": "gin_trgm_ops"}).ddl_if(dialect="postgresql"),
        {"sqlite_autoincrement": True},
    )

    def __str__(self) -> str:
        """Its number, and its title if it has one."""
        return f"{self.id}: {self.title}" if self.title else str(self.id)


class TaskResult(Model):
    """A number that was drawn, with what the Task was at that moment."""

    __tablename__ = "task_results"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    task_id: Mapped[int] = mapped_column(BigInteger)
    tick_id: Mapped[int | None] = mapped_column(BigInteger)
    """The tick it was drawn for; None for a Task that somebody ran by itself."""
    message_id: Mapped[uuid.UUID] = mapped_column()
    task_params: Mapped[dict[str, Any]] = mapped_column(JSON)
    """`{"lower_limit": …, "upper_limit": …, "author_id": …}`"""
    result: Mapped[float] = mapped_column(Double)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (
        # One place for each number: publishing or delivering twice changes nothing.
        Index("uq_task_results_tick_id_task_id", tick_id, task_id, unique=True),
        # Only for results without a tick: random keys across the whole table would cost a third of the insert rate.
        Index("uq_task_results_message_id", message_id, unique=True, postgresql_where=text("tick_id IS NULL"), sqlite_where=text("tick_id IS NULL")),
        Index(None, task_id, id),
        {"sqlite_autoincrement": True},
    )


class DeletedTask(Model):
    """A Task that was deleted, until its results are too."""

    __tablename__ = "deleted_tasks"

    task_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    deleted_at: Mapped[datetime] = mapped_column(UTCDateTime)
