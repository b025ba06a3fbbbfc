"""Rows for tests, made where they are needed; each function commits and gives the row back."""

from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar
from uuid import uuid4

from accounts.models import User
from accounts.passwords import hash_password
from accounts.sessions.models import LoginSession
from project.database import utc_now
from project.extensions import Model, db
from project.tokens import digest, new_token
from tasks_app.models import Task, TaskResult
from workers.models import MessageFailure, Tick, TickState
from workers.monitor.models import WorkerProcess, WorkerState

PASSWORD = "correct horse battery"
Row = TypeVar("Row", bound=Model)
_hash: list[str] = []
_numbers = count(1)
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def make_user(username: str | None = None, **values: Any) -> User:
    """A user whose password is PASSWORD."""
    if not _hash:
        _hash.append(hash_password(PASSWORD))
    return _added(User(**{"username": username or f"user{next(_numbers)}", "password_hash": _hash[0], **values}))


def make_superuser(username: str | None = None) -> User:
    """A user who may do everything."""
    return make_user(username, is_superuser=True)


def make_session(user_id: int, **values: Any) -> str:
    """A session of the user, begun just now; its token."""
    token, at = new_token(), utc_now()
    row = {"remember": False, "created_at": at, "last_seen_at": at, "address": "192.0.2.1", "device": "A test", "device_hash": digest(new_token())}
    _added(LoginSession(user_id=user_id, token_hash=digest(token), **{**row, **values}))
    return token


def make_task(author: User | None = None, lower_limit: float = 0.0, upper_limit: float = 1.0, title: str | None = None) -> Task:
    """A Task; without an author it gets one of its own."""
    return _added(Task(author=author or make_user(), lower_limit=lower_limit, upper_limit=upper_limit, title=title))


def make_tasks(number: int, author: User | None = None) -> list[int]:
    """So many Tasks of one author; their ids."""
    author = author or make_user()
    tasks = [Task(author=author, lower_limit=0.0, upper_limit=1.0) for _ in range(number)]
    db.session.add_all(tasks)
    db.session.commit()
    return [task.id for task in tasks]


def make_result(task: Task, result: float = 0.5, tick_id: int | None = None, **values: Any) -> TaskResult:
    """A number that was drawn for the Task."""
    params = {"lower_limit": task.lower_limit, "upper_limit": task.upper_limit, "author_id": task.created_by}
    row = {"message_id": uuid4(), "task_params": params, "created_at": datetime.now(UTC), **values}
    return _added(TaskResult(task_id=task.id, tick_id=tick_id, result=result, **row))


def make_tick(state: TickState = TickState.FINISHED, slot: datetime = NOON, **values: Any) -> Tick:
    """A tick of the numbers."""
    row = {
        "schedule": "generate_random_numbers",
        "launches": "generate_random_numbers",
        "started_at": slot,
        "progress_at": slot,
        "lease_until": slot,
        "last_key": 0,
    }
    return _added(Tick(state=state, slot=slot, **{**row, **values}))


def make_process(state: WorkerState = WorkerState.ONLINE, **values: Any) -> WorkerProcess:
    """A process that works messages, heard just now."""
    at = utc_now()
    row = {"host": "stage", "pid": 7, "command_pid": 1, "version": "2.2.0", "queues": ["chores", "numbers"], "threads": 4, "prefetch": 8}
    at_work = [{"actor": "generate_random_number", "message_id": str(uuid4()), "call": "7", "since": at.isoformat()}]
    return _added(WorkerProcess(**{**row, "at_work": at_work, "started_at": at, "heartbeat_at": at, "state": state, "wanted": WorkerState.ONLINE, **values}))


def make_failure(**values: Any) -> MessageFailure:
    """A message that failed for good."""
    row = {"message_id": uuid4(), "actor": "generate_random_number", "queue": "numbers", "args": {"args": [1], "kwargs": {}}, "error": "ZeroDivisionError"}
    return _added(MessageFailure(**{**row, **values}))


def _added(row: Row) -> Row:
    db.session.add(row)
    db.session.commit()
    return row
