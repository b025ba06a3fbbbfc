"""A course as checkers meet it: made by its config, asked over HTTP with its token."""

from dataclasses import dataclass
from typing import Any

from flask import Flask

from courses import history_queries, queries, token_queries
from courses.loading import load
from courses.models import Role, Scope
from project.extensions import db
from project.tokens import digest

TOKEN = "a-token-of-the-course"
CONFIG = """
version: 1
status: in_progress
ui: {task_url_template: "https://gitlab.example/$GROUP_NAME/$TASK_NAME"}
deadlines:
  timezone: Europe/Moscow
  schedule:
  - group: basics
    start: 2025-09-07 10:00
    end: 2100-01-01 00:00
    steps: {0.5: 2099-12-31 00:00}
    tasks:
    - {task: sum, score: 10}
    - {task: large, score: 100, is_large: true, min_score: 50}
    - {task: gift, score: 5, is_bonus: true}
    - {task: unused, score: 10, enabled: false}
  - group: past
    start: 2025-09-07 10:00
    end: 2025-10-07 10:00
    steps: {0.5: 2025-09-26 21:00}
    tasks: [{task: old, score: 20}]
  - group: future
    start: 2099-09-07 10:00
    end: 2100-10-07 10:00
    tasks: [{task: later, score: 20}]
grades:
  grades:
    5: [{percent: 80}]
    3: [{total_score: 10}]
"""


@dataclass(frozen=True)
class Api:
    """The API of one course, for whoever has its token."""

    client: Any
    """A FlaskClient, whose answers' JSON may be anything."""
    name: str = "algo"
    token: str = TOKEN

    def post(self, path: str, **form: str) -> Any:
        """Send a form."""
        return self.client.post(f"/api/{self.name}/{path}", data=form, headers=self.headers)

    def send(self, path: str, body: Any) -> Any:
        """Send JSON."""
        return self.client.post(f"/api/{self.name}/{path}", json=body, headers=self.headers)

    def load(self, config: str) -> Any:
        """Send a config."""
        return self.client.post(f"/api/{self.name}/update_config", data=config.encode(), headers=self.headers)

    def get(self, path: str, **query: str) -> Any:
        """Ask."""
        return self.client.get(f"/api/{self.name}/{path}", query_string=query, headers=self.headers)

    def report(self, task: str = "sum", username: str = "alice", **form: str) -> Any:
        """Report, and the answer's JSON."""
        answer = self.post("report", task=task, username=username, **form)
        assert answer.status_code == 200, answer.text
        return answer.json

    def row(self, username: str = "alice") -> Any:
        """A student's row of the gradebook."""
        return next(row for row in self.get("database").json["students"] if row["username"] == username)

    @property
    def headers(self) -> dict[str, str]:
        """What says who asks."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def make_api(app: Flask, name: str = "algo", token: str = TOKEN, config: str | None = CONFIG, students: tuple[str, ...] = ("alice", "bob")) -> Api:
    """A course with these students and a teacher, its config loaded."""
    with app.app_context():
        course = queries.add_course(name, name.title())
        token_queries.add_token(course.id, "first", Scope.CONFIGURE, digest(token))
        for number, student in enumerate(students, start=1):
            history_queries.add_enrolment(course.id, student, rms_id=f"{number}")
        history_queries.add_enrolment(course.id, "teacher", role=Role.TEACHER)
        if config is not None:
            load(course.id, config.encode())
        db.session.commit()
        db.session.remove()
    return Api(app.test_client(), name, token)


def add_token(app: Flask, token: str, scope: Scope, *, only: str | None = None) -> None:
    """Another token of the course, for one student's reports perhaps."""
    with app.app_context():
        course = queries.find_course("algo")
        assert course is not None
        enrolment = queries.find_enrolment(course.id, only) if only else None
        token_queries.add_token(course.id, token, scope, digest(token), enrolment.id if enrolment else None)
        db.session.commit()
