"""Deadlines in a calendar, by a private link."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select

from courses.models import Course, Enrolment
from project.extensions import db
from project.tokens import digest
from tests.courses.rows import make_course, make_enrolment, make_extension, make_group

Student = tuple[FlaskClient, int]
START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """One kind of database is enough for pages."""
    return postgres_url


def days(number: int) -> datetime:
    return START + timedelta(days=number)


def link_in(text: str) -> str | None:
    """The path of the link that a page shows."""
    found = re.search(r"http://localhost(/courses/algo/calendar/[\w-]+\.ics)<", text)
    return found and found[1]


@pytest.fixture
def link(app: Flask, student: Student) -> str:
    """A link to the deadlines of a course in which the student has two days more."""
    browser, user_id = student
    with app.app_context():
        course = make_course("algo", title="Algorithms")
        enrolment = make_enrolment(course, user_id)
        group = make_group(course, "Sorting, and more", starts_at=START, ends_at=days(9), steps=[(1.0, days(2).isoformat()), (0.5, days(4).isoformat())])
        make_group(course, "Not yet", starts_at=days(3))
        make_extension(enrolment, group_id=group.id, extra=timedelta(days=2))
    link = link_in(browser.post("/courses/algo/calendar").text)
    assert link
    return link


def test_whoever_has_the_link_reads_the_students_own_deadlines(app: Flask, link: str) -> None:
    answer = app.test_client().get(link)

    assert answer.mimetype == "text/calendar"
    events = {str(event["summary"]): event.decoded("dtstart") for event in Calendar.from_ical(answer.data).walk("VEVENT")}
    assert events == {"Algorithms: Sorting, and more, last moment for 100 %": days(6), "Algorithms: Sorting, and more ends": days(11)}


def test_of_an_interpolated_deadline_it_says_what_is_left(app: Flask, link: str) -> None:
    with app.app_context():
        db.session.scalars(select(Course)).one().deadline_kind = "interpolate"
        db.session.commit()

    summaries = [str(event["summary"]) for event in Calendar.from_ical(app.test_client().get(link).data).walk("VEVENT")]

    assert summaries[0] == "Algorithms: Sorting, and more, down to 50 %"


def test_an_event_keeps_its_name_when_its_deadline_moves(app: Flask, link: str) -> None:
    def names() -> list[str]:
        return [str(event["uid"]) for event in Calendar.from_ical(app.test_client().get(link).data).walk("VEVENT")]

    before = names()
    with app.app_context():
        make_extension(db.session.scalars(select(Enrolment)).one(), group_id=1, extra=timedelta(days=7))

    assert names() == before
    assert len(set(before)) == len(before)


def test_the_link_is_shown_once_and_only_its_hash_is_kept(app: Flask, student: Student, link: str) -> None:
    token = link.rsplit("/", 1)[1].removesuffix(".ics")

    assert link_in(student[0].get("/courses/algo/calendar").text) is None
    with app.app_context():
        assert db.session.scalars(select(Enrolment.calendar_token_hash)).one() == digest(token)


def test_a_new_link_ends_the_old_one_and_stopping_ends_all(app: Flask, student: Student, link: str) -> None:
    newer = link_in(student[0].post("/courses/algo/calendar").text)

    assert newer
    assert [app.test_client().get(path).status_code for path in (link, newer)] == [404, 200]
    student[0].post("/courses/algo/calendar", data={"stop": "1"})
    assert app.test_client().get(newer).status_code == 404


def test_a_link_opens_nothing_of_another_course_or_of_one_that_is_hidden(app: Flask, link: str) -> None:
    with app.app_context():
        make_course("other")

    assert app.test_client().get(link.replace("algo", "other")).status_code == 404
    with app.app_context():
        db.session.scalars(select(Course).where(Course.name == "algo")).one().status = "hidden"
        db.session.commit()
    assert app.test_client().get(link).status_code == 404
