"""Tokens and the enrolment secret: each shown once, and good until it is revoked."""

import re

import pytest
from flask import Flask

from tests.app_fixtures import log_in
from tests.courses.administration.conftest import Desk
from tests.courses.administration.test_setting_up import shown_once
from tests.courses.courses_api import Api
from tests.factories import PASSWORD, make_user
from tests.pages import errors, read, rows


def test_a_token_opens_what_it_is_for_is_shown_once_and_opens_nothing_once_it_is_revoked(desk: Desk) -> None:
    made = desk.post("tokens", name="Grades", scope="read", current=PASSWORD)
    api = Api(desk.app.test_client(), token=shown_once(made.text))

    assert (api.get("database").status_code, api.post("report", task="sum", username="alice").status_code) == (200, 403)
    page = desk.get("tokens")
    assert "callboard_course_" not in page.text
    assert [(row["Name"], row["May"], row["For"]) for row in rows(read(page))] == [("Grades", "read", "everybody"), ("first", "configure", "everybody")]
    assert rows(read(page))[0]["Last used"] != "never"

    desk.post("tokens/revoke", id="2")

    assert api.get("database").status_code == 403
    assert (desk.noted("course_token.made")[-1]["scope"], len(desk.noted("course_token.revoked"))) == ("read", 1)


def test_a_students_token_reports_for_that_student_alone(desk: Desk) -> None:
    made = desk.post("tokens", name="CI", scope="report", student="alice", current=PASSWORD)

    api = Api(desk.app.test_client(), token=shown_once(made.text))

    assert [api.post("report", task="sum", username=name).status_code for name in ("alice", "bob")] == [200, 403]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"scope": "everything"}, "scope"),
        ({"student": "nobody"}, "student"),
        ({"student": "alice", "scope": "read"}, "student"),
        ({"current": "wrong password"}, "current"),
    ],
)
def test_a_token_that_cant_be_is_refused_beside_the_field(desk: Desk, typed: dict[str, str], wrong: str) -> None:
    page = desk.post("tokens", **{"name": "CI", "scope": "report", "current": PASSWORD, **typed})

    assert list(errors(read(page))) == [wrong]
    assert len(desk.noted("course_token.made")) == 0


def test_the_link_of_a_new_secret_lets_people_in_until_there_is_none(app: Flask, desk: Desk) -> None:
    made = desk.post("tokens/secret")
    with app.app_context():
        ada = log_in(app.test_client(), make_user("ada").id)
    (link,) = re.findall(r"http://localhost(/courses/algo/enrol\?secret=[\w-]+)", made.text)

    secret = link.partition("=")[2]
    assert secret not in desk.get("tokens").text
    assert f'value="{secret}"' in ada.get(link).text
    desk.post("tokens/secret", off="1")
    assert ada.get(link).status_code == 404
    assert [event["off"] for event in desk.noted("course.secret_changed")] == [False, True]
