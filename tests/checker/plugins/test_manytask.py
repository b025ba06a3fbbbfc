"""report_score_manytask against a server that answers as it is told."""

import threading
from collections.abc import Iterator
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from checker.exceptions import BadConfig, PluginExecutionFailed
from checker.plugins import PluginOutput, manytask
from checker.plugins.manytask import ReportScoreManytaskPlugin, origin_of

TOKEN = "glpat-very-secret"
STORED = (200, '{"user_id": "7", "username": "ada", "task": "sum", "score": 42, "commit_time": null, "submit_time": null}')

Answer = tuple[int, str]


class Site:
    """A site that answers what is in `answers`, the last again and again; None hangs up."""

    def __init__(self) -> None:
        self.answers: list[Answer | None] = [STORED]
        self.requests: list[tuple[str, str, bytes]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                site.requests.append((self.path, self.headers["Content-Type"], body))
                answer = site.answers[min(len(site.requests), len(site.answers)) - 1]
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(answer[0])
                if 300 <= answer[0] < 400:
                    self.send_header("Location", answer[1])
                data = answer[1].encode()
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/algo/report"

    def form(self) -> dict[str, str]:
        """The fields of the only request."""
        ((_, _, body),) = self.requests
        return {name: value for name, (value,) in parse_qs(body.decode(), strict_parsing=True).items()}


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site, no waiting between tries, and no CI around."""
    monkeypatch.setattr(manytask, "BACKOFF", 0.0)
    for name in ("CI_COMMIT_SHA", "CI_JOB_ID", "GITHUB_SHA", "GITHUB_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield site
    site.server.shutdown()
    site.server.server_close()
    thread.join()


def report(site: Site, **args: Any) -> PluginOutput:
    """Report a score."""
    known = {"username": "ada", "task_name": "sum", "score": 0.5, "report_url": site.url, "report_token": TOKEN, "check_deadline": True}
    return ReportScoreManytaskPlugin().run(known | args)


def failure(site: Site, **args: Any) -> PluginExecutionFailed:
    """How a report failed."""
    with pytest.raises(PluginExecutionFailed) as raised:
        report(site, **args)
    assert TOKEN not in raised.value.message + raised.value.output
    return raised.value


def test_the_form_is_the_contracts(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_COMMIT_SHA", "abc123")
    monkeypatch.setenv("CI_JOB_ID", "77")

    output = report(site, send_time="2026-03-01T23:59:00+03:00", allow_reduction=True, check_deadline=False).output

    assert output == "Reported 0.5 for sum by ada; the score is now 42"
    assert site.requests[0][:2] == ("/api/algo/report", "application/x-www-form-urlencoded")
    assert site.form() == {
        "token": TOKEN,
        "task": "sum",
        "username": "ada",
        "score": "0.5",
        "check_deadline": "False",
        "allow_reduction": "True",
        "submit_time": "2026-03-01 23:59:00+0300",
        "commit": "abc123",
        "job": "77",
    }


@pytest.mark.parametrize(("score", "sent"), [(1, "1"), (1.0, "1.0"), (0.25, "0.25"), ("0.5", "0.5"), (-3, "-3"), (None, None)])
def test_points_and_shares_stay_apart(site: Site, score: Any, sent: str | None) -> None:
    report(site, score=score)

    assert site.form().get("score") == sent
    assert "commit" not in site.form()


@pytest.mark.parametrize(
    ("environment", "origin"),
    [
        ({}, {}),
        ({"CI_COMMIT_SHA": "a"}, {}),
        ({"CI_COMMIT_SHA": "a", "CI_JOB_ID": "1"}, {"commit": "a", "job": "1"}),
        ({"GITHUB_SHA": "b", "GITHUB_RUN_ID": "9", "GITHUB_RUN_ATTEMPT": "2"}, {"commit": "b", "job": "9-2"}),
    ],
)
def test_commit_and_job_come_from_ci(environment: dict[str, str], origin: dict[str, str]) -> None:
    assert origin_of(environment) == origin


@pytest.mark.parametrize("first", [[None], [(500, "down")], [(503, "soon"), None, (502, "")]])
def test_what_did_not_reach_the_site_is_tried_again(site: Site, first: list[Answer | None]) -> None:
    site.answers = [*first, STORED]

    assert "the score is now 42" in report(site).output
    assert len({body for _, _, body in site.requests}) == 1


@pytest.mark.parametrize("answer", [None, (500, f"down {TOKEN}")])
def test_after_three_more_tries_the_stage_fails(site: Site, answer: Answer | None) -> None:
    site.answers = [answer]

    failed = failure(site)

    assert len(site.requests) == 4
    assert "The score is not reported: 127.0.0.1 answered 500" in failed.message or "127.0.0.1 cannot be reached" in failed.message


def test_a_site_that_is_not_there_is_told_of_in_plain_words(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    nowhere = site.url.replace(str(site.server.server_port), "9")

    failed = failure(site, report_url=nowhere)

    assert failed.message == "127.0.0.1 cannot be reached, so the score is not reported: Connection refused"
    assert [record.getMessage() for record in caplog.records] == [
        f"The site did not take the report (Connection refused); trying again, {tries} at most" for tries in ("3 times", "2 times", "1 time")
    ]


@pytest.mark.parametrize(
    ("answer", "message", "output"),
    [
        ((404, "There is no task `sum`"), "The score is not reported: 127.0.0.1 answered 404 Not Found", "There is no task `sum`"),
        ((400, f"bad {TOKEN}"), "The score is not reported: 127.0.0.1 answered 400 Bad Request", "bad ***"),
        ((301, "https://other.example/"), "and sends us to https://other.example/: report_url must be the final address", "https://other.example/"),
        ((200, "<html>welcome"), "which is not what a course's report_url answers", "<html>welcome"),
        ((200, "[]"), "which is not what a course's report_url answers", "[]"),
    ],
)
def test_any_other_answer_fails_the_stage_at_once_and_is_shown(site: Site, answer: Answer, message: str, output: str) -> None:
    site.answers = [answer]

    failed = failure(site)

    assert message in failed.message
    assert failed.output == output
    assert len(site.requests) == 1


def test_files_go_along_but_none_that_a_link_leads_out_to(site: Site, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("PRIVATE")
    for name in ("a.py", "src/a.py"):
        (tmp_path / "task" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "task" / name).write_bytes(f"{name} \xff".encode("latin-1"))
    (tmp_path / "task/link.py").symlink_to(tmp_path / "secret")

    report(site, origin=str(tmp_path / "task"), patterns=["**/*.py"])

    _, kind, body = site.requests[0]
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    files = {part.get_filename(): part.get_payload(decode=True) for part in message.iter_parts() if part.get_filename()}
    assert files == {"a.py": b"a.py \xff", "src/a.py": b"src/a.py \xff"}


def test_too_many_bytes_are_not_sent(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "large").write_bytes(b"x" * 11)
    monkeypatch.setattr(manytask, "ATTACHED", 10)

    assert failure(site, origin=str(tmp_path)).message == "The files to attach have 11 bytes, over 10: narrow patterns"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"report_token": " "}, "report_token: Value error, it is empty: is the variable set in CI"),
        ({"report_url": "algo/report"}, "report_url: Input should be a valid URL"),
        ({"score": float("nan")}, "score.*finite number"),
        ({"username": ""}, "username: String should have at least 1 character"),
    ],
)
def test_wrong_arguments_are_named_without_the_token(site: Site, args: dict[str, Any], error: str) -> None:
    with pytest.raises(BadConfig, match=error) as raised:
        report(site, **args)

    assert TOKEN not in str(raised.value)
    assert site.requests == []


def test_the_token_is_in_no_text_of_the_arguments() -> None:
    args = ReportScoreManytaskPlugin.parse(
        {"username": "a", "task_name": "b", "score": 1, "report_url": "http://localhost/", "report_token": TOKEN, "check_deadline": True}
    )

    assert TOKEN not in f"{args!r} {args}"
