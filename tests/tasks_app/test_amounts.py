"""A user's amount of Tasks: kept in the transaction that makes, deletes or gives away Tasks, and never counted for a page."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from accounts.models import User
from project.extensions import db
from tasks_app.models import Task
from tests.factories import make_task, make_user


def kept(*users: User) -> list[int]:
    """The amounts in the database, one for each of the users."""
    amounts = dict(db.session.execute(select(User.id, User.task_count)).all())
    return [amounts[user.id] for user in users]


def counted(*users: User) -> list[int]:
    """How many Tasks there really are, for each of the users."""
    amounts = Counter(dict(db.session.execute(select(Task.created_by, func.count()).group_by(Task.created_by)).all()))
    return [amounts[user.id] for user in users]


def new_task(author: User) -> Task:
    """A Task that is not in any session yet."""
    return Task(author=author, lower_limit=0.0, upper_limit=1.0)


@pytest.fixture
def anna(context: Flask) -> User:
    """A user."""
    return make_user("anna")


@pytest.fixture
def berta(context: Flask) -> User:
    """Another user."""
    return make_user("berta")


def test_a_new_user_has_no_tasks(anna: User) -> None:
    assert kept(anna) == [0]


def test_a_new_task_counts(anna: User) -> None:
    make_task(anna)

    assert kept(anna) == [1]


def test_a_deleted_task_no_longer_counts(anna: User) -> None:
    task = make_task(anna)
    make_task(anna)

    db.session.delete(task)
    db.session.commit()

    assert kept(anna) == [1]


def test_a_task_given_away_counts_for_its_new_author(anna: User, berta: User) -> None:
    task = make_task(anna)

    task.author = berta
    db.session.commit()

    assert kept(anna, berta) == [0, 1]


def test_a_task_given_to_its_own_author_counts_once(anna: User) -> None:
    task = make_task(anna)

    task.author = anna
    task.title = "changed as well"
    db.session.commit()

    assert kept(anna) == [1]


def test_a_task_that_changes_otherwise_counts_as_before(anna: User) -> None:
    task = make_task(anna)

    task.upper_limit = 9.0
    db.session.commit()

    assert kept(anna) == [1]


def test_a_rollback_takes_the_amount_back_with_the_task(anna: User) -> None:
    make_task(anna)

    db.session.add(new_task(anna))
    db.session.flush()
    db.session.rollback()

    assert kept(anna) == [1]


def test_one_flush_may_make_delete_and_give_away(anna: User, berta: User) -> None:
    deleted, given, stays = make_task(anna), make_task(anna), make_task(anna)

    with db.session.no_autoflush:
        db.session.add_all([new_task(berta), new_task(berta), new_task(anna)])
        db.session.delete(deleted)
        given.author = berta
        stays.title = "changed"
    db.session.commit()

    assert kept(anna, berta) == counted(anna, berta) == [2, 3]


@pytest.mark.parametrize("by", ["author", "id"])
def test_a_task_given_away_unread_counts_for_its_new_author(anna: User, berta: User, by: str) -> None:
    task, berta_id = make_task(anna), berta.id
    db.session.expire(task)

    if by == "author":
        task.author = berta
    else:
        task.created_by = berta_id
    db.session.commit()

    assert kept(anna, berta) == counted(anna, berta) == [0, 1]


def test_a_task_given_away_twice_in_one_transaction_counts_once(anna: User, berta: User) -> None:
    task, cora = make_task(anna), make_user("cora")

    task.author = berta
    db.session.flush()
    task.author = cora
    db.session.commit()

    assert kept(anna, berta, cora) == [0, 0, 1]


@pytest.fixture
def two_at_once(context: Flask) -> Iterator[tuple[Session, Session]]:
    """The sessions of two requests that are answered at the same time."""
    with Session(db.engine, expire_on_commit=False) as one, Session(db.engine, expire_on_commit=False) as other:
        yield one, other


def seen_by(sessions: tuple[Session, Session], task: Task) -> list[tuple[Session, Task]]:
    """The Task as both requests have read it, before either changes it."""
    seen = [(session, session.get_one(Task, task.id)) for session in sessions]
    for session in sessions:
        session.commit()
    return seen


def test_a_task_deleted_by_two_at_once_is_subtracted_once(anna: User, two_at_once: tuple[Session, Session]) -> None:
    make_task(anna)
    (faster, task), (slower, same_task) = seen_by(two_at_once, make_task(anna))

    faster.delete(task)
    faster.commit()
    slower.delete(same_task)
    with pytest.raises(StaleDataError):
        slower.commit()

    assert kept(anna) == counted(anna) == [1]


def test_a_task_given_away_by_two_at_once_counts_for_the_faster_ones_choice(anna: User, berta: User, two_at_once: tuple[Session, Session]) -> None:
    cora = make_user("cora")
    (faster, task), (slower, same_task) = seen_by(two_at_once, make_task(anna))

    task.created_by = berta.id
    faster.commit()
    same_task.created_by = cora.id
    with pytest.raises(StaleDataError):
        slower.commit()

    assert kept(anna, berta, cora) == counted(anna, berta, cora) == [0, 1, 0]


AUTHORS = 3
whose = st.integers(0, AUTHORS - 1)
which = st.integers(0, 50)
steps = st.one_of(
    st.tuples(st.just("make"), whose),
    st.tuples(st.just("delete"), which),
    st.tuples(st.just("give"), which, whose),
    st.tuples(st.just("give by id"), which, whose),
    st.tuples(st.just("rename"), which),
    st.sampled_from([("flush",), ("commit",), ("roll back",)]),
)


# One database serves all examples: each has authors of its own and looks at no others.
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=st.lists(steps, max_size=25))
@example(sequence=[("make", 0), ("commit",), ("roll back",), ("give", 0, 1), ("commit",)])
@example(sequence=[("make", 0), ("commit",), ("give by id", 0, 1), ("delete", 0), ("commit",)])
@example(sequence=[("make", 0), ("commit",), ("give", 0, 1), ("delete", 0), ("commit",)])
def test_the_amounts_equal_a_count_after_any_sequence_of_changes(context: Flask, sequence: list[Any]) -> None:
    authors = [make_user() for _ in range(AUTHORS)]

    for step in sequence:
        with db.session.no_autoflush:
            take(authors, *step)
    db.session.commit()

    assert kept(*authors) == counted(*authors)


def take(authors: list[User], kind: str, *choice: int) -> None:
    """One step of a sequence; a step that chooses a Task where there is none does nothing."""
    match kind:
        case "flush":
            db.session.flush()
        case "commit":
            db.session.commit()
        case "roll back":
            db.session.rollback()
        case "make":
            db.session.add(new_task(authors[choice[0]]))
        case _:
            own = select(Task).where(Task.created_by.in_([author.id for author in authors])).order_by(Task.id)
            tasks = [task for task in db.session.scalars(own) if task not in db.session.deleted]
            if tasks:
                change(tasks[choice[0] % len(tasks)], kind, authors[choice[-1] % AUTHORS])


def change(task: Task, kind: str, author: User) -> None:
    """Delete a Task, give it away or rename it."""
    match kind:
        case "delete":
            db.session.delete(task)
        case "give":
            task.author = author
        case "give by id":
            task.created_by = author.id
        case "rename":
            task.title = f"{task.title}'"[-10:]
