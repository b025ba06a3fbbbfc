"""Many reports at once: answered with a number, taken in by a worker, told line by line what was refused."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from dramatiq import Worker
from flask import Flask

from courses import batches, reports
from courses.actors import take_in_batch
from courses.models import Scope
from tests.courses.courses_api import Api, add_token, make_api
from tests.waiting import wait_until

Work = Callable[[], AbstractContextManager[Worker]]


@pytest.fixture
def api(app: Flask) -> Api:
    """A course that runs."""
    return make_api(app)


def test_a_batch_is_taken_in_by_a_worker_and_tells_of_each_line_that_was_refused(api: Api, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "SOME", 2)
    lines = [{"task": "sum", "username": "alice", "score": number} for number in range(1, 6)]
    lines += [{"task": "none", "username": "alice"}, {"username": "alice"}, {"task": "gift", "user_id": "2", "score": 0.4}]

    answer = api.send("reports", lines)
    with work():
        wait_until(lambda: api.client.get(answer.json["url"], headers=api.headers).json["state"] == "finished")
    done = api.client.get(answer.json["url"], headers=api.headers).json

    assert (answer.status_code, answer.json["total"]) == (202, 8)
    assert (done["done"], done["failed"], [error["line"] for error in done["errors"]]) == (8, 2, [6, 7])
    assert 'Unknown task "none".' in done["errors"][0]["error"]
    assert (api.row()["scores"], api.row("bob")["scores"]) == ({"sum": 5}, {"gift": 2})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_batch_that_a_worker_is_given_twice_is_taken_in_once(app: Flask, api: Api) -> None:
    api.send("reports", [{"task": "sum", "username": "alice", "score": 3}])

    with app.app_context():
        more = [batches.take_in_some(1), batches.take_in_some(1)]

    assert more == [False, False]
    assert api.get("reports/1").json["done"] == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_batch_that_keeps_failing_has_failed_with_its_reason_and_keeps_its_lines(app: Flask, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "SOME", 1)
    api.send("reports", [{"task": "sum", "username": name} for name in ("alice", "bob")])

    def fail_for_bob(course: Any, report: Any, *others: Any) -> Any:
        if report.whom.username == "bob":
            raise ZeroDivisionError
        return reports.take_in(course, report, *others)

    monkeypatch.setattr(batches, "take_in", fail_for_bob)
    with app.app_context():
        take_in_batch.function(1)
        for _ in range(batches.TRIES - 1):
            with pytest.raises(ZeroDivisionError):
                take_in_batch.function(1)
        waiting = api.get("reports/1").json["state"]
        take_in_batch.function(1)

    failed = api.get("reports/1").json
    assert (waiting, failed["state"], failed["done"]) == ("working", "failed", 1)
    assert failed["reason"].startswith("Lines 2 to 2 could not be taken in, in 5 tries: ZeroDivisionError.")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_batch_comes_as_csv_too(app: Flask, api: Api) -> None:
    text = "task,username,score,submit_time\nsum,alice,0.5,\nold,bob,,2025-09-20 10:00:00+0300\n"

    answer = api.client.post("/api/algo/reports", data=text, content_type="text/csv", headers=api.headers)
    with app.app_context():
        batches.take_in_some(answer.json["id"])

    assert (api.row()["scores"], api.row("bob")["scores"]) == ({"sum": 5}, {"old": 20})


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b"{}", "application/json"),
        (b"[1]", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"\xff", "application/json"),
        (b"task,grade\nsum,5\n", "text/csv"),
        (b'task,username\n"sum,alice\n', "text/csv"),
        (b"[" + b",".join([b"{}"] * 10_001) + b"]", "application/json"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_batch_that_cant_be_read_is_refused(api: Api, body: bytes, content_type: str) -> None:
    answer = api.client.post("/api/algo/reports", data=body, content_type=content_type, headers=api.headers)

    assert (answer.status_code, answer.text[:9]) == (400, "The batch")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_batch_is_its_courses_and_no_students(app: Flask, api: Api) -> None:
    api.send("reports", [{"task": "sum", "username": "alice"}])
    other = make_api(app, "other", "a-token-of-the-other-course")
    add_token(app, "a-token-of-alice", Scope.REPORT, only="alice")
    alice = Api(api.client, token="a-token-of-alice")

    assert (other.get("reports/1").status_code, alice.get("reports/1").status_code) == (404, 404)
    assert alice.send("reports", [{"task": "sum", "username": "alice"}]).status_code == 403
