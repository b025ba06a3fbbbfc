"""`python -m benchmarks.calls`: how long it takes to have a result, over RabbitMQ, beside Dramatiq's Redis backend and Celery's rpc://."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.tick import consumers
from tests.place import Place, free_port
from tests.servers import RabbitServer
from tests.site import ROOT, Site
from tests.waiting import wait_until

START_SECONDS = 60.0
COLUMNS = {
    "median_ms": "one by one, median ms",
    "p95_ms": "p95 ms",
    "calls_per_second": "20 threads, calls a second",
    "collected_per_second": "sent first, a second",
}


@dataclass(frozen=True)
class Caller:
    """A library, its workers' command, and the module that its caller uses too."""

    name: str
    module: str
    queue: str
    command: tuple[str, ...]
    on_redis: bool = False


DRAMATIQ = ("dramatiq", "benchmarks.peers.calls_dramatiq", "--processes", "1", "--threads", "4")
CELERY = ("celery", "--app", "benchmarks.peers.calls_celery", "worker", "--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--pool")
CALLERS = (
    Caller("callboard's backend", "benchmarks.peers.calls_dramatiq", "default", DRAMATIQ),
    Caller("dramatiq, Redis", "benchmarks.peers.calls_dramatiq", "default", DRAMATIQ, on_redis=True),
    Caller("celery rpc://, 4 threads", "benchmarks.peers.calls_celery", "celery", (*CELERY, "threads", "--concurrency", "4")),
    Caller("celery rpc://, prefork 2", "benchmarks.peers.calls_celery", "celery", (*CELERY, "prefork", "--concurrency", "2")),
)


def main() -> None:
    """Measure all of them, round after round; a table of medians on standard output."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.calls", description="How long it takes to have a result, beside others; a round takes some two minutes."
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured; medians are shown (default: 3)")
    rounds = parser.parse_args().rounds
    found: dict[str, list[dict[str, float]]] = {caller.name: [] for caller in CALLERS}
    with RabbitServer() as rabbit, redis() as redis_url:
        for _ in range(rounds):
            for caller in CALLERS:
                if caller.on_redis and redis_url is None:
                    continue
                urls = {"PEER_BROKER_URL": rabbit.create_vhost(), **({"PEER_REDIS_URL": redis_url} if caller.on_redis and redis_url else {})}
                found[caller.name].append(measured(caller, urls))
                print(caller.name, found[caller.name][-1], file=sys.stderr, flush=True)
    print(table(found))


def measured(caller: Caller, urls: Mapping[str, str]) -> dict[str, float]:
    """What a caller took, with workers of its own."""
    with tempfile.TemporaryDirectory(prefix="callboard-bench-") as folder, ExitStack() as stack:
        stack.enter_context(Site(Path(folder), **urls).running(*caller.command))
        wait_until(lambda: consumers(urls["PEER_BROKER_URL"], caller.queue) == 1, within=START_SECONDS)
        command = [sys.executable, "-m", "benchmarks.caller", caller.module]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | urls, stdout=subprocess.PIPE, text=True, check=True)
        measurements: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return measurements


@contextmanager
def redis() -> Iterator[str | None]:
    """The address of a Redis that keeps nothing on disk; None, and a word about it, where there is no redis-server."""
    program = shutil.which("redis-server")
    if program is None:
        print("Redis is left out: there is no redis-server. Debian, Ubuntu: apt install redis-server", file=sys.stderr)
        yield None
        return
    place, port = Place("redis", user="nobody"), free_port()
    process = place.start(program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
    try:
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
        place.remove()


def table(found: Mapping[str, list[dict[str, float]]]) -> str:
    """The medians of all rounds, in Markdown."""
    lines = [f"| results over | {' | '.join(COLUMNS.values())} |", f"| --- | {' | '.join('---:' for _ in COLUMNS)} |"]
    for name, rounds in found.items():
        if rounds:
            figures = [f"{median(each[column] for each in rounds):,.{2 if column.endswith('_ms') else 0}f}" for column in COLUMNS]
            lines.append(f"| {name} | {' | '.join(figures)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
