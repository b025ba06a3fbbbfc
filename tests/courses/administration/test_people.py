"""The people of a course: who they are, what they may, and which account is whose."""

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.people.export import as_json
from accounts.queries import find_user, get_user
from courses import history_queries, people
from courses.models import Enrolment, Extension, Role, Score, Submission
from courses.personal_queries import OF_ACCOUNT
from project.audit import AuditEvent
from project.extensions import db
from project.tokens import digest
from tests.app_fixtures import log_in
from tests.courses.administration.conftest import Desk
from tests.courses.rows import SECRET, make_course, make_enrolment, make_extension
from tests.factories import make_user
from tests.pages import errors, messages, next_page, read, rows
from tests.statements import statements


def bound(desk: Desk) -> dict[str, str | None]:
    """Which account each name in reports is bound to."""
    with desk.app.app_context():
        return {
            each.rms_username: find_name(each.account_id) if each.account_id else None for each in db.session.scalars(select(Enrolment).order_by(Enrolment.id))
        }


def find_name(account_id: int) -> str:
    """The username."""
    user = get_user(account_id)
    assert user is not None
    return user.username


def browser_of(app: Flask, name: str) -> Any:
    """Somebody with an account, who enrolled by the secret."""
    with app.app_context():
        user_id = make_user(name).id
    return log_in(app.test_client(), user_id)


def enrol_by_secret(desk: Desk, name: str) -> Any:
    """The browser of a newcomer whom no report means yet."""
    with desk.app.app_context():
        desk.course().enrolment_secret_hash = digest(SECRET)
        db.session.commit()
    browser = browser_of(desk.app, name)
    browser.post("/courses/algo/enrol", data={"secret": SECRET})
    return browser


def test_the_list_is_paged_and_searched_in_a_constant_number_of_statements(desk: Desk) -> None:
    with statements(desk.app) as few:
        desk.get("people")
    with desk.app.app_context():
        for number in range(120):
            history_queries.add_enrolment(desk.course().id, f"s{number:03}", first_name="Barbara", last_name=f"No {number}")
        db.session.commit()

    with statements(desk.app) as many:
        page = read(desk.get("people"))

    assert len(few) == len(many)
    assert [row["In reports"] for row in rows(page)][:3] == ["alice", "bob", "s000"]
    second = read(desk.browser.get(next_page(page) or ""))
    assert rows(second)[0]["In reports"] == "s048"
    assert [row["In reports"] for row in rows(read(desk.get("people?search=no 11")))] == ["s011", *(f"s{number}" for number in range(110, 120))]
    assert [row["In reports"] for row in rows(read(desk.get("people?kind=teacher")))] == ["teacher"]


def test_somebody_is_enrolled_made_a_teacher_and_a_student_again(desk: Desk) -> None:
    desk.post("people", rms_username="carol", rms_id="77")
    person = desk.id_of("carol")
    desk.post(f"people/{person}/role", role="teacher")
    with desk.app.app_context():
        assert (db.session.get_one(Enrolment, person).role, db.session.get_one(Enrolment, person).rms_id) == (Role.TEACHER, "77")

    desk.post(f"people/{person}/role", role="student")

    assert desk.noted("enrolment.role_changed") == [{"before": "student", "after": "teacher"}, {"before": "teacher", "after": "student"}]
    assert "already" in errors(read(desk.post("people", rms_username="carol", is_teacher="y")))["rms_username"]
    assert "begin" in errors(read(desk.post("people", rms_username="@carol")))["rms_username"]


def test_a_teacher_binds_an_account_which_sees_the_scores_until_it_is_unbound(desk: Desk) -> None:
    desk.api.report("sum", score="7")
    ada = browser_of(desk.app, "ada")
    person = desk.id_of("alice")
    assert ada.get("/courses/algo/").status_code == 404

    desk.post(f"people/{person}/bind", account="ada")
    assert "7 of" in read(ada.get("/courses/algo/")).text
    again = desk.post(f"people/{person}/bind", account="tess")
    desk.post(f"people/{person}/unbind")

    assert messages(read(again)) == ["error: alice is bound to an account already. Unbind it first."]
    assert (ada.get("/courses/algo/").status_code, desk.api.row()["total_score"]) == (404, 7)
    assert [event["how"] for event in desk.noted("enrolment.bound")] == ["teacher"]
    assert len(desk.noted("enrolment.unbound")) == 1


def test_one_account_is_one_person_in_a_course(desk: Desk) -> None:
    page = desk.post(f"people/{desk.id_of('alice')}/bind", account="tess")

    assert messages(read(page)) == ["error: tess is teacher in this course already."]
    assert "There is no user" in errors(read(desk.post(f"people/{desk.id_of('alice')}/bind", account="nobody")))["account"]


@pytest.mark.parametrize("by", ["binding", "naming"])
def test_whoever_enrolled_by_the_secret_gets_the_scores_that_were_reported_for_a_name(desk: Desk, by: str) -> None:
    desk.api.report("old", score="20", submit_time="2025-10-09 10:00:00+0300")
    ada = enrol_by_secret(desk, "ada")
    placeholder = desk.id_of("@ada")
    with desk.app.app_context():
        terms = history_queries.terms_of(desk.course().id, "old")
        assert terms is not None
        make_extension(db.session.get_one(Enrolment, placeholder), assignment_id=terms.assignment_id, ends_at=terms.ends_at.replace(year=2026))

    if by == "binding":
        desk.post(f"people/{desk.id_of('alice')}/bind", account="ada")
    else:
        desk.post(f"people/{placeholder}/name", rms_username="alice", rms_id="1")

    assert bound(desk) == {"alice": "ada", "bob": None, "teacher": "tess"}
    # The extension came along, so what was late is not.
    assert desk.api.row()["total_score"] == 10
    assert "10 of" in read(ada.get("/courses/algo/")).text


def test_whoever_enrolled_by_the_secret_gets_a_name_that_no_report_had_yet(desk: Desk) -> None:
    enrol_by_secret(desk, "ada")

    desk.post(f"people/{desk.id_of('@ada')}/name", rms_username="ada.l")
    taken = desk.post(f"people/{desk.id_of('ada.l')}/name", rms_username="bob")

    desk.api.report("sum", "ada.l", score="4")
    assert bound(desk)["ada.l"] == "ada"
    assert messages(read(taken)) == ["error: Somebody else in this course is called bob."]


@pytest.mark.parametrize(
    ("provider", "subject", "username", "binds"),
    [
        ("gitlab", "1", "renamed", {"alice"}),
        ("gitlab", "99", "carol", {"carol"}),
        ("gitlab", "99", "alice", set()),
        ("gitlab", "99", "dora", set()),
        ("oidc", "1", "alice", {"elsewhere"}),
        ("oidc", "99", "carol", set()),
    ],
)
def test_a_verified_sign_in_binds_by_the_id_and_at_gitlab_a_student_by_the_name(
    desk: Desk, provider: str, subject: str, username: str, binds: set[str]
) -> None:
    with desk.app.app_context():
        course = desk.course()
        make_enrolment(course, rms_username="carol")
        make_enrolment(course, rms_username="dora", role=Role.TEACHER)
        make_enrolment(make_course(identity_provider="oidc"), rms_username="elsewhere", rms_id="1")
        make_enrolment(make_course(identity_provider="oidc"), rms_username="carol")
        make_enrolment(make_course(identity_provider=""), rms_username="nobody's", rms_id="1")
        ada = make_user("ada")

        people.bind_whom_a_provider_vouches_for(ada, provider, subject, username)
        db.session.commit()

        assert set(db.session.scalars(select(Enrolment.rms_username).where(Enrolment.account_id == ada.id))) == binds
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "enrolment.bound")).all()
        assert [(event.actor_id, event.details["how"]) for event in events] == [(ada.id, provider)] * len(binds)


def test_all_that_a_course_holds_about_somebody_is_exported_and_deleted_and_belongs_to_the_account(desk: Desk) -> None:
    desk.api.report("sum", score="7", commit="abc", job="1")
    person = desk.id_of("alice")
    desk.post("extensions", student="alice", of="task-1", days="1", reason="Was ill.")
    ada = browser_of(desk.app, "ada")
    desk.post(f"people/{person}/bind", account="ada")
    assert desk.browser.post("/api/algo/comment/update", json={"username": "alice", "comment": "a note of teachers"}).status_code == 200

    exported = desk.post(f"people/{person}/export")
    with desk.app.app_context():
        user = find_user("ada")
        assert user is not None
        of_account = json.loads("".join(as_json(user.id, OF_ACCOUNT)))

    data = json.loads(exported.text)
    assert (data["enrolments"][0]["rms_username"], data["scores"][0]["value"]) == ("alice", 7)
    assert (data["submissions"][0]["commit"], data["submissions"][0]["task"], data["extensions"][0]["extra"]) == ("abc", "sum", 86400.0)
    assert data["enrolments"][0]["comment"] == "a note of teachers"
    assert data == {name: of_account[name] for name in data}

    wrong = desk.post(f"people/{person}/delete", typed="bob")
    assert list(errors(read(wrong))) == ["typed"]
    desk.post(f"people/{person}/delete", typed="alice")

    with desk.app.app_context():
        assert [db.session.scalar(select(func.count()).select_from(table)) for table in (Submission, Score, Extension)] == [0, 0, 0]
    assert ada.get("/courses/algo/").status_code == 404
    assert desk.noted("enrolment.deleted") == [{"course": "algo"}]
    assert "alice" not in json.dumps(desk.noted("enrolment.exported") + desk.noted("enrolment.deleted"))
