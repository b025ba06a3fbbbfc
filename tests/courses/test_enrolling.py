"""Getting into a course by its secret, and who one is then."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.identities.models import Identity
from courses.models import Enrolment
from project.audit import AuditEvent
from project.extensions import db, settings_of
from project.providers import Provider
from tests.courses.rows import SECRET, make_assignment, make_course, make_enrolment, make_entry, make_group

Student = tuple[FlaskClient, int]
GITLAB = Provider(key="gitlab", name="GitLab", issuer="https://gitlab.example", client_id="callboard", client_secret="a-secret")


def enrolments(app: Flask) -> list[tuple[str, int | None]]:
    with app.app_context():
        return [(row.rms_username, row.account_id) for row in db.session.scalars(select(Enrolment).order_by(Enrolment.id))]


def sign_in_elsewhere(app: Flask, user_id: int, subject: str, issuer: str = GITLAB.issuer) -> None:
    """Let the account be linked to an identity, as a verified sign-in does."""
    app.extensions["callboard"] = replace(settings_of(app), providers=(GITLAB,))
    with app.app_context():
        db.session.add(Identity(user_id=user_id, issuer=issuer, subject=subject, name="alice", created_at=datetime.now(UTC)))
        db.session.commit()


def test_the_secret_lets_one_in(app: Flask, student: Student) -> None:
    browser, user_id = student
    with app.app_context():
        make_course("algo", title="Algorithms")

    answer = browser.post("/courses/algo/enrol", data={"secret": f" {SECRET} "}, follow_redirects=True)

    assert answer.request.path == "/courses/algo/"
    assert "Welcome to Algorithms." in answer.text
    assert "Your teacher still has to say who you are" in answer.text
    assert enrolments(app) == [("@ada", user_id)]
    with app.app_context():
        assert db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id.desc())).first() == "course.enrolled"


def test_a_link_carries_the_secret_into_the_form(app: Flask, student: Student) -> None:
    with app.app_context():
        make_course("algo")

    page = student[0].get(f"/courses/algo/?secret={SECRET}", follow_redirects=True)

    assert f'value="{SECRET}"' in page.text
    assert enrolments(app) == []


@pytest.mark.parametrize("secret", ["", "wrong", SECRET.upper(), "x" * 300, "\ud800"])
def test_a_wrong_secret_lets_nobody_in(app: Flask, student: Student, secret: str) -> None:
    with app.app_context():
        make_course("algo")

    answer = student[0].post("/courses/algo/enrol", data={"secret": secret.encode("utf-8", "surrogatepass")})

    assert answer.status_code == 200
    assert "field-error" in answer.text
    assert enrolments(app) == []


def test_a_course_that_is_archived_hidden_or_without_a_secret_takes_nobody(app: Flask, student: Student) -> None:
    with app.app_context():
        make_course("archived", archived_at=datetime.now(UTC))
        make_course("hidden", status="hidden")
        make_course("closed", enrolment_secret_hash=None)

    for name in ("archived", "hidden", "closed"):
        assert student[0].post(f"/courses/{name}/enrol", data={"secret": SECRET}).status_code == 404
    assert enrolments(app) == []


def test_to_enrol_twice_changes_nothing(app: Flask, student: Student) -> None:
    browser, user_id = student
    with app.app_context():
        make_enrolment(make_course("algo"), user_id, rms_username="ada.l")

    answer = browser.post("/courses/algo/enrol", data={"secret": SECRET}, follow_redirects=True)

    assert "You are in this course already." in answer.text
    assert enrolments(app) == [("ada.l", user_id)]


def test_whom_gitlab_vouches_for_gets_the_scores_that_were_reported_by_its_id(app: Flask, student: Student) -> None:
    browser, user_id = student
    sign_in_elsewhere(app, user_id, "4711")
    with app.app_context():
        course = make_course("algo")
        reported = make_enrolment(course, rms_username="alice", rms_id="4711")
        make_enrolment(make_course(), rms_username="alice", rms_id="4711")
        make_entry(reported, make_assignment(make_group(course)), 7)

    page = browser.post("/courses/algo/enrol", data={"secret": SECRET}, follow_redirects=True).text

    assert "7 of 10" in " ".join(page.replace('<span class="number">', "").replace("</span>", "").split())
    assert enrolments(app) == [("alice", user_id), ("alice", None)]


def test_nobody_gets_anothers_scores_by_a_name_or_by_the_same_id_elsewhere(app: Flask, student: Student) -> None:
    browser, user_id = student
    # The identity is called alice, too, and its provider is another one.
    sign_in_elsewhere(app, user_id, "4711", issuer="https://elsewhere.example")
    with app.app_context():
        make_enrolment(make_course("algo"), rms_username="alice", rms_id="4711")

    browser.post("/courses/algo/enrol", data={"secret": SECRET})

    assert enrolments(app) == [("alice", None), ("@ada", user_id)]
