"""A gradebook as a teacher's browser meets it."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from courses import queries
from courses.models import Enrolment
from project.extensions import db
from tests.app_fixtures import log_in
from tests.factories import make_user
from tests.pages import Element, read


def browser_of(app: Flask, username: str | None, **rights: Any) -> FlaskClient:
    """The browser of somebody who is bound to that name in the course."""
    with app.app_context():
        user = make_user(f"{username or 'nobody'}-account", **rights)
        course = queries.find_course("algo")
        if username is not None and course is not None:
            enrolment_of(username).account_id = user.id
            db.session.commit()
        return log_in(app.test_client(), user.id)


def enrolment_of(username: str) -> Enrolment:
    """Whom the course knows by that name."""
    course = queries.find_course("algo")
    assert course is not None
    enrolment = queries.find_enrolment(course.id, username)
    assert enrolment is not None
    return enrolment


def ids(app: Flask, username: str, task: str) -> tuple[int, int]:
    """Of an enrolment and of an assignment."""
    with app.app_context():
        enrolment = enrolment_of(username)
        return enrolment.id, next(each.id for each in queries.assignments_of(enrolment.course_id) if each.name == task)


def cell_url(app: Flask, username: str = "alice", task: str = "sum") -> str:
    """The address of a cell."""
    enrolment_id, assignment_id = ids(app, username, task)
    return f"/courses/algo/gradebook/{enrolment_id}/{assignment_id}"


def table(page: Element) -> dict[str, list[str]]:
    """The cells of the gradebook by username: total, percent, grade, and the tasks'."""
    (body,) = page.all("tbody")
    return {row.all("th")[0].text.split()[0]: [cell.text for cell in row.all("td")] for row in body.all("tr")}


def shown(browser: FlaskClient, **wanted: str) -> dict[str, list[str]]:
    """What the page has."""
    return table(read(browser.get("/courses/algo/gradebook", query_string=wanted)))


def seen(page: Element) -> str:
    """The version that the page has seen."""
    return page.all("input", name="seen")[0].attributes["value"]
