"""Users' own tokens at the API of courses: they open what a session of the same user opens, within their scopes, and what keys do is recorded with them."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from courses import queries
from courses.callers import ACT, SEE
from courses.models import Scope
from project.audit import AuditEvent
from project.extensions import db
from tests.accounts.tokens.tokens import make_token
from tests.app_fixtures import log_in
from tests.apps import close, make_app
from tests.courses.courses_api import Api, add_token, make_api
from tests.factories import make_superuser, make_user
from tests.pages import read

BODY = {"username": "alice", "comment": "x", "grade": 5, "new_scores": {"sum": 1}, "row_data": {"username": "alice"}}
CHANGES = ("database/update", "comment/update", "grade/override", "grade/clear_override")


@pytest.fixture
def app(sqlite_url: str) -> Iterator[Flask]:
    """An app whose forms need their token, as in earnest."""
    app = make_app(sqlite_url)
    yield app
    close(app)


@pytest.fixture
def api(app: Flask) -> Api:
    """A course that runs."""
    return make_api(app)


def user_of(app: Flask, seat: str | None, **rights: Any) -> int:
    """Somebody who sits there in the course."""
    with app.app_context():
        user_id = make_user(seat or "", **rights).id if seat else make_user(**rights).id
        course = queries.find_course("algo")
        enrolment = queries.find_enrolment(course.id, seat) if course and seat else None
        if enrolment:
            enrolment.account_id = user_id
            db.session.commit()
    return user_id


def recorded(app: Flask, action: str) -> list[tuple[int | None, dict[str, Any]]]:
    """Who did that, and the details."""
    with app.app_context():
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id))
        return [(event.actor_id, event.details) for event in events]


def answers(app: Flask, user_id: int, *scopes: str) -> list[int]:
    """What a new token of the user gets: for the gradebook, and for each change."""
    mine = Api(app.test_client(), token=make_token(app, user_id, *scopes))
    return [mine.get("database").status_code, *(mine.send(path, BODY).status_code for path in CHANGES)]


@pytest.mark.parametrize(
    ("seat", "rights", "sees", "changes"),
    [
        ("teacher", {}, 200, 200),
        ("alice", {}, 200, 403),
        (None, {"can_review_tasks": True}, 200, 403),
        (None, {"is_superuser": True}, 200, 200),
        (None, {}, 403, 403),
    ],
)
def test_a_users_token_opens_what_its_scope_says_and_its_user_may(
    app: Flask, api: Api, seat: str | None, rights: dict[str, bool], sees: int, changes: int
) -> None:
    user_id = user_of(app, seat, **rights)

    assert answers(app, user_id, SEE, ACT) == [sees, *[changes] * 4]
    assert answers(app, user_id, SEE) == [sees, *[403] * 4]
    assert answers(app, user_id, ACT) == [403, *[changes] * 4]
    assert answers(app, user_id, "account:read") == [403] * 5


def test_a_students_own_token_sees_the_own_row_alone(app: Flask, api: Api) -> None:
    rows = Api(app.test_client(), token=make_token(app, user_of(app, "alice"), SEE)).get("database").json["students"]

    assert [row["username"] for row in rows] == ["alice"]
    assert "comment" not in rows[0]


def test_a_token_that_is_refused_is_told_which_scope_it_lacks_and_the_refusal_is_recorded(app: Flask, api: Api) -> None:
    teacher = user_of(app, "teacher")

    answer = Api(app.test_client(), token=make_token(app, teacher, SEE)).send("comment/update", BODY)

    assert "courses:act" in answer.text
    assert recorded(app, "access.refused") == [(teacher, {"endpoint": "courses_api.update_comment", "method": "POST", "with": "token 1"})]


def test_a_users_token_beside_a_session_counts_and_not_the_session(app: Flask, api: Api) -> None:
    with app.app_context():
        superuser = make_superuser().id
    browser = log_in(app.test_client(), superuser)

    assert Api(browser, token=make_token(app, user_of(app, "alice"), ACT)).send("comment/update", BODY).status_code == 403
    assert Api(browser, token="callboard_" + "x" * 43).send("comment/update", BODY).status_code == 403


def test_a_user_who_is_refused_by_the_role_is_recorded(app: Flask, api: Api) -> None:
    alice, stranger = user_of(app, "alice"), user_of(app, None)

    Api(app.test_client(), token=make_token(app, alice, ACT)).send("grade/override", BODY)
    log_in(app.test_client(), stranger).get("/api/algo/database")

    details = [{"endpoint": "courses_api.override_grade", "method": "POST", "with": "token 1"}, {"endpoint": "courses_api.database", "method": "GET"}]
    assert recorded(app, "access.refused") == list(zip((alice, stranger), details, strict=True))


def test_a_courses_token_beyond_its_scope_is_recorded_once_a_minute(app: Flask, api: Api) -> None:
    add_token(app, "another-token", Scope.REPORT)

    for _ in range(2):
        assert Api(app.test_client(), token="another-token").get("database").status_code == 403

    assert recorded(app, "access.refused") == [(None, {"endpoint": "courses_api.database", "method": "GET", "with": "course token 2"})]


def test_what_a_courses_token_changes_is_recorded_with_it_and_the_page_names_it(app: Flask, api: Api) -> None:
    api.send("database/update", {"new_scores": {"sum": 1}, "row_data": {"username": "alice"}})
    with app.app_context():
        superuser = make_superuser().id

    page = read(log_in(app.test_client(), superuser).get("/audit/?action=score"))

    assert recorded(app, "score.edited") == [(None, {"task": "sum", "before": None, "after": 1, "with": "course token 1"})]
    assert "course token 1" in [link.text for link in page.all("td")[1].all("a")]


def test_what_a_courses_token_changes_beside_a_session_is_not_the_sessions_doing(app: Flask, api: Api) -> None:
    with app.app_context():
        browser = log_in(app.test_client(), make_superuser().id)

    Api(browser).send("database/update", {"new_scores": {"sum": 1}, "row_data": {"username": "alice"}})

    assert [(actor, details["with"]) for actor, details in recorded(app, "score.edited")] == [(None, "course token 1")]


def test_what_a_users_token_changes_is_recorded_with_it(app: Flask, api: Api) -> None:
    teacher = user_of(app, "teacher")

    Api(app.test_client(), token=make_token(app, teacher, ACT)).send("grade/override", BODY)

    assert recorded(app, "grade.overridden") == [(teacher, {"before": None, "grade": 5, "with": "token 1"})]
