"""A course that runs, and the browser of its teacher."""

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from courses import queries
from courses.models import Course, Enrolment
from project.audit import AuditEvent
from project.extensions import db
from tests.app_fixtures import log_in
from tests.courses.courses_api import Api, make_api
from tests.factories import make_user


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """One kind of database is enough for pages."""
    return postgres_url


@dataclass(frozen=True)
class Desk:
    """Where a teacher of the course `algo` works: alice and bob are its students, nobody with an account."""

    app: Flask
    api: Api
    browser: FlaskClient

    def get(self, path: str) -> Any:
        """Open a page of the course."""
        return self.browser.get(f"/courses/algo/{path}")

    def post(self, path: str, **form: Any) -> Any:
        """Send a form to the course, and see what it leads to."""
        return self.browser.post(f"/courses/algo/{path}", data=form, follow_redirects=True)

    def course(self) -> Course:
        """The course, inside a context."""
        course = queries.find_course("algo")
        assert course is not None
        return course

    def id_of(self, rms_username: str) -> int:
        """The enrolment of that name."""
        with self.app.app_context():
            return db.session.scalars(select(Enrolment.id).where(Enrolment.rms_username == rms_username)).one()

    def noted(self, action: str) -> list[dict[str, Any]]:
        """The details of such events."""
        with self.app.app_context():
            return list(db.session.scalars(select(AuditEvent.details).where(AuditEvent.action == action).order_by(AuditEvent.id)))


@pytest.fixture
def desk(app: Flask) -> Desk:
    """The teacher's, with an account that is bound."""
    api = make_api(app)
    with app.app_context():
        user_id = make_user("tess").id
        teacher = db.session.scalars(select(Enrolment).where(Enrolment.rms_username == "teacher")).one()
        teacher.account_id = user_id
        db.session.commit()
    return Desk(app, api, log_in(app.test_client(), user_id))
