"""Rows that belong to a user, and what the database says of users."""

import re
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from accounts.guessing.models import FailedLogins
from accounts.guessing.subjects import of_device, of_name, of_user
from accounts.identities.models import Identity
from accounts.links.models import OneTimeLink, Purpose
from accounts.models import User
from accounts.second_factor.models import Authenticator, RecoveryCode
from accounts.tokens.models import ApiToken
from courses.models import ChangeKind, ConfigDraft, Course, CourseToken, RowChange, Scope
from project.audit import AuditEvent
from project.database import utc_now
from project.extensions import Model, db
from project.tokens import digest, new_token
from tasks_app.models import Task
from tests.courses.rows import make_assignment, make_enrolment, make_entry, make_extension, make_group
from tests.factories import make_session

SECRETS = ("a-secret-of-an-app", digest("a token"), digest("a code"), digest("a link"), digest("a device"))
"""What the rows keep that nobody may see."""


def give_everything(app: Flask, user_id: int, username: str) -> None:
    """One row of each kind that belongs to a user, but for Tasks."""
    at = utc_now()
    with app.app_context():
        make_session(user_id, device="Mozilla/5.0 Firefox/130.0")
        course = Course(name=f"course-{user_id}", title="A course")
        db.session.add(course)
        db.session.flush()
        enrolment, task = make_enrolment(course, user_id, rms_username=username), make_assignment(make_group(course))
        make_entry(enrolment, task, author_id=user_id)
        make_extension(enrolment, assignment_id=task.id, extra=timedelta(days=1), made_by=user_id)
        db.session.add_all(
            [
                Authenticator(user_id=user_id, secret=SECRETS[0], created_at=at, confirmed_at=at),
                RecoveryCode(user_id=user_id, code_hash=SECRETS[2]),
                CourseToken(course_id=course.id, enrolment_id=enrolment.id, name="CI", scope=Scope.REPORT, token_hash=digest(f"a token of {username}")),
                RowChange(enrolment_id=enrolment.id, kind=ChangeKind.COMMENT, before="", after="Was ill", author_id=user_id, at=at),
                ConfigDraft(course_id=course.id, text="version: 1", sha256=digest("version: 1"), made_by=user_id),
                Identity(user_id=user_id, issuer="https://gitlab.example", subject="7", name="Ada L.", created_at=at),
                ApiToken(user_id=user_id, name="my laptop", scopes=["tasks"], token_hash=SECRETS[1], created_at=at, expires_at=at),
                OneTimeLink(purpose=Purpose.INVITE, token_hash=SECRETS[3], user_id=user_id, note="Ada of group 7", created_at=at, expires_at=at, used_at=at),
                OneTimeLink(purpose=Purpose.INVITE, token_hash=new_token(), made_by=user_id, note="made by her", created_at=at, expires_at=at),
                FailedLogins(subject=of_name(username).name, failures=1, last_at=at, blocked_until=at),
                FailedLogins(subject=of_device(user_id, digest("a device")).name, failures=1, last_at=at, blocked_until=at),
                AuditEvent(at=at, actor_id=user_id, action="login", object_type="user", object_id=user_id, details={}, address="192.0.2.7"),
            ]
        )
        db.session.commit()


def add_tasks(app: Flask, user_id: int, number: int) -> None:
    """So many Tasks of a user."""
    with app.app_context():
        db.session.add_all([Task(created_by=user_id, lower_limit=0.0, upper_limit=float(n), title=f"Task {n}") for n in range(number)])
        db.session.commit()


def amounts(app: Flask) -> tuple[dict[str, int], dict[str, int]]:
    """How many Tasks each user has: as it is kept, and as it is counted."""
    with app.app_context():
        kept = dict(db.session.execute(select(User.username, User.task_count)).all())
        counted = dict(db.session.execute(select(User.username, func.count(Task.id)).outerjoin(Task, Task.created_by == User.id).group_by(User.id)).all())
    return kept, counted


def rows_about(app: Flask, user_id: int, username: str) -> dict[str, int]:
    """How many rows of each table, the audit left out, have the user's id in a column of a user's, or the user's name; tables with none are left out."""
    found: dict[str, int] = {}
    with app.app_context():
        for name, table in Model.metadata.tables.items():
            own = [column for column in table.columns if any(key.column.table.name == "users" for key in column.foreign_keys)]
            rows: list[Any] = [tuple(row) for row in db.session.execute(select(table))] if name != "audit_events" else []
            about = [row for row in rows if any(row[list(table.columns).index(column)] == user_id for column in own) or _mentions(row, user_id, username)]
            if about:
                found[name] = len(about)
    return found


def _mentions(row: tuple[Any, ...], user_id: int, username: str) -> bool:
    # As a word: "ada" is also three digits of one hash in thirty.
    named = re.compile(rf"\b{re.escape(username)}\b")
    return any(isinstance(value, str) and (named.search(value) or value.startswith(of_user(user_id))) for value in row)


def last_event(app: Flask) -> AuditEvent:
    """The latest line of the audit."""
    with app.app_context():
        return db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
