"""`flask courses …`."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from courses import queries
from courses.models import Role
from tests.app_fixtures import log_in
from tests.courses.courses_api import CONFIG, Api, make_api
from tests.factories import make_user

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def run(app: Flask, *args: str) -> Result:
    """Run `flask courses …`."""
    return app.test_cli_runner().invoke(args=["courses", *args])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A config."""
    path = tmp_path / ".manytask.yml"
    path.write_text(CONFIG)
    return path


def test_a_course_is_made_its_config_loaded_somebody_enrolled_and_a_report_counts(app: Flask, file: Path) -> None:
    made = run(app, "create", "2026-spring", "--title", "Spring")
    token = made.stdout.strip()
    assert run(app, "load", "2026-spring", str(file)).exit_code == 0
    assert run(app, "enrol", "2026-spring", "alice").exit_code == 0
    assert run(app, "enrol", "2026-spring", "ada", "--teacher").exit_code == 0

    api = Api(app.test_client(), "2026-spring", token)

    assert api.report("sum")["score"] == 10
    assert [row["username"] for row in api.get("database").json["students"]] == ["alice"]
    with app.app_context():
        course = queries.find_course("2026-spring")
        assert course is not None
        ada = queries.find_enrolment(course.id, "ada")
        assert ada is not None
        assert (course.title, ada.role) == ("Spring", Role.TEACHER)


def test_a_course_keeps_the_token_that_its_checkers_have(app: Flask) -> None:
    made = run(app, "create", "algo", "--token", "a-token-from-manytask")

    assert (made.exit_code, made.stdout) == (0, "")
    assert Api(app.test_client(), token="a-token-from-manytask").get("ping").status_code == 200
    assert "Another course has this token" in run(app, "create", "other", "--token", "a-token-from-manytask").output


def test_a_secret_lets_people_in_until_there_is_another_or_none(app: Flask, file: Path) -> None:
    run(app, "create", "algo")
    run(app, "load", "algo", str(file))
    with app.app_context():
        people = [make_user(name).id for name in ("ada", "bob", "eve")]
    browsers = [log_in(app.test_client(), person) for person in people]

    first = run(app, "secret", "algo").stdout.strip()
    assert browsers[0].post("/courses/algo/enrol", data={"secret": first}).status_code == 302

    second = run(app, "secret", "algo").stdout.strip()
    assert "This is not the secret" in browsers[1].post("/courses/algo/enrol", data={"secret": first}).text
    assert browsers[1].post("/courses/algo/enrol", data={"secret": second}).status_code == 302

    assert run(app, "secret", "algo", "--off").stdout == ""
    assert browsers[2].post("/courses/algo/enrol", data={"secret": second}).status_code == 404


@pytest.mark.parametrize("name", ["", "-x", "a b", "a/b", "x" * 65, "api", "Report", "openapi.json", "accounts", "healthz", "static", "кино"])
def test_a_name_that_no_address_can_have_or_the_site_has_is_refused(app: Flask, name: str) -> None:
    refused = run(app, "create", "--", name)

    assert refused.exit_code == 1
    with app.app_context():
        assert queries.find_course(name) is None


def test_a_name_is_taken_once(app: Flask) -> None:
    run(app, "create", "algo")

    assert 'There is a course "algo" already' in run(app, "create", "algo").output


def test_a_dry_run_says_what_would_change_and_changes_nothing(app: Flask, file: Path) -> None:
    api = make_api(app)
    api.report("sum")
    file.write_text(CONFIG.replace("{task: sum, score: 10}", "{task: sum, score: 30}"))

    said = run(app, "load", "algo", str(file), "--dry-run")

    assert "points task sum points: 10 → 30" in said.output
    assert "total alice: 10 → 30" in said.output
    assert api.row()["total_score"] == 10


def test_a_config_with_faults_is_refused_with_all_of_them(app: Flask, file: Path) -> None:
    make_api(app)
    file.write_text("version: 2\nui: {}\n")

    refused = run(app, "load", "algo", str(file))

    assert refused.exit_code == 1
    assert all(word in refused.output for word in ("deadlines", "ui.task_url_template", "version"))


@pytest.mark.parametrize("args", [("enrol", "none", "alice"), ("recompute", "none")])
def test_a_course_that_is_not_there_is_named(app: Flask, args: tuple[str, ...]) -> None:
    assert 'there is no course "none"' in run(app, *args).output


def test_a_course_moves_with_its_points_and_may_be_imported_again(app: Flask, tmp_path: Path) -> None:
    old = make_api(app)
    old.report("sum", score="7")
    old.report("large", "bob")
    exported: dict[str, Any] = old.get("database").json
    exported["students"][0] |= {"comment": "Ill in May", "grade": 4, "grade_is_override": True, "first_name": "Alice", "unknown": 1}
    file = tmp_path / "database.json"
    file.write_text(json.dumps(exported))
    new = make_api(app, "new", "a-token-of-the-new-course", students=())

    first, new_report = run(app, "import", "new", str(file)), new.report("sum", score="9")
    again = run(app, "import", "new", str(file))

    assert (first.output, new_report["score"]) == ("2 students and 2 scores are in new.\n", 9)
    assert again.exit_code == 0
    assert (new.row()["grade"], new.row()["grade_is_override"]) == (4, True)
    assert (new.row()["total_score"], new.row()["comment"], new.row()["first_name"], new.row("bob")["total_score"]) == (9, "Ill in May", "Alice", 100)


@pytest.mark.parametrize(("status", "grade"), [("in_progress", 0), ("all_tasks_issued", 5), ("doreshka", 5), ("finished", 5)])
def test_a_grade_that_stood_moves_with_a_course_in_which_grades_stand(app: Flask, tmp_path: Path, status: str, grade: int) -> None:
    new = make_api(app, config=CONFIG.replace("status: in_progress", f"status: {status}"), students=())
    file = tmp_path / "database.json"
    file.write_text(json.dumps({"students": [{"username": "alice", "scores": {"sum": 7}, "grade": 5}, {"username": "bob", "scores": {}, "grade": 5}]}))

    for _ in range(2):
        assert run(app, "import", "algo", str(file)).exit_code == 0

    assert [(row["grade"], row["grade_is_override"]) for row in (new.row(), new.row("bob"))] == [(grade, False)] * 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "no JSON"),
        ("[]", "valid dictionary"),
        ('{"students": [{"scores": {}}]}', "students.0.username"),
        ('{"students": [{"username": "a", "scores": {"x": 3}}]}', "no tasks x"),
    ],
)
def test_a_file_that_cant_be_imported_changes_nothing(app: Flask, tmp_path: Path, text: str, says: str) -> None:
    api = make_api(app)
    file = tmp_path / "database.json"
    file.write_text(text)

    refused = run(app, "import", "algo", str(file))

    assert (refused.exit_code, says in refused.output) == (1, True)
    assert len(api.get("database").json["students"]) == 2


def test_recomputing_says_whose_total_changed(app: Flask) -> None:
    make_api(app).report("sum")

    assert "totals or grades changed: 0" in run(app, "recompute", "algo").output


def test_a_token_of_a_scope_or_of_a_student_is_printed_and_opens_that(app: Flask) -> None:
    make_api(app)

    read = run(app, "token", "algo", "Grades", "--scope", "read")
    alices = run(app, "token", "algo", "CI of alice", "--student", "alice")

    assert Api(app.test_client(), token=read.stdout.strip()).get("database").status_code == 200
    own = Api(app.test_client(), token=alices.stdout.strip())
    assert [own.post("report", task="sum", username=name).status_code for name in ("alice", "bob")] == [200, 403]
    assert 'nobody in algo is called "eve"' in run(app, "token", "algo", "x", "--student", "eve").output
    assert "a student's token can report" in run(app, "token", "algo", "x", "--student", "alice", "--scope", "read").output
