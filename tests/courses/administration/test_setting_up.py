"""Making a course, its settings, archiving it, and copying it for next year."""

import re
from typing import Any

import pytest
from flask import Flask

from courses import loading, queries
from courses.actors import recompute_course
from courses.models import Enrolment
from project.extensions import db
from tests.app_fixtures import log_in
from tests.courses.administration.conftest import Desk
from tests.courses.courses_api import CONFIG, Api
from tests.factories import make_superuser
from tests.pages import errors, facts, messages, read

SETTINGS = {"title": "Algorithms", "status": "in_progress", "identity_provider": "gitlab"}


@pytest.fixture
def superuser(app: Flask) -> Any:
    """The browser of somebody who may do everything."""
    with app.app_context():
        user_id = make_superuser().id
    return log_in(app.test_client(), user_id)


def shown_once(text: str) -> str:
    """The token that a page shows."""
    found = re.search(r"callboard_course_[\w-]+", text)
    assert found
    return found[0]


def test_a_course_is_made_on_a_page_which_shows_its_token_once(app: Flask, superuser: Any) -> None:
    made = superuser.post("/courses/new", data={"name": "2026-spring", "title": "Spring"})

    assert Api(app.test_client(), "2026-spring", shown_once(made.text)).get("ping").json == {"course": "2026-spring", "ok": True}
    assert "Spring" in superuser.get("/courses/").text


@pytest.mark.parametrize("name", ["", "a b", "new", "openapi.json", "Tasks", "x" * 65])
def test_a_name_that_collides_with_the_sites_addresses_is_refused(app: Flask, superuser: Any, name: str) -> None:
    refused = superuser.post("/courses/new", data={"name": name, "title": "Spring"})

    assert list(errors(read(refused))) == ["name"]
    with app.app_context():
        assert queries.every_course() == []


def test_a_setting_that_scores_depend_on_works_them_out_anew_and_is_in_the_audit(desk: Desk) -> None:
    desk.api.load(CONFIG.replace("  timezone:", "  max_submissions: 1\n  timezone:"))
    desk.api.report("sum", score="3")
    desk.api.report("sum", score="9")

    page = desk.post("settings", **SETTINGS, enforce_limits="y")

    assert messages(read(page)) == ["success: Saved."]
    assert desk.api.row()["total_score"] == 3
    assert desk.noted("course.settings_changed") == [{"title": "Algorithms", "enforce_limits": True}]


def test_what_the_config_decides_is_said_and_cant_be_set(desk: Desk) -> None:
    page = read(desk.post("settings", **SETTINGS, timezone="UTC", max_submissions="1"))

    assert facts(page)["Time zone"] == "Europe/Moscow"
    assert "timezone" not in {field.attributes.get("name") for field in page.all("input")}
    with desk.app.app_context():
        assert (desk.course().timezone, desk.course().max_submissions) == ("Europe/Moscow", None)


def test_of_many_people_a_worker_puts_a_setting_in_effect_together_with_its_scores(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.api.load(CONFIG.replace("  timezone:", "  max_submissions: 1\n  timezone:"))
    desk.api.report("sum", score="3")
    desk.api.report("sum", score="9")
    monkeypatch.setattr(loading, "FEW", 1)

    page = desk.post("settings", **SETTINGS, enforce_limits="y")
    with desk.app.app_context():
        before = desk.course().enforce_limits, desk.api.row()["total_score"]
        recompute_course.function(desk.course().id)
    with desk.app.app_context():
        after = desk.course().enforce_limits, desk.api.row()["total_score"]

    assert "until that is done everybody sees the course as it was" in " ".join(read(page).text.split())
    assert (before, after) == ((False, 9), (True, 3))


def test_a_course_that_is_archived_can_only_be_read_until_it_is_back(desk: Desk) -> None:
    desk.api.report("sum", score="3")

    page = desk.post("archive")
    sent = [desk.api.post("report", task="sum", username="alice"), desk.api.load(CONFIG)]
    sent += [desk.api.send("database/update", {"new_scores": {"sum": 4}, "row_data": {"username": "alice"}})]
    refused = desk.post("settings", **SETTINGS)

    assert "This course is archived" in page.text
    assert [(answer.status_code, answer.text[:30]) for answer in sent] == [(409, 'The course "algo" is archived:')] * 3
    assert "error: This course is archived: nothing in it changes. Bring it back first." in messages(read(refused))
    assert desk.api.row()["total_score"] == 3
    assert desk.get("people").status_code == 200

    desk.post("archive", back="1")

    assert desk.api.report("sum", score="5")["score"] == 5
    assert (len(desk.noted("course.archived")), len(desk.noted("course.brought_back"))) == (1, 1)


def test_a_copy_has_later_dates_and_the_settings_and_nobody_in_it(app: Flask, desk: Desk, superuser: Any) -> None:
    desk.post("settings", **SETTINGS, show_all_scores="y")

    made = superuser.post("/courses/algo/copy", data={"name": "next", "title": "Next year", "days": "364"})

    api = Api(app.test_client(), "next", shown_once(made.text))
    assert [(task["task_name"], task["deadline"]) for task in api.get("deadlines").json["tasks"]][::4] == [
        ("sum", "2100-12-30T21:00:00Z"),
        ("later", "2101-10-06T07:00:00Z"),
    ]
    with app.app_context():
        course = queries.find_course("next")
        assert course is not None
        assert (course.status, course.show_all_scores, course.enrolment_secret_hash) == ("hidden", True, None)
        assert db.session.query(Enrolment).filter_by(course_id=course.id).count() == 0
