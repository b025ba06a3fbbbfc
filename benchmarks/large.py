"""`python -m benchmarks.large`: what ten million results cost a tick, and what it costs the database to verify a tick of a million Tasks."""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import psycopg2
from flask import current_app
from psycopg2.extensions import cursor as Cursor  # noqa: N812  # a class, whatever its name
from sqlalchemy import update

from benchmarks.ledger import Ledger
from benchmarks.subjects import Callboard
from benchmarks.tick import Servers, run
from project.extensions import db
from tasks_app.schedule import NAME
from tests.apps import close, make_app
from workers import ticks
from workers.models import Tick, TickState
from workers.schedule import schedules_of

FOLDER = Path(__file__).resolve().parent / "results"
DRAINED = 10_000
"""Tasks of the ticks that are drained, and of each tick of the results that are there before."""
A_SECOND = 8_000
"""Results that come between two looks at the tick that is verified: as many as come in a second."""
SLOT_SECONDS = 300
SHOWN = 4
"""Statements in the summary."""

FILL = """
INSERT INTO task_results (task_id, tick_id, message_id, task_params, result, created_at)
SELECT task, ticks.id, gen_random_uuid(), json_build_object('lower_limit', 0, 'upper_limit', task, 'author_id', 1), task * random(), ticks.slot
FROM ticks, generate_series(1, %s) AS task WHERE ticks.id BETWEEN %s AND %s ORDER BY ticks.id, task
"""
EARLIER_TICKS = """
INSERT INTO ticks (schedule, launches, slot, state, started_at, finished_at, lease_until, last_key,
    published_key, verified_key, published, verified, failed, progress_at, missing, silent_rounds)
SELECT %(name)s, %(name)s, slot, 'finished', slot, slot, slot, %(tasks)s, %(tasks)s, %(tasks)s, %(tasks)s, %(tasks)s, 0, slot, 0, 0
FROM (SELECT now() - make_interval(secs => %(interval)s * number) AS slot FROM generate_series(%(ticks)s, 1, -1) AS number) AS slots
"""
DRAW = """
INSERT INTO task_results (task_id, tick_id, message_id, task_params, result, created_at)
SELECT id, %s, gen_random_uuid(), json_build_object('lower_limit', lower_limit, 'upper_limit', upper_limit, 'author_id', created_by), random(), now()
FROM tasks WHERE id > %s ORDER BY id LIMIT %s
"""
COSTS = """
SELECT query, calls, (total_exec_time + total_plan_time) / 1000 FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query NOT LIKE '%%INSERT INTO task_results%%' AND query NOT LIKE '%%pg_stat%%'
ORDER BY 3 DESC
"""


@dataclass(frozen=True)
class Statement:
    """A statement that verifying sends, and what planning and executing it took the database in all."""

    text: str
    calls: int
    seconds: float


@dataclass(frozen=True)
class Verified:
    """What it took to verify a tick."""

    tasks: int
    statements: Sequence[Statement]
    looks_seconds: float
    """Of all looks at the tick by the clock: the statements, and with them commits, round trips and Python."""


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.large",
        description="Drain a tick of 10,000 Tasks with an empty table of results and with one of ten million rows, and verify a tick of a million Tasks,"
        " on private servers. Takes under ten minutes on two cores, and 6 GB of disk for as long as it runs.",
        epilog="Example: --rows 100000 --verified 50000 --rounds 1 --folder /tmp",
    )
    parser.add_argument("--rows", type=int, default=10_000_000, help=f"results that are there before, a multiple of {DRAINED} (default: 10000000)")
    parser.add_argument("--verified", type=int, default=1_000_000, help="Tasks of the tick that is verified (default: 1000000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often a tick is drained with either table; medians are shown (default: 3)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where large.json goes (default: benchmarks/results)")
    return parser.parse_args()


def main() -> None:
    """Measure both; progress goes to standard error, the findings to standard output."""
    asked = arguments()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with Servers.started() as servers:
        template, bytes_a_row = filled(servers, asked.rows)
        full = replace(servers, template=template)
        seconds: dict[str, list[float]] = {"empty": [], "full": []}
        for number in range(1, asked.rounds + 1):
            for name, on in (("empty", servers), ("full", full)):
                seconds[name].append(run(Callboard(), DRAINED, number, on, both=False).phases["drain"].seconds)
                say(f"round {number}, {name} table: {DRAINED:,} Tasks drained in {seconds[name][-1]:.2f} s")
        verified = verifying(full, asked.verified)
    found = {"machine": machine(), "rows": {"before": asked.rows, "bytes_each": bytes_a_row}, "drain": drained(seconds), "verify": as_json(verified)}
    (asked.folder / "large.json").write_text(json.dumps(found, indent=2) + "\n")
    print(summary(found))


def filled(servers: Servers, rows: int) -> tuple[str, int]:
    """The name of a migrated database with so many results, of as many earlier ticks as it takes, and the bytes of each with its indexes."""
    url = servers.postgres.create_database(servers.template)
    count, step = rows // DRAINED, 100
    with connected(url) as cursor:
        cursor.execute(EARLIER_TICKS, {"name": NAME, "tasks": DRAINED, "interval": SLOT_SECONDS, "ticks": count})
        for first in range(1, count + 1, step):
            cursor.execute(FILL, (DRAINED, first, first + step - 1))
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT pg_total_relation_size('task_results')")
        ((size,),) = cursor.fetchall()
    say(f"there are {rows:,} results")
    return url.rsplit("/", 1)[1], size // rows


def verifying(servers: Servers, tasks: int) -> Verified:
    """What it takes to verify a tick of so many Tasks while its results come, by the second, in order."""
    url = servers.postgres.create_database(servers.template)
    with Ledger(url) as ledger:
        ledger.add_tasks(tasks)
    count_statements(servers, url)
    app = make_app(url)
    # The results of a second come at once here.
    ticks.LOOK_SECONDS = 0.0
    with app.app_context(), connected(url) as cursor:
        tick_id = published_tick(tasks)
        cursor.execute("SELECT pg_stat_statements_reset()")
        looks = 0.0
        for after in range(0, tasks, A_SECOND):
            cursor.execute(DRAW, (tick_id, after, A_SECOND))
            began = time.perf_counter()
            ticks.look_after(tick_id)
            looks += time.perf_counter() - began
        tick = db.session.get_one(Tick, tick_id)
        assert (tick.state, tick.verified) == (TickState.FINISHED, tasks), f"{tick.state}, {tick.verified} verified"
        cursor.execute(COSTS)
        statements = [Statement(*row) for row in cursor.fetchall()]
    close(app)
    return Verified(tasks, statements, looks)


def count_statements(servers: Servers, url: str) -> None:
    """Have PostgreSQL keep account of what each statement takes it, planning included."""
    with connected(url) as cursor:
        cursor.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
    servers.postgres.restart()
    with connected(url) as cursor:
        cursor.execute("CREATE EXTENSION pg_stat_statements")
        cursor.execute("ALTER SYSTEM SET pg_stat_statements.track_planning = on")
        cursor.execute("SELECT pg_reload_conf()")


def published_tick(tasks: int) -> int:
    """A tick of the numbers whose messages count as sent; its id."""
    schedule = schedules_of(current_app).get(NAME)
    assert schedule is not None
    tick = ticks.launch_by_hand(schedule)
    sent = update(Tick).where(Tick.id == tick.id).values(state=TickState.DRAWING, published=tasks, published_key=Tick.last_key)
    db.session.execute(sent)
    db.session.commit()
    return tick.id


@contextmanager
def connected(url: str) -> Iterator[Cursor]:
    """A cursor of the benchmark's own, each of whose statements commits by itself."""
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    connection.autocommit = True
    try:
        yield connection.cursor()
    finally:
        connection.close()


def drained(seconds: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """The seconds in which a tick was drained with an empty and with a full table, and what is lost of the rate by medians."""
    empty, full = median(seconds["empty"]), median(seconds["full"])
    rates = {"empty": round(DRAINED / empty), "full": round(DRAINED / full)}
    return {"tasks": DRAINED, "seconds": seconds, "results_per_second": rates, "lost": round(1 - empty / full, 4)}


def as_json(verified: Verified) -> dict[str, Any]:
    """What verifying took, for the JSON; its dearest statements first."""
    return {
        "tasks": verified.tasks,
        "database_seconds": round(sum(statement.seconds for statement in verified.statements), 3),
        "looks_seconds": round(verified.looks_seconds, 3),
        "statements": [{"text": " ".join(each.text.split()), "calls": each.calls, "seconds": round(each.seconds, 3)} for each in verified.statements],
    }


def summary(found: Mapping[str, Any]) -> str:
    """The findings in a few lines."""
    rows, drain, verify = found["rows"], found["drain"], found["verify"]
    rates = drain["results_per_second"]
    lines = [
        f"Draining {drain['tasks']:,} Tasks: {rates['empty']:,} a second into an empty table, {rates['full']:,} into one of"
        f" {rows['before']:,} rows of {rows['bytes_each']} bytes; {100 * drain['lost']:.1f} % are lost.",
        f"Verifying a tick of {verify['tasks']:,} Tasks: {verify['database_seconds']:.2f} s of statements in the database,"
        f" {verify['looks_seconds']:.2f} s by the clock with commits and Python.",
    ]
    shown = verify["statements"][:SHOWN]
    return "\n".join(lines + [f"  {each['seconds']:.3f} s in {each['calls']:,} calls: {each['text'][:100]}" for each in shown])


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    return {"cores": os.cpu_count(), "python": platform.python_version()}


def say(what: str) -> None:
    """A line of progress."""
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
