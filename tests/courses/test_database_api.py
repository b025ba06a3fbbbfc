"""The gradebook over HTTP: who sees what, and who changes what."""

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from courses import queries
from courses.models import Scope
from project.audit import AuditEvent
from project.extensions import db
from tests.app_fixtures import log_in
from tests.courses.courses_api import CONFIG, Api, add_token, make_api
from tests.factories import make_superuser, make_user

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def api(app: Flask) -> Api:
    """A course that runs."""
    return make_api(app)


def logged_in(app: Flask, username: str | None, **rights: Any) -> Api:
    """The course for somebody who is logged in, and bound to that name in it."""
    with app.app_context():
        user_id = make_user(**rights).id
        course = queries.find_course("algo")
        enrolment = queries.find_enrolment(course.id, username) if course and username else None
        if enrolment:
            enrolment.account_id = user_id
            db.session.commit()
    return Api(log_in(app.test_client(), user_id), token="")


def test_the_gradebook_is_what_clients_of_manytask_know(api: Api) -> None:
    api.report("large", score="60")
    api.report("gift")

    answer = api.get("database").json

    assert answer["tasks"][0] == {"name": "sum", "score": 0, "group": "basics"}
    assert answer["max_score"] == 10 + 100 + 20
    assert [row["username"] for row in answer["students"]] == ["alice", "bob"]
    assert answer["students"][0] == {
        "username": "alice",
        "scores": {"large": 60, "gift": 5},
        "total_score": 65,
        "percent": 50.0,
        "large_count": 1,
        "grade": 3,
        "grade_is_override": False,
        **dict.fromkeys(("first_name", "last_name", "repo_url", "comment"), ""),
    }


def test_a_student_sees_the_own_row_alone_without_what_is_for_teachers(app: Flask, api: Api) -> None:
    rows = logged_in(app, "alice").get("database").json["students"]

    assert [row["username"] for row in rows] == ["alice"]
    assert "comment" not in rows[0]


def test_a_student_sees_nothing_of_a_hidden_course(app: Flask, api: Api) -> None:
    api.load(CONFIG.replace("in_progress", "hidden"))

    assert logged_in(app, "alice").get("database").status_code == 403


def test_somebody_else_sees_nothing_and_a_reviewer_and_a_teacher_all(app: Flask, api: Api) -> None:
    assert logged_in(app, None).get("database").status_code == 403
    assert len(logged_in(app, None, can_review_tasks=True).get("database").json["students"]) == 2
    assert "comment" in logged_in(app, "teacher").get("database").json["students"][0]


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [(Scope.REPORT, [200, 200, 403, 403, 403]), (Scope.READ, [403, 404, 200, 403, 403]), (Scope.CONFIGURE, [200, 200, 200, 200, 200])],
)
def test_a_token_opens_what_its_scope_says(app: Flask, api: Api, scope: Scope, statuses: list[int]) -> None:
    add_token(app, "another-token", scope)
    other = Api(api.client, token="another-token")
    update = {"new_scores": {}, "row_data": {"username": "alice"}}

    answers = [other.post("report", task="sum", username="bob"), other.get("score", task="sum", username="bob"), other.get("database")]
    answers += [other.send("database/update", update), other.load(CONFIG)]

    assert [answer.status_code for answer in answers] == statuses


def test_scores_are_set_with_a_token_and_the_server_adds_up(app: Flask, api: Api) -> None:
    api.report("sum", score="9")

    answer = api.send("database/update", {"new_scores": {"sum": 4, "gift": 2.0}, "row_data": {"username": "alice", "total_score": 1000}})

    assert (answer.json["success"], json.loads(answer.json["row_data"])["total_score"]) == (True, 6)
    assert api.report("sum", score="3")["score"] == 4
    with app.app_context():
        edits = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "score.edited").order_by(AuditEvent.id)).all()
        found = {edit.details["task"]: (edit.details["before"], edit.details["after"]) for edit in edits}
    assert found == {"sum": (9, 4), "gift": (None, 2)}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"new_scores": {"nothing": 1}, "row_data": {"username": "alice"}}, 400),
        ({"new_scores": {"sum": 1}, "row_data": {"username": "eve"}}, 404),
        ({"new_scores": {"sum": 1.5}, "row_data": {"username": "alice"}}, 400),
        ({"new_scores": {"sum": True}, "row_data": {"username": "alice"}}, 400),
        ({"new_scores": {"sum": 2**40}, "row_data": {"username": "alice"}}, 400),
        ({"new_scores": {"sum": 1}, "row_data": {"username": 7}}, 400),
        ({"new_scores": [], "row_data": {}}, 400),
        ([], 400),
        ("x", 400),
    ],
)
def test_an_update_that_cant_be_done_changes_nothing(api: Api, body: object, status: int) -> None:
    assert api.send("database/update", body).status_code == status
    assert api.row()["scores"] == {}


def test_a_teacher_comments_and_overrides_and_clears_a_grade(app: Flask, api: Api) -> None:
    teacher = logged_in(app, "teacher")

    answers = [teacher.send("comment/update", {"username": "alice", "comment": "Ill in May"})]
    answers += [teacher.send("grade/override", {"username": "alice", "grade": 4})]
    overridden = api.row()
    answers += [teacher.send("grade/clear_override", {"username": "alice"})]

    assert [answer.json for answer in answers] == [{"success": True}] * 3
    assert (overridden["comment"], overridden["grade"], overridden["grade_is_override"]) == ("Ill in May", 4, True)
    assert (api.row()["grade"], api.row()["grade_is_override"]) == (0, False)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("comment/update", {"username": "eve", "comment": ""}, 404),
        ("comment/update", {"username": "alice"}, 400),
        ("comment/update", {"username": "alice", "comment": "\ud800"}, 400),
        ("grade/override", {"username": "alice", "grade": "5"}, 400),
        ("grade/clear_override", {}, 400),
    ],
)
def test_a_change_of_a_row_that_cant_be_done_is_refused(app: Flask, api: Api, path: str, body: object, status: int) -> None:
    assert logged_in(app, "teacher").send(path, body).status_code == status


def test_students_and_tokens_change_no_row(app: Flask, api: Api) -> None:
    body = {"username": "alice", "comment": "x", "grade": 5}
    paths = ("comment/update", "grade/override", "grade/clear_override")

    assert {logged_in(app, "alice").send(path, body).status_code for path in paths} == {403}
    assert {api.send(path, body).status_code for path in paths} == {403}
    assert {logged_in(app, None, can_review_tasks=True).send(path, body).status_code for path in paths} == {403}


def test_who_is_a_teacher_is_told(api: Api) -> None:
    assert [api.get("is_admin", rms_username=name).json["is_admin"] for name in ("teacher", "alice", "nobody")] == [True, False, False]
    assert api.get("is_admin").status_code == 400


def test_a_superuser_changes_rows_of_each_course(app: Flask, api: Api) -> None:
    with app.app_context():
        user_id = make_superuser().id

    answer = Api(log_in(app.test_client(), user_id), token="").send("grade/override", {"username": "bob", "grade": 5})

    assert (answer.status_code, api.row("bob")["grade"]) == (200, 5)
