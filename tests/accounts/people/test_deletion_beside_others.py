"""Deleting a person while others write Tasks: none is lost, none is counted twice, and nobody waits in a circle."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from threading import Event, Thread

import pytest
from flask import Flask
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from accounts.models import User
from accounts.people.deletion import delete_person
from project.extensions import db
from tasks_app.models import Task
from tests.accounts.pages import add_user, usernames
from tests.accounts.people.rows import add_tasks, amounts
from tests.waiting import wait_until

# SQLite has one writer at a time.
pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


class Deletion(Thread):
    """A person who is deleted elsewhere."""

    def __init__(self, app: Flask, user_id: int, heir_id: int) -> None:
        super().__init__()
        self.app, self.people = app, (user_id, heir_id)
        self.fault: BaseException | None = None

    def run(self) -> None:
        """Delete the person."""
        with self.app.app_context():
            try:
                delete_person(*self.people)
            except Exception as fault:  # noqa: BLE001  # whatever it is, the test has to see it
                self.fault = fault

    def is_waiting(self) -> bool:
        """Whether somebody waits for a lock, or it is over."""
        with self.app.app_context():
            waiting = db.session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
            db.session.rollback()
        return bool(waiting) or not self.is_alive()


@contextmanager
def before_counting(session: Session, act: Callable[[], object]) -> Iterator[None]:
    """Do something between the session's change of a Task and its change of the author's amount."""
    engine = session.get_bind()

    def look(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("UPDATE users"):
            act()

    event.listen(engine, "before_cursor_execute", look)
    yield
    event.remove(engine, "before_cursor_execute", look)


CHANGES: dict[str, Callable[[Session, Task, int], object]] = {
    "made": lambda session, task, heir: session.add(Task(created_by=task.created_by, lower_limit=0.0, upper_limit=1.0)),
    "deleted": lambda session, task, heir: session.delete(task),
    "given away": lambda session, task, heir: setattr(task, "created_by", heir),
}


@pytest.mark.parametrize(("kind", "left"), [("made", 3), ("deleted", 1), ("given away", 2)])
def test_a_task_that_is_being_written_is_waited_for(app: Flask, kind: str, left: int) -> None:
    ada, heir = add_user(app, "ada"), add_user(app, "heir")
    add_tasks(app, ada, 2)
    deletion = Deletion(app, ada, heir)
    begun = Event()

    def begin_deletion() -> None:
        if not begun.is_set():
            begun.set()
            deletion.start()
            wait_until(deletion.is_waiting)

    with app.app_context(), Session(db.engine) as session, before_counting(session, begin_deletion):
        CHANGES[kind](session, session.scalars(select(Task).order_by(Task.id)).first() or Task(), heir)
        session.commit()
    deletion.join(timeout=30)

    assert deletion.fault is None
    assert amounts(app) == ({"heir": left}, {"heir": left})


def test_amounts_stay_right_while_tasks_are_written_all_the_time(app: Flask) -> None:
    leaving = [add_user(app, f"leaving{number}") for number in range(5)]
    heir, other = add_user(app, "heir"), add_user(app, "other")
    for user_id in (*leaving, heir, other):
        add_tasks(app, user_id, 20)
    everybody, over, faults, steps = [*leaving, heir, other], Event(), list[BaseException](), list[int]()

    def write(seed: int) -> None:
        choose = Random(seed)
        with app.app_context():
            engine = db.engine
        while not over.is_set():
            with Session(engine) as session:
                try:
                    task = choose.choice(session.scalars(select(Task).where(Task.created_by.in_(everybody))).all())
                    match choose.randrange(4):
                        case 0:
                            session.add(Task(created_by=choose.choice(everybody), lower_limit=0.0, upper_limit=1.0))
                        case 1:
                            session.delete(task)
                        case 2:
                            task.created_by = choose.choice(everybody)
                        case 3:
                            task.title = "changed"
                    session.commit()
                except (StaleDataError, IntegrityError):
                    # Somebody else was faster, or the author is gone: nothing was written.
                    session.rollback()
                except Exception as fault:  # noqa: BLE001  # whatever it is, the test has to see it
                    faults.append(fault)
                    return
                steps.append(seed)

    writers = [Thread(target=write, args=(seed,)) for seed in range(3)]
    for writer in writers:
        writer.start()
    for user_id in leaving:
        steps.clear()
        wait_until(lambda: len(steps) >= 10 or bool(faults))
        with app.app_context():
            delete_person(user_id, heir)
    over.set()
    for writer in writers:
        writer.join(timeout=30)

    assert faults == []
    assert usernames(app) == ["heir", "other"]
    kept, counted = amounts(app)
    assert kept == counted


def test_a_superuser_who_changes_rights_meanwhile_waits_and_finds_nobody(app: Flask) -> None:
    ada, heir = add_user(app, "ada"), add_user(app, "heir", is_superuser=True)
    deletion = Deletion(app, ada, heir)

    with app.app_context(), Session(db.engine) as session:
        session.scalars(select(User).where(User.id == heir).with_for_update()).one()
        deletion.start()
        wait_until(deletion.is_waiting)
        assert deletion.is_alive(), "it did not wait for the superuser who may be demoted"
        session.rollback()
    deletion.join(timeout=30)

    assert (deletion.fault, usernames(app)) == (None, ["heir"])
