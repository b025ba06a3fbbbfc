"""What the benchmarks make of their measurements; the measuring itself needs minutes and servers, and is `make bench`."""

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks import large, measure, unwatched
from benchmarks.large import connected
from benchmarks.plan import taking_part
from benchmarks.results import Phase, Run, as_json, lines, monitor_cost, ratios, summary, table
from benchmarks.subjects import CANDIDATES, QUORUM, UNWATCHED, Callboard, Subject
from benchmarks.web import pages
from benchmarks.web import results as web_results
from benchmarks.web.data import Amounts, fill
from benchmarks.web.load import Answers, Load, Request
from benchmarks.web.load import run as run_load
from tests.app_fixtures import log_in
from tests.apps import SECRET, close, make_app
from tests.waiting import wait_until
from workers.broker import broker_of

ASK_STOCK = "import sys; from benchmarks.web.stock import app; [print(app.test_client().get(path).status_code) for path in sys.argv[1:]]"
SUBJECTS: list[Subject] = [*(candidates[0] for candidates in CANDIDATES.values()), UNWATCHED, Callboard(), QUORUM]


def ran(subject: str, tasks: int = 10_000, number: int = 1, *, enqueue: float = 1.0, drain: float = 1.0) -> Run:
    """A run that took so many seconds."""
    cpu = {"web": 0.5, "worker": 1.5, "postgres": 0.25, "rabbitmq": 0.75}
    phases = {"enqueue": Phase(enqueue, cpu), "drain": Phase(drain, cpu), "both": Phase(enqueue + drain, cpu)}
    return Run(subject, "as ever", tasks, number, phases, {"web": 40.0, "worker": 50.0})


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A program of ours that does nothing."""
    process = subprocess.Popen([sys.executable, "-c", "print(flush=True); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def state(pid: int) -> str:
    """A process's state as Linux has it: S for one that sleeps, T for one that is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_line_has_the_medians_of_its_rounds() -> None:
    found = lines([ran("callboard", number=1, drain=5.0), ran("callboard", number=2, drain=1.0), ran("callboard", number=3, drain=2.0)])

    assert [(line.rounds, line.phases["drain"].seconds, line.rate("drain")) for line in found] == [(3, 2.0, 5000.0)]


def test_lines_stand_by_the_number_of_tasks() -> None:
    found = lines([ran("dramatiq", 100_000), ran("callboard", 100_000), ran("dramatiq", 1_000)])

    assert [(line.tasks, line.subject) for line in found] == [(1_000, "dramatiq"), (100_000, "dramatiq"), (100_000, "callboard")]


def test_ratios_are_to_the_best_of_celery_at_ten_thousand_tasks() -> None:
    found = lines(
        [
            ran("celery, prefork", enqueue=10.0, drain=8.0),
            ran("celery, threads", enqueue=12.0, drain=6.0),
            ran("celery, threads", 1_000, enqueue=0.01, drain=0.01),
            ran("celery-batches", enqueue=0.01, drain=1.5),
            ran("dramatiq", drain=7.0),
            ran("callboard", enqueue=2.0, drain=1.0),
        ]
    )

    assert ratios(found) == {"enqueue_vs_celery": 5.0, "drain_vs_celery": 6.0, "drain_vs_dramatiq": 7.0}
    assert as_json(found, {})["drain_vs_celery_batches"] == 1.5


def test_the_ratios_on_quorum_queues_stand_beside_those_of_callboard_as_it_ships() -> None:
    found = lines([ran("celery, threads", enqueue=10.0, drain=8.0), ran("callboard", enqueue=5.0), ran("callboard, quorum queues", enqueue=2.0, drain=1.0)])

    assert as_json(found, {})["ratios"]["enqueue_vs_celery"] == 2.0
    assert as_json(found, {})["ratios_on_quorum_queues"] == {"enqueue_vs_celery": 5.0, "drain_vs_celery": 8.0, "drain_vs_dramatiq": None}
    assert "5.0 × (enqueue, of the best Celery's rate, on quorum queues)" in summary(found)


def test_without_a_peer_there_is_no_ratio_to_it() -> None:
    found = lines([ran("dramatiq", drain=7.0), ran("callboard")])

    assert ratios(found) == {"enqueue_vs_celery": None, "drain_vs_celery": None, "drain_vs_dramatiq": 7.0}
    assert "not measured" in summary(found)


def test_what_the_monitor_costs_is_the_share_of_the_rate_that_is_lost() -> None:
    found = lines([ran("callboard", enqueue=1.0, drain=2.0), ran("callboard, unwatched", enqueue=1.0, drain=1.5)])

    assert monitor_cost(found) == {"enqueue": 0.0, "drain": 0.25, "both": 0.167, "worker_cpu": 0.0}
    assert "takes 0.0% of enqueue, 25.0% of drain" in summary(found)
    assert monitor_cost(lines([ran("callboard")])) is None


def test_without_the_monitor_nothing_is_gathered_and_all_else_is_as_ever(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def middleware() -> list[str]:
        app = make_app(sqlite_url)
        close(app)
        return [type(each).__name__ for each in broker_of(app).middleware]

    whole = middleware()
    for owner, name, instead in unwatched.INSTEAD:
        monkeypatch.setattr(owner, name, instead)

    assert [each for each in whole if each not in middleware()] == ["Gathering", "Heartbeat"]


def test_the_json_says_what_was_measured() -> None:
    written = as_json(lines([ran("callboard", enqueue=2.0, drain=4.0)]), {"cores": 2})

    (line,) = written["lines"]
    assert written["machine"] == {"cores": 2}
    assert (line["tasks"], line["enqueue_seconds"], line["drain_seconds"], line["both_seconds"]) == (10_000, 2.0, 4.0, 6.0)
    assert (line["enqueued_per_second"], line["results_per_second"]) == (5000, 2500)
    assert line["cpu_seconds"]["drain"] == {"web": 0.5, "worker": 1.5, "postgres": 0.25, "rabbitmq": 0.75}
    assert line["peak_megabytes"] == {"web": 40.0, "worker": 50.0}


def test_the_table_is_as_wide_in_every_row() -> None:
    written = table(lines([ran("callboard"), ran("celery, prefork", 100_000)])).splitlines()

    assert len({len(row) for row in written}) == 1
    assert [cell.strip() for cell in written[2].split("|")[1:4]] == ["10,000", "callboard (as ever)", "1"]


@pytest.mark.parametrize("number", [1, 2])
def test_with_few_tasks_everybody_runs_in_every_round(number: int) -> None:
    assert taking_part(SUBJECTS, 10_000, number, []) == SUBJECTS


def test_with_many_tasks_the_fastest_celery_runs_and_peers_once() -> None:
    before = [ran("celery, prefork", drain=2.0), ran("celery, threads", drain=1.0), ran("celery, results", drain=3.0)]

    first = [subject.name for subject in taking_part(SUBJECTS, 100_000, 1, before)]
    second = [subject.name for subject in taking_part(SUBJECTS, 100_000, 2, before)]

    assert first == ["celery, threads", "celery-batches", "dramatiq", "callboard, unwatched", "callboard", "callboard, quorum queues"]
    assert second == ["callboard, unwatched", "callboard", "callboard, quorum queues"]


def test_what_a_full_table_costs_is_told_by_medians() -> None:
    found = large.drained({"empty": [2.0, 1.0, 9.0], "full": [2.5, 2.5, 1.0]})

    assert (found["results_per_second"], found["lost"]) == ({"empty": 5000, "full": 4000}, 0.2)


def test_the_cost_of_verifying_is_the_sum_of_its_statements() -> None:
    verified = large.as_json(large.Verified(1_000_000, [large.Statement("SELECT\n 1", 200, 0.75), large.Statement("UPDATE", 200, 0.5)], 2.0))
    said = large.summary({"rows": {"before": 10_000_000, "bytes_each": 250}, "drain": large.drained({"empty": [1.0], "full": [1.25]}), "verify": verified})

    assert (verified["database_seconds"], verified["looks_seconds"], verified["statements"][0]["text"]) == (1.25, 2.0, "SELECT 1")
    assert "10,000 a second into an empty table, 8,000 into one of 10,000,000 rows of 250 bytes; 20.0 % are lost" in said
    assert "1,000,000 Tasks: 1.25 s of statements" in said


def test_a_process_and_its_children_are_measured(sleeper: subprocess.Popen[bytes]) -> None:
    assert sleeper.pid in measure.children(os.getpid())
    assert set(measure.family([os.getpid()])) >= {os.getpid(), sleeper.pid}
    assert measure.cpu_seconds([os.getpid()]) > measure.cpu_seconds([sleeper.pid]) >= 0
    assert measure.peak_megabytes([os.getpid()]) >= measure.peak_megabytes([sleeper.pid]) > 1


def test_frozen_processes_go_on_afterwards(sleeper: subprocess.Popen[bytes]) -> None:
    with measure.frozen([sleeper.pid]):
        wait_until(lambda: state(sleeper.pid) == "T")

    wait_until(lambda: state(sleeper.pid) == "S")


def answers(*milliseconds: float, size: int = 4000, status: int = 200) -> Answers:
    """Answers that took so long."""
    return Answers([each / 1000 for each in milliseconds], Counter({status: len(milliseconds)}), size, 1.0)


def test_a_percentile_is_the_least_time_that_so_many_are_not_longer_than() -> None:
    found = [web_results.percentile([each / 1000 for each in range(100, 0, -1)], share) for share in (0.5, 0.95, 0.99)]

    assert found == [50.0, 95.0, 99.0]
    assert web_results.percentile([0.25], 0.5) == 250.0


@pytest.mark.parametrize(
    ("site", "is_beyond"),
    [
        (answers(*[149.0] * 95, *[900.0] * 5), False),
        (answers(*[149.0] * 94, *[151.0] * 6), True),
        (answers(1.0, size=150_001), True),
        (answers(1.0, status=404), True),
    ],
    ids=["slow for some", "slow", "large", "no page"],
)
def test_a_page_that_is_slow_or_large_or_not_there_is_named(site: Answers, is_beyond: bool) -> None:
    lines = [web_results.Line("Tasks", site, answers(3000.0))]
    found = web_results.as_json(lines, web_results.Crowd(200, answers(10.0, 20.0), [100.0, 101.0]), [web_results.Export("Tasks", 9.0, 2**21, 0.5)], {})

    assert web_results.beyond(lines) == (["Tasks"] if is_beyond else [])
    assert found["pages"][0]["stock"]["p95"] == 3000.0
    assert "200 clients for 1 s: 2 × 200; 2 a second, p95 20 ms; the largest web process had 100 MB at first, 101 MB at the end." in web_results.summary(found)
    assert "CSV of Tasks: 2 MB in 9 s; memory grew by 0.5 MB." in web_results.summary(found)
    assert len({len(row) for row in web_results.table(lines).splitlines()}) == 1


def test_each_measured_page_is_there_and_has_rows(postgres_url: str) -> None:
    with connected(postgres_url) as cursor:
        cursor.execute("INSERT INTO users (username, password_hash, is_active, is_superuser, created_at) VALUES ('chief', '', true, true, now()) RETURNING id")
        ((chief_id,),) = cursor.fetchall()
        fill(cursor, Amounts(tasks=300, results=3000))
        names = pages.known(cursor)
    app = make_app(postgres_url)
    browser = log_in(app.test_client(), chief_id)

    statuses = {page.name: browser.get(page.path.format(**names), headers=page.headers).status_code for page in pages.PAGES}
    exports = {name: browser.get(path).text.count("\n") > 30 for name, path in pages.EXPORTS.items()}

    close(app)
    assert set(statuses.values()) == {200}, statuses
    assert all(exports.values()), exports
    assert all("None" not in value for value in names.values()), names


def test_the_stock_pages_are_there(postgres_url: str) -> None:
    with connected(postgres_url) as cursor:
        cursor.execute("INSERT INTO users (username, password_hash, is_active, is_superuser, created_at) VALUES ('chief', '', true, true, now())")
        fill(cursor, Amounts(tasks=300, results=3000))
        names = pages.known(cursor)
    stock = subprocess.run(
        [sys.executable, "-c", ASK_STOCK, *(page.stock.format(**names) for page in pages.PAGES if page.stock)],
        env=os.environ | {"DATABASE_URL": postgres_url, "SECRET_KEY": SECRET},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert set(stock.stdout.split()) == {"200"}, stock.stdout + stock.stderr


class Echo(BaseHTTPRequestHandler):
    """Answers with the path, and closes each third connection without a word."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def do_GET(self) -> None:
        """Answer."""
        Echo.asked += 1
        if Echo.asked % 3 == 0:
            self.close_connection = True
            return
        body = self.path.encode()
        self.send_response(500 if self.path == "/fault" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def test_the_clients_ask_as_often_as_they_are_to_and_note_what_they_get() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever).start()
    try:
        found = run_load(Load(server.server_port, [Request("/page", {}), Request("/fault", {})], clients=1, seconds=0, least=4, warm_up=1))
    finally:
        server.shutdown()
        server.server_close()

    assert found.statuses == {200: 2, 500: 2}
    assert (len(found.seconds), found.largest) == (4, len("/fault"))
