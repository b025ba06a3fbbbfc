"""What the pages ask of results, at the same cost however many there are."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select, true

from accounts.models import User
from project.database import on_sqlite
from project.extensions import db
from tasks_app.models import Task, TaskResult
from tasks_app.queries import NOTHING_BESIDE_ONE

MOST_COUNTED = 10_000
"""How many of a Task's results its statistics are of: all of a hundred thousand would take 60 ms, at each look of each open page."""
REDUCED, LARGE = 2.0**60, 1e280
FEW_TASKS = 1000
"""An author with more of a million Tasks has one in a thousand results, so that a page of them is soon found among all."""


@dataclass(frozen=True)
class Statistics:
    """What a Task's newest draws have been; the floats are None while there are none."""

    count: int
    mean: float | None
    lowest: float | None
    highest: float | None


def statistics(task_id: int) -> Statistics:
    """Count, mean, lowest and highest of the Task's newest results, MOST_COUNTED at most."""
    newest = select(TaskResult.result).where(TaskResult.task_id == task_id).order_by(TaskResult.id.desc()).limit(MOST_COUNTED).cte("newest")
    ends = select(func.count().label("count"), func.min(newest.c.result).label("lowest"), func.max(newest.c.result).label("highest")).cte("ends")
    # The sum of two results may be beyond the largest float, though their mean is not. Where that can be, they are added
    # up 2⁶⁰ times smaller, without those that are nothing beside the large ones: PostgreSQL would call them an underflow.
    large = (ends.c.lowest < -LARGE) | (ends.c.highest > LARGE)
    reduced = case((func.abs(newest.c.result) < NOTHING_BESIDE_ONE, 0.0), else_=newest.c.result / REDUCED)
    total = select(func.sum(case((large, reduced), else_=newest.c.result))).select_from(newest.join(ends, true())).scalar_subquery()
    count, lowest, highest, is_large, summed = db.session.execute(select(ends.c.count, ends.c.lowest, ends.c.highest, large, total)).one()
    if not count:
        return Statistics(0, None, None, None)
    mean = summed / count * (REDUCED if is_large else 1.0)
    return Statistics(count, min(max(mean, lowest), highest), lowest, highest)


@dataclass(frozen=True)
class ResultFilter:
    """Which results are wanted; None does not filter."""

    task_id: int | None = None
    author: User | None = None
    """Whose the Task is now."""
    tick_id: int | None = None

    @property
    def order(self) -> ColumnElement[int]:
        """What the results stand by, from the largest down: their ids; in one tick, which launched its Tasks in order, the Tasks', for its index."""
        return TaskResult.id.expression if self.tick_id is None else TaskResult.task_id.expression

    def place_of(self, result: TaskResult) -> int:
        """Where the result stands in that order."""
        return result.id if self.tick_id is None else result.task_id


def results_after(cursor: int | None, limit: int, wanted: ResultFilter | None = None) -> Sequence[TaskResult]:
    """A page of results, newest first, from below `cursor` in the filter's order.

    Keyset, not OFFSET: a deep page costs what the first one costs.
    """
    wanted = wanted or ResultFilter()
    page = select(TaskResult).order_by(wanted.order.desc()).limit(limit)
    if cursor is not None:
        page = page.where(wanted.order < cursor)
    if wanted.task_id is not None:
        page = page.where(TaskResult.task_id == wanted.task_id)
    if wanted.tick_id is not None:
        page = page.where(TaskResult.tick_id == wanted.tick_id)
    if wanted.author is not None:
        page = page.join(Task, Task.id == TaskResult.task_id).where(Task.created_by == wanted.author.id)
        if wanted.task_id is None and wanted.tick_id is None and wanted.author.task_count <= FEW_TASKS and not on_sqlite():
            return _newest_of_few_tasks(cursor, limit, wanted.author)
    return db.session.scalars(page).all()


def _newest_of_few_tasks(cursor: int | None, limit: int, author: User) -> Sequence[TaskResult]:
    """The same for an author with few Tasks: of each Task its newest, and of these the newest. One in a million results may be theirs, or all of them."""
    own = select(TaskResult.id).where(TaskResult.task_id == Task.id).order_by(TaskResult.id.desc()).limit(limit)
    if cursor is not None:
        own = own.where(TaskResult.id < cursor)
    newest = own.lateral("newest")
    ids = select(newest.c.id).select_from(Task).join(newest, true()).where(Task.created_by == author.id).order_by(newest.c.id.desc()).limit(limit)
    return db.session.scalars(select(TaskResult).where(TaskResult.id.in_(ids)).order_by(TaskResult.id.desc())).all()


def result_of_run(task_id: int, message_id: uuid.UUID) -> TaskResult | None:
    """The result of a Task that was run by itself, by the message that ran it."""
    return db.session.scalar(select(TaskResult).where(TaskResult.message_id == message_id, TaskResult.tick_id.is_(None), TaskResult.task_id == task_id))
