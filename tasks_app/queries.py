"""What is asked of Tasks and their results."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    ColumnElement,
    Double,
    Executable,
    FromClause,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    literal,
    select,
    text,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload
from sqlalchemy.types import TypeEngine

from accounts.models import User
from project.database import UTCDateTime, insert, now, on_sqlite, seconds_from_now, utc_now
from project.extensions import db
from tasks_app.draws import Draw
from tasks_app.models import DeletedTask, Task, TaskResult

ENLARGED = 2.0**200
SMALLEST_FLOAT = 5e-324
NOTHING_BESIDE_ONE = 1e-200

DELETION_BATCH = 5000
SETTLED_SECONDS = 60
"""A draw that was under way when its Task was deleted has been committed by then."""


def get_task(task_id: int) -> Task | None:
    """The Task with that id, with its author."""
    return db.session.scalar(select(Task).where(Task.id == task_id).options(joinedload(Task.author)))


def count_tasks() -> int:
    """How many Tasks there are, by their authors' counters: counting a million rows would take 90 ms."""
    return db.session.scalar(select(func.sum(User.task_count))) or 0


def newest_tasks(limit: int) -> Sequence[Task]:
    """The last `limit` Tasks that were made, newest first."""
    return db.session.scalars(select(Task).order_by(Task.id.desc()).limit(limit)).all()


def add_task(author: User, lower_limit: float, upper_limit: float, title: str | None = None) -> Task:
    """A new Task, flushed; the caller commits."""
    task = Task(title=title, lower_limit=lower_limit, upper_limit=upper_limit, author=author)
    db.session.add(task)
    db.session.flush()
    return task


def note_deletion(task: Task) -> None:
    """Note, in the transaction that deletes the Task, that its results are to go too."""
    db.session.execute(insert(DeletedTask).values(task_id=task.id, deleted_at=now()).on_conflict_do_nothing())


# What a user leaves behind


def tasks_of(author_id: int) -> Iterator[Mapping[str, Any]]:
    """An author's Tasks in the order they were made, a thousand at a time."""
    columns = (Task.id, Task.title, Task.lower_limit, Task.upper_limit, Task.created_at, Task.updated_at)
    tasks = select(*columns).where(Task.created_by == author_id).order_by(Task.id)
    for row in db.session.execute(tasks.execution_options(yield_per=1000)).mappings():
        yield dict(row)


def count_tasks_of(author_id: int) -> int:
    """How many Tasks there are of an author."""
    return db.session.scalar(select(func.count()).where(Task.created_by == author_id)) or 0


def hold_tasks() -> None:
    """Keep others from writing Tasks until the transaction ends; they are read as ever. SQLite has one writer anyway.

    Whoever writes a Task locks it before its author, for the amounts; who locks an author first has to keep them all out, or they would wait in a circle.
    """
    if not on_sqlite():
        db.session.execute(text("LOCK TABLE tasks IN SHARE ROW EXCLUSIVE MODE"))


def hand_over_tasks(author_id: int, heir_id: int) -> int:
    """Make the author's Tasks the heir's, and count them with the heir's; how many. They must be held; the caller commits.

    Each counts as changed: whoever has one in a form is told so, and does not give it back.
    """
    moved = count_tasks_of(author_id)
    given = update(Task).where(Task.created_by == author_id).values(created_by=heir_id, updated_at=utc_now())
    db.session.execute(given.execution_options(synchronize_session=False))
    amount = User.task_count + case((User.id == heir_id, moved), else_=-moved)
    db.session.execute(update(User).where(User.id.in_((author_id, heir_id))).values(task_count=amount).execution_options(synchronize_session=False))
    return moved


# What a tick asks


def last_task_id() -> int | None:
    """The newest Task's id."""
    return db.session.scalar(select(func.max(Task.id)))


def task_ids(after: int, upto: int, limit: int) -> Sequence[int]:
    """The ids of the first `limit` Tasks in (after, upto], ascending."""
    return db.session.scalars(select(Task.id).where(Task.id > after, Task.id <= upto).order_by(Task.id).limit(limit)).all()


def task_ids_without_result(tick_id: int, after: int, upto: int, limit: int) -> Sequence[int]:
    """Of the Tasks in (after, upto], the first `limit` ids that the tick has no result for."""
    # The bounds once more: with them the results of just these Tasks are read, in one go, and not each Task's by itself.
    drawn = exists().where(TaskResult.tick_id == tick_id, TaskResult.task_id == Task.id, TaskResult.task_id.between(after + 1, upto))
    return db.session.scalars(select(Task.id).where(Task.id > after, Task.id <= upto, ~drawn).order_by(Task.id).limit(limit)).all()


def count_results_of_tick(tick_id: int) -> int:
    """How many results the tick has."""
    return db.session.scalar(select(func.count()).where(TaskResult.tick_id == tick_id)) or 0


# Drawing


def insert_draws(draws: Sequence[Draw]) -> None:
    """Write a batch of draws in one statement; the caller commits.

    The limits are the Task's at this moment. A Task that was deleted drops out; a draw whose place is taken already
    changes nothing.
    """
    db.session.execute(_insertion(sqlite=on_sqlite()), _parameters(draws))


@cache
def _insertion(*, sqlite: bool) -> Executable:
    """The statement, for `_parameters`. It is put together once: that takes as long as PostgreSQL needs for a hundred rows."""
    drawn = _rows()
    at = bindparam("at", type_=UTCDateTime()) if sqlite else now()
    task = Task if sqlite else _each_sought(drawn.c.task_id)
    rows = select(drawn.c.task_id, drawn.c.tick_id, drawn.c.message_id, _task_params(task), _number(task, drawn.c.share), at)
    # SQLite takes the ON of ON CONFLICT for a join's, unless a WHERE stands between.
    rows = rows.join_from(drawn, task, task.id == drawn.c.task_id).where(literal(1) == 1)
    # Two batches that deliver the same draws would else wait for each other in a circle.
    rows = rows.order_by(drawn.c.tick_id, drawn.c.task_id, drawn.c.message_id)
    columns = ["task_id", "tick_id", "message_id", "task_params", "result", "created_at"]
    return insert(TaskResult.metadata.tables[TaskResult.__tablename__]).from_select(columns, rows).on_conflict_do_nothing()


def numbers_of(draws: Sequence[Draw]) -> list[float | None]:
    """The stored number of each draw, whenever and by whomever it was stored; None where there is none, for its Task was deleted."""
    single = TaskResult.tick_id.is_(None) & TaskResult.message_id.in_([draw.message_id for draw in draws if draw.tick_id is None])
    of_ticks = tuple_(TaskResult.tick_id, TaskResult.task_id).in_([(draw.tick_id, draw.task_id) for draw in draws if draw.tick_id is not None])
    columns = (TaskResult.tick_id, TaskResult.task_id, TaskResult.message_id, TaskResult.result)
    rows = db.session.execute(select(*columns).where(single | of_ticks)).all()
    by_message = {row.message_id: row.result for row in rows if row.tick_id is None}
    by_tick = {(row.tick_id, row.task_id): row.result for row in rows}
    return [by_message.get(draw.message_id) if draw.tick_id is None else by_tick.get((draw.tick_id, draw.task_id)) for draw in draws]


def _each_sought(task_id: ColumnElement[int]) -> type[Task]:
    """The Task of each row, sought by its id. PostgreSQL would rather read all Tasks for each batch, until there are some hundred thousand: twice the work."""
    return aliased(Task, select(Task).where(Task.id == task_id).limit(1).lateral("task"))


def _number(task: type[Task], share: ColumnElement[float]) -> ColumnElement[float]:
    """lower·(1−u) + upper·u, within the range whatever finite limits it has.

    At the large end of the floats (upper − lower)·u would overflow, and a sum by its rounding, so it is reckoned in
    halves. At the small end PostgreSQL calls a product that rounds to 0 an error, so there it is reckoned 2²⁰⁰ times
    as large, and a limit that is nothing beside the other one is taken for 0.
    """
    small = (func.abs(task.lower_limit) < 1.0) & (func.abs(task.upper_limit) < 1.0)

    def scaled(limit: InstrumentedAttribute[float]) -> ColumnElement[float]:
        return case((small, limit * ENLARGED), (func.abs(limit) < NOTHING_BESIDE_ONE, 0.0), else_=limit * 0.5)

    lower, upper = scaled(task.lower_limit), scaled(task.upper_limit)
    number = lower * (1 - share) + upper * share
    return case(
        (number <= lower, task.lower_limit),
        (number >= upper, task.upper_limit),
        (~small, number * 2.0),
        (func.abs(number) < SMALLEST_FLOAT * ENLARGED, 0.0),
        else_=number / ENLARGED,
    )


def _rows() -> FromClause:
    """The draws of `_parameters` as a table."""
    if on_sqlite():
        each = func.json_each(bindparam("draws", type_=Text())).table_valued("value")

        def field(place: int, name: str, kind: Any) -> ColumnElement[Any]:
            return type_coerce(func.json_extract(each.c.value, f"$[{place}]"), kind).label(name)

        fields = (field(0, "task_id", BigInteger), field(1, "tick_id", BigInteger), field(2, "message_id", Uuid), field(3, "share", Double))
        return select(*fields).subquery("drawn")

    def column(name: str, kind: TypeEngine[Any]) -> ColumnElement[Any]:
        return cast(bindparam(name, type_=Text()), ARRAY(kind))

    return (
        func.unnest(column("task_ids", BigInteger()), column("tick_ids", BigInteger()), column("message_ids", Uuid()), column("shares", Double()))
        .table_valued("task_id", "tick_id", "message_id", "share", name="drawn")
        .render_derived()
    )


def _parameters(draws: Sequence[Draw]) -> Mapping[str, Any]:
    """The draws as what a statement is given: an array a column on PostgreSQL, one JSON array on SQLite, which has the process's clock besides."""
    if on_sqlite():
        return {"draws": json.dumps([[d.task_id, d.tick_id, d.message_id.hex, d.share] for d in draws]), "at": utc_now()}
    return {
        "task_ids": _array(d.task_id for d in draws),
        "tick_ids": _array(d.tick_id for d in draws),
        "message_ids": _array(d.message_id.hex for d in draws),
        "shares": _array(d.share for d in draws),
    }


def _array(values: Iterable[float | str | None]) -> str:
    """The values as PostgreSQL reads an array, UUIDs as their digits. Of a list psycopg2 would make an expression of as many parts, a quarter of the work."""
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


def _task_params(task: type[Task]) -> ColumnElement[Any]:
    """The Task as it is at the draw, as JSON with every digit of its limits."""
    if on_sqlite():
        # Its json_object() keeps 15 digits of a float, and it takes 17 to tell any two apart.
        text = '{"lower_limit": %s, "upper_limit": %s, "author_id": %d}'
        return type_coerce(func.printf(text, func.float_repr(task.lower_limit), func.float_repr(task.upper_limit), task.created_by), JSON)
    return func.json_build_object("lower_limit", task.lower_limit, "upper_limit", task.upper_limit, "author_id", task.created_by)


# Deleting the results of deleted Tasks


def last_deleted_task_id() -> int | None:
    """The largest id of a deleted Task whose results may still be there."""
    return db.session.scalar(select(func.max(DeletedTask.task_id)).where(_settled()))


def deleted_task_ids(after: int, upto: int, limit: int) -> Sequence[int]:
    """The first `limit` ids in (after, upto] of deleted Tasks whose results may still be there, ascending."""
    page = select(DeletedTask.task_id).where(DeletedTask.task_id > after, DeletedTask.task_id <= upto, _settled())
    return db.session.scalars(page.order_by(DeletedTask.task_id).limit(limit)).all()


def delete_some_results(task_id: int) -> int:
    """Delete a batch of a Task's results; how many; commits, so that no lock is held for long."""
    some = select(TaskResult.id).where(TaskResult.task_id == task_id).order_by(TaskResult.id).limit(DELETION_BATCH)
    deleted = db.session.execute(delete(TaskResult).where(TaskResult.id.in_(some)).returning(TaskResult.id)).all()
    db.session.commit()
    return len(deleted)


def forget_deletion(task_id: int) -> None:
    """Strike a deleted Task off the list, once it has no results and none can be drawn any more; commits."""
    left = exists().where(TaskResult.task_id == task_id)
    db.session.execute(delete(DeletedTask).where(DeletedTask.task_id == task_id, _settled(), ~left))
    db.session.commit()


def deletion_progress(_tick_id: int) -> int:
    """A number that changes while results of deleted Tasks go, and while numbers are drawn, for which workers let that wait."""
    left = select(func.count()).where(TaskResult.task_id.in_(select(DeletedTask.task_id))).scalar_subquery()
    drawn = select(func.coalesce(func.max(TaskResult.id), 0)).scalar_subquery()
    return db.session.scalar(select(left + drawn)) or 0


def _settled() -> ColumnElement[bool]:
    return DeletedTask.deleted_at <= seconds_from_now(-SETTLED_SECONDS)
