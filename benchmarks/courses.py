"""`python -m benchmarks.courses`: what a course costs the site: reports, the gradebook, a config, recomputing. Beside it stands what Manytask took."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode

import psycopg2
from sqlalchemy import literal, select

from benchmarks.large import machine
from courses import queries, token_queries
from courses.history_queries import add_enrolment
from courses.loading import load
from courses.models import Assignment, Enrolment, Scope, Submission
from courses.recomputing import recompute
from project.database import insert, utc_now
from project.extensions import db
from project.tokens import digest
from tests.apps import close, make_app, migrate
from tests.servers import PostgresServer
from tests.site import Site
from tests.statements import statements

FOLDER = Path(__file__).resolve().parent / "results"
TOKEN = "a-token-for-the-benchmark"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/x-www-form-urlencoded"}
MANYTASK = {"report, one client, p50 ms": "76 to 104", "reports/s, 8 clients": 28, "reports, 8 clients, p50 ms": 249, "gradebook 100 × 60, ms": 193}
"""Measured on the same kind of machine, see courses-contract."""


@dataclass(frozen=True)
class Size:
    """A course: so many groups of six tasks, more or less, and students."""

    name: str
    students: int
    tasks: int


SMALL, LARGE = Size("small", 100, 60), Size("large", 1000, 100)


def main() -> None:
    """Measure everything on a private PostgreSQL; progress goes to standard error, the findings to standard output."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.courses", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="how long the clients report (default: 10)")
    parser.add_argument("--rounds", type=int, default=5, help="how often the rest is measured; medians are shown (default: 5)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where courses.json goes (default: benchmarks/results)")
    asked = parser.parse_args()
    with PostgresServer(durable=True) as server, tempfile.TemporaryDirectory() as folder:
        url = server.create_database()
        migrate(url)
        found = {**inside(url, asked.rounds), **served(url, Path(folder), asked.seconds, asked.rounds)}
    asked.folder.mkdir(parents=True, exist_ok=True)
    (asked.folder / "courses.json").write_text(
        json.dumps({"machine": machine(), "callboard": found, "manytask": MANYTASK}, indent=2, ensure_ascii=False) + "\n"
    )
    for name, value in found.items():
        print(f"{name:<44} {value:>10} {MANYTASK.get(name, '')!s:>12}")


def config(tasks: int, points: int = 10) -> bytes:
    """A config of so many tasks, six a group."""
    groups = (
        f"  - group: g{first}\n    start: 2020-09-07 10:00\n    end: 2099-01-01 00:00\n    tasks:\n{_tasks(first, tasks, points)}"
        for first in range(0, tasks, 6)
    )
    head = 'version: 1\nstatus: in_progress\nui: {task_url_template: "https://gitlab.example/$TASK_NAME"}\ndeadlines:\n  timezone: UTC\n  schedule:\n'
    return (head + "".join(groups)).encode()


def _tasks(first: int, tasks: int, points: int) -> str:
    return "".join(f"    - {{task: t{number}, score: {points}}}\n" for number in range(first, min(first + 6, tasks)))


def make(size: Size) -> None:
    """Make a course in which each student has reported each task once."""
    course = queries.add_course(size.name, size.name)
    token_queries.add_token(course.id, "benchmark", Scope.CONFIGURE, digest(f"{TOKEN}-{size.name}"))
    load(course.id, config(size.tasks))
    for number in range(size.students):
        add_enrolment(course.id, f"student{number}", rms_id=str(number))
    at, ones = utc_now(), {"kind": "report", "check_deadline": True, "allow_reduction": False, "multiplier": 0.0, "counted": True, "why": ""}
    rows = select(Enrolment.id, Assignment.id, literal("7"), literal(at), literal(at))
    rows = rows.join_from(Enrolment, Assignment, Assignment.course_id == Enrolment.course_id).where(Enrolment.course_id == course.id)
    columns = ["enrolment_id", "assignment_id", "raw", "submitted_at", "arrived_at", *ones]
    db.session.execute(insert(Submission).from_select(columns, rows.add_columns(*(literal(value) for value in ones.values()))))
    db.session.commit()


def inside(url: str, rounds: int) -> dict[str, Any]:
    """What takes a worker or a transaction: recomputing, and loading a config."""
    app, found = make_app(url), {}
    with app.app_context():
        for size in (SMALL, LARGE):
            make(size)
            with taking() as seconds:
                _recompute(size)
            found[f"recompute {size.students} × {size.tasks}, all scores new, s"] = seconds()
            with taking() as seconds:
                _recompute(size)
            found[f"recompute {size.students} × {size.tasks}, nothing new, s"] = seconds()
            say(f"{size.name}: {found}")
        empty = queries.add_course("empty", "empty")
        db.session.commit()
        with statements(app) as seen:
            load(empty.id, config(60))
            db.session.commit()
        found["config 10 × 6, statements"] = len(seen)
        found["config 10 × 6, ms"] = round(1000 * median(_loading(empty.id, points) for points in range(11, 11 + rounds)), 1)
    close(app)
    return found


def _loading(course_id: int, points: int) -> float:
    with taking() as seconds:
        load(course_id, config(60, points))
        db.session.commit()
    return seconds()


def _recompute(size: Size) -> None:
    course = queries.find_course(size.name)
    assert course is not None
    recompute(course, utc_now())
    db.session.commit()


def served(url: str, folder: Path, seconds: float, rounds: int) -> dict[str, Any]:
    """What clients wait for, of a site on two gunicorn workers of four threads each."""
    site = Site(folder, DATABASE_URL=url, WEB_CONCURRENCY="2", GUNICORN_CMD_ARGS="--threads=4")
    found: dict[str, Any] = {}
    with psycopg2.connect(url.replace("+psycopg2", "")) as connection, connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with site.serving():
        for size in (SMALL, LARGE):
            client = Client(site.port, size)
            times = sorted(client.gradebook() for _ in range(rounds + 2))[:-2]
            found[f"gradebook {size.students} × {size.tasks}, ms"] = round(1000 * median(times), 1)
        lone = [Client(site.port, SMALL).report(number) for number in range(200)][20:]
        found["report, one client, p50 ms"] = round(1000 * median(lone), 1)
        with ThreadPoolExecutor(8) as pool:
            until = time.monotonic() + seconds
            took = [each for batch in pool.map(lambda start: Client(site.port, SMALL).reports(start, until), range(8)) for each in batch]
        found["reports/s, 8 clients"] = round(len(took) / seconds)
        cuts = quantiles(took, n=20)
        found["reports, 8 clients, p50 ms"], found["reports, 8 clients, p95 ms"] = round(1000 * median(took), 1), round(1000 * cuts[-1], 1)
    return found


class Client:
    """A checker, which keeps its connection."""

    def __init__(self, port: int, size: Size) -> None:
        self.size = size
        self.headers = HEADERS | {"Authorization": f"Bearer {TOKEN}-{size.name}"}
        self.connection = HTTPConnection("127.0.0.1", port)

    def gradebook(self) -> float:
        """Ask for all of it; the seconds."""
        return self._ask("GET", "database")

    def report(self, number: int) -> float:
        """Report for one of the students; the seconds."""
        form = {
            "task": f"t{number % self.size.tasks}",
            "username": f"student{number % self.size.students}",
            "score": "0.8",
            "job": str(number),
            "commit": "c0ffee",
        }
        return self._ask("POST", "report", urlencode(form))

    def reports(self, start: int, until: float) -> list[float]:
        """Report until then, each client for students of its own; the seconds of each."""
        found, number = [], 1_000_000 + start
        while time.monotonic() < until:
            found.append(self.report(number))
            number += 8
        return found

    def _ask(self, method: str, path: str, body: str | None = None) -> float:
        with taking() as seconds:
            self.connection.request(method, f"/api/{self.size.name}/{path}", body, self.headers)
            answer = self.connection.getresponse()
            text = answer.read()
        assert answer.status == 200, text
        return seconds()


@contextmanager
def taking() -> Iterator[Callable[[], float]]:
    """How many seconds the block took."""
    start = time.perf_counter()
    end: list[float] = []
    yield lambda: round(end[0], 4)
    end.append(time.perf_counter() - start)


def say(line: str) -> None:
    """Progress."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
