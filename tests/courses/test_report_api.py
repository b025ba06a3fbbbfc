"""Reports over HTTP, as courses-contract has them: who may, what comes in, what is stored, what is answered."""

from io import BytesIO

import pytest
from flask import Flask

from courses.models import Scope
from tests.courses.courses_api import CONFIG, TOKEN, Api, add_token, make_api
from tests.statements import statements

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def api(app: Flask) -> Api:
    """A course that runs."""
    return make_api(app)


def test_a_report_is_answered_with_what_is_stored(api: Api) -> None:
    answer = api.report("sum", score="0.7", submit_time="2026-02-01 23:59:59+0300")

    assert answer == {
        "user_id": "1",
        "username": "alice",
        "task": "sum",
        "score": 7,
        "commit_time": "2026-02-01 23:59:59+03:00",
        "submit_time": "2026-02-01 23:59:59+03:00",
        "message": "In time: 7 points.",
    }


@pytest.mark.parametrize(
    ("reports", "stored"),
    [
        ([{}], 10),
        ([{"score": "7"}, {"score": "3"}], 7),
        ([{"score": "7"}, {"score": "3", "allow_reduction": "True"}], 3),
        ([{"score": "1"}, {"score": "1.0"}], 10),
        ([{"score": "25"}], 25),
        ([{"score": "-5"}], 0),
        ([{"score": "-5", "allow_reduction": "on"}, {"score": "9"}], -5),
        ([{"score": "-5", "allow_reduction": "1"}, {"score": "9", "allow_reduction": "yes"}], 9),
        ([{"submit_time": "2025-09-07 09:59:59+0300"}], 0),
        ([{"submit_time": "2025-09-07 09:59:59+0300", "check_deadline": "False"}], 10),
    ],
)
def test_what_is_stored_is_what_the_contract_says(api: Api, reports: list[dict[str, str]], stored: int) -> None:
    answers = [api.report("sum", **report)["score"] for report in reports]

    assert (answers[-1], api.get("score", task="sum", username="alice").json["score"]) == (stored, stored)


@pytest.mark.parametrize(("submit_time", "stored"), [("2025-09-26 20:59:59+0300", 20), ("2025-09-26 21:00:00+0300", 10), ("2025-10-07 10:00:00+0300", 0)])
def test_a_late_report_keeps_what_the_deadline_leaves(api: Api, submit_time: str, stored: int) -> None:
    assert api.report("old", submit_time=submit_time)["score"] == stored


def test_a_report_names_the_student_by_id_too(api: Api) -> None:
    answer = api.post("report", task="sum", user_id="2")

    assert answer.json["username"] == "bob"


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({"username": "alice"}, 400, "task is missing"),
        ({"task": "sum"}, 400, "student is missing"),
        ({"task": "sum", "username": "alice", "user_id": "1"}, 400, "both"),
        ({"task": "sum", "username": "alice", "score": ""}, 400, "score"),
        ({"task": "sum", "username": "alice", "score": "nan"}, 400, '"nan" is no number'),
        ({"task": "sum", "username": "alice", "score": "2.1"}, 400, "too large"),
        ({"task": "sum", "username": "alice", "check_deadline": "perhaps"}, 400, "neither true nor false"),
        ({"task": "sum", "username": "alice", "submit_time": "2026-02-01 23:59:59"}, 400, "submit_time"),
        ({"task": "sum", "username": "a\0b"}, 400, "username"),
        ({"task": "sum", "username": "alice", "commit": "c" * 65}, 400, "commit"),
        ({"task": "nothing", "username": "alice"}, 404, 'Unknown task "nothing". Hint: '),
        ({"task": "unused", "username": "alice"}, 404, 'Unknown task "unused". Hint: '),
        ({"task": "sum", "username": "eve"}, 404, 'Unknown user "eve". Hint: '),
        ({"task": "sum", "user_id": "99"}, 404, 'Unknown user "99". Hint: '),
    ],
)
def test_what_a_report_can_be_refused_for_is_said_in_a_line_of_text(api: Api, form: dict[str, str], status: int, says: str) -> None:
    answer = api.post("report", **form)

    assert (answer.status_code, answer.mimetype) == (status, "text/plain")
    assert says in answer.text


def test_a_refusal_is_json_for_whoever_asks_for_json(api: Api) -> None:
    answer = api.client.post("/api/algo/report", data={"task": "nothing", "username": "alice"}, headers=api.headers | {"Accept": "application/json"})

    assert (answer.status_code, answer.json["error"], answer.json["message"][:14]) == (404, "not_found", 'Unknown task "')


@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", TOKEN, f"x  {TOKEN}"])
def test_the_last_word_of_the_header_is_the_token(api: Api, header: str) -> None:
    assert api.client.get("/api/algo/ping", headers={"Authorization": header}).json == {"course": "algo", "ok": True}


@pytest.mark.parametrize(("field", "header", "status"), [(TOKEN, "wrong", 200), ("wrong", TOKEN, 403), (f"Bearer {TOKEN}", "", 200), ("", "", 403)])
def test_the_tokens_field_wins_over_the_header(api: Api, field: str, header: str, status: int) -> None:
    answer = api.client.post("/api/algo/report", data={"token": field, "task": "sum", "username": "alice"}, headers={"Authorization": header})

    assert answer.status_code == status


def test_a_file_may_come_along(api: Api) -> None:
    form = {"token": TOKEN, "task": "sum", "username": "alice", "solution": (BytesIO(b"print(1)"), "solution.py")}

    assert api.client.post("/api/algo/report", data=form).status_code == 200


def test_the_course_is_looked_for_first_then_the_token_then_its_status_then_the_fields(app: Flask, api: Api) -> None:
    make_api(app, "new", "a-token-of-the-new-course", config=None)
    new = Api(api.client, "new", "a-token-of-the-new-course")

    assert [answer.status_code for answer in (Api(api.client, "none", "x").post("report"), Api(api.client, "new", "x").post("report"))] == [404, 403]
    assert new.post("report").status_code == 409
    assert "not ready" in new.post("report").text
    assert api.post("report").status_code == 400


def test_a_course_that_is_finished_takes_neither_reports_nor_configs(api: Api) -> None:
    assert api.load(CONFIG.replace("in_progress", "finished")).status_code == 200

    assert (api.post("report", task="sum", username="alice").status_code, api.load(CONFIG).status_code) == (409, 409)
    assert api.get("database").status_code == 200


def test_old_clients_are_known_by_the_token_alone_and_send_a_form_with_their_get(api: Api) -> None:
    form = {"token": TOKEN, "task": "sum", "username": "alice"}

    assert api.client.post("/api/report", data=form).json["score"] == 10
    assert api.client.get("/api/score", data=form).json["score"] == 10
    assert api.client.get("/api/algo/score", data=form).json["score"] == 10
    assert api.client.post("/api/update_config", data=CONFIG.encode(), headers=api.headers).status_code == 200
    assert api.client.post("/api/update_cache", headers=api.headers).status_code == 200
    assert api.client.post("/api/report", data=form | {"token": "wrong"}).status_code == 403


def test_the_same_job_and_commit_again_is_the_same_submission_and_gets_the_first_answer(api: Api) -> None:
    first = api.report("sum", score="5", commit="c0ffee", job="17")
    again = api.report("sum", score="9", commit="c0ffee", job="17")
    other = api.report("sum", score="6", commit="c0ffee", job="18")

    assert (again, other["score"]) == (first, 6)


def test_no_score_yet_is_not_there(api: Api) -> None:
    answer = api.get("score", task="sum", username="alice")

    assert (answer.status_code, answer.text) == (404, '"alice" has no score yet for "sum". Hint: the first report makes one.\n')


def test_somebody_whom_another_course_knows_is_enrolled_by_the_first_report(app: Flask, api: Api) -> None:
    make_api(app, "other", "a-token-of-the-other-course", students=("x", "y", "carol"))

    assert api.report("sum", "carol")["username"] == "carol"
    assert api.row("carol")["total_score"] == 10


def test_a_students_own_token_reports_for_that_student_alone(app: Flask, api: Api) -> None:
    add_token(app, "a-token-of-alice", Scope.REPORT, only="alice")
    alice = Api(api.client, token="a-token-of-alice")

    assert alice.report("sum")["score"] == 10
    assert alice.post("report", task="sum", username="bob").status_code == 403
    assert alice.post("report", task="sum", username="nobody").status_code == 403
    assert alice.get("score", task="sum", username="bob").status_code == 403
    assert alice.get("database").status_code == 403


def test_a_report_takes_few_statements(app: Flask, api: Api) -> None:
    api.report("sum", commit="1", job="1")

    with statements(app) as seen:
        api.report("sum", commit="2", job="2")

    assert len(seen) <= 12, seen


@pytest.mark.parametrize("url", ["/healthcheck", "/api/healthcheck", "/api/algo/healthcheck"])
def test_whoever_watches_is_told_ok(api: Api, url: str) -> None:
    answer = api.client.get(url)

    assert (answer.status_code, answer.text) == (200, "OK")
