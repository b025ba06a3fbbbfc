"""Loading a config over HTTP: all of it or none, and what it changes in scores."""

import pytest
from flask import Flask

from courses import loading
from courses.actors import recompute_course
from tests.courses.courses_api import CONFIG, Api, make_api
from tests.statements import statements


@pytest.fixture
def api(app: Flask) -> Api:
    """A course that runs."""
    return make_api(app)


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/yaml", "application/octet-stream", "multipart/form-data"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_body_is_the_config_whatever_type_it_says_to_be(api: Api, content_type: str) -> None:
    answer = api.client.post(
        "/api/algo/update_config", data=CONFIG.replace("score: 10}", "score: 12}").encode(), content_type=content_type, headers=api.headers
    )

    assert (answer.status_code, answer.text) == (200, "")
    assert api.get("deadlines").json["tasks"][0] == {
        "task_name": "sum",
        "group": "basics",
        "deadline": "2099-12-31T21:00:00Z",
        "score": 12,
        "is_bonus": False,
        "is_large": False,
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_config_with_faults_changes_nothing_and_all_of_them_are_told(api: Api) -> None:
    before = api.get("deadlines").json, api.get("database").json

    answer = api.load(CONFIG.replace("score: 10}", "score: many}").replace("Europe/Moscow", "Europe/Nowhere"))

    assert (answer.status_code, answer.mimetype, len(answer.text.splitlines())) == (400, "text/plain", 3)
    assert "Line " in answer.text
    assert (api.get("deadlines").json, api.get("database").json) == before


def test_a_changed_config_evaluates_what_was_reported_anew(api: Api) -> None:
    api.report("sum", score="0.5")
    api.report("old", submit_time="2025-09-20 10:00:00+0300")
    assert api.row()["scores"] == {"sum": 5, "old": 20}

    api.load(CONFIG.replace("{task: sum, score: 10}", "{task: sum, score: 30}").replace("2025-09-26 21:00", "2025-09-19 21:00"))

    assert api.row() | {"percent": 0} == {
        "username": "alice",
        "scores": {"sum": 15, "old": 10},
        "total_score": 25,
        "percent": 0,
        "large_count": 0,
        "grade": 3,
        "grade_is_override": False,
        **dict.fromkeys(("first_name", "last_name", "repo_url", "comment"), ""),
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_task_that_the_config_has_no_more_counts_no_more_and_comes_back_with_its_history(api: Api) -> None:
    api.report("sum")
    api.report("gift")

    api.load(CONFIG.replace("{task: sum, score: 10}", "{task: other, score: 10}"))
    without = api.row()["total_score"], api.post("report", task="sum", username="alice").status_code
    api.load(CONFIG)

    assert without == (5, 404)
    assert api.row()["total_score"] == 15


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_grade_never_falls_once_all_tasks_are_issued(api: Api) -> None:
    api.report("large", score="100")
    assert api.row()["grade"] == 3
    api.load(CONFIG.replace("in_progress", "all_tasks_issued"))

    api.report("large", score="0", allow_reduction="true")

    assert (api.row()["total_score"], api.row()["grade"]) == (0, 3)


def test_of_many_students_a_worker_puts_the_config_in_effect_together_with_its_scores(app: Flask, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.report("sum", score="0.5")
    before = api.get("deadlines").json, api.get("database").json
    monkeypatch.setattr(loading, "FEW", 1)

    assert api.load(CONFIG.replace("{task: sum, score: 10}", "{task: sum, score: 30}")).status_code == 200
    assert (api.get("deadlines").json, api.get("database").json) == before
    with app.app_context():
        recompute_course.function(1)

    assert (api.row()["total_score"], api.get("deadlines").json["tasks"][0]["score"]) == (15, 30)


def test_a_config_takes_few_statements(app: Flask, api: Api) -> None:
    groups = "".join(
        f"  - group: g{group}\n    start: 2025-09-07 10:00\n    end: 2026-01-01 00:00\n    tasks:\n"
        + "".join(f"    - {{task: t{group}-{task}, score: 10}}\n" for task in range(6))
        for group in range(10)
    )
    api.report("sum")

    with statements(app) as seen:
        assert api.load(CONFIG.partition("  - group: basics")[0] + groups).status_code == 200

    assert len(seen) <= 40, seen
