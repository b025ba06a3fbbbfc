"""Builds the rows, starts the site and the stock one as they ship, runs the load, and writes what it found."""

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path

from benchmarks import measure
from benchmarks.large import FOLDER, connected, machine, say
from benchmarks.subjects import PASSWORD, USERNAME, started
from benchmarks.tick import Servers
from benchmarks.web import load, pages, results
from benchmarks.web.data import Amounts, fill
from benchmarks.web.load import Answers, Load, Request
from tests.place import Place, free_port
from tests.site import ROOT, Site
from tests.waiting import wait_until

CLIENTS, CROWD = 8, 200
STOCK_SECONDS = 1.0
"""Each client asks the stock site at least once, which is enough where it takes seconds."""
PROCESSES, THREADS = 2, 8
"""As the site ships: WEB_CONCURRENCY of docker-compose.prod.yml, and the threads of dockr/gunicorn.conf.py."""


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.web",
        description="Measure the site's pages with a million Tasks and ten million results, beside stock Flask-Admin, on private servers."
        " Takes a quarter of an hour on two cores, and 8 GB of disk for as long as it runs.",
        epilog='Example: --tasks 2000 --results 20000 --seconds 0.5 --crowd-seconds 5 --only "Tasks" --folder /tmp',
    )
    parser.add_argument("--tasks", type=int, default=Amounts.tasks, help="Tasks, events of the audit, and failed messages (default: 1000000)")
    parser.add_argument("--results", type=int, default=Amounts.results, help="results of ten ticks, each of the first of the Tasks (default: 10000000)")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each page is asked for (default: 4)")
    parser.add_argument("--crowd-seconds", type=float, default=60.0, help=f"how long {CROWD} clients ask for all pages (default: 60)")
    parser.add_argument("--only", default="", help="pages whose names begin so (default: all)")
    parser.add_argument("--no-stock", action="store_true", help="leave stock Flask-Admin out")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where web.json and web.md go (default: benchmarks/results)")
    return parser.parse_args()


def main() -> None:
    """Measure what was asked for; progress goes to standard error, the table to standard output."""
    asked = arguments()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with Servers.started() as servers:
        database_url = servers.postgres.create_database(servers.template)
        with connected(database_url) as cursor:
            fill(cursor, Amounts(asked.tasks, asked.results))
        measured(asked, database_url, servers.rabbit.create_vhost())


def measured(asked: argparse.Namespace, database_url: str, broker_url: str) -> None:
    """Measure the pages on a database that is filled, and write what was found."""
    with connected(database_url) as cursor:
        names = pages.known(cursor)
    wanted = [page for page in pages.PAGES if page.name.startswith(asked.only)]
    with serving(database_url, broker_url) as stage:
        site = {page.name: stage.load([stage.request(page, names)], asked.seconds) for page in shown(wanted)}
        exports = [stage.export(name, path) for name, path in pages.EXPORTS.items()]
        crowd = stage.crowd([stage.request(page, names) for page in wanted], asked.crowd_seconds)
    stock: dict[str, Answers] = {}
    if not asked.no_stock:
        with stock_serving(database_url) as port:
            for page in shown([page for page in wanted if page.stock]):
                assert page.stock is not None
                stock[page.name] = in_a_process(Load(port, [Request(page.stock.format(**names), {})], CLIENTS, STOCK_SECONDS, warm_up=0))
    lines = [results.Line(page.name, site[page.name], stock.get(page.name)) for page in wanted]
    found = results.as_json(lines, crowd, exports, {"machine": machine(), "rows": {"tasks": asked.tasks, "results": asked.results}, "clients": CLIENTS})
    (asked.folder / "web.json").write_text(json.dumps(found, indent=2) + "\n")
    (asked.folder / "web.md").write_text(f"{results.table(lines)}\n{results.summary(found)}")
    print((asked.folder / "web.md").read_text())


def shown(wanted: Sequence[pages.Page]) -> Iterator[pages.Page]:
    """Each page, told before it is measured."""
    for page in wanted:
        say(page.name)
        yield page


@dataclass(frozen=True)
class Stage:
    """The site that runs, and the superuser who is logged in at it."""

    site: Site
    processes: set[int]

    def request(self, page: pages.Page, names: dict[str, str]) -> Request:
        """What a browser, or a program with a token, sends for a page."""
        return Request(page.path.format(**names), page.headers or self._cookies)

    def load(self, requests: Sequence[Request], seconds: float) -> Answers:
        """A few clients that ask without a pause."""
        return in_a_process(Load(self.site.port, requests, CLIENTS, seconds, warm_up=2))

    def crowd(self, requests: Sequence[Request], seconds: float) -> results.Crowd:
        """Many clients that do, and the memory that the site takes meanwhile."""
        say(f"{CROWD} clients for {seconds:g} s")
        # At first it is what answers to few had made of it.
        memory = [measure.resident_megabytes(self.processes)]
        with ThreadPoolExecutor(1) as pool:
            answers = pool.submit(in_a_process, Load(self.site.port, requests, CROWD, seconds))
            while not answers.done():
                memory.append(measure.resident_megabytes(self.processes))
                wait([answers], timeout=1)
        return results.Crowd(CROWD, answers.result(), memory)

    def export(self, name: str, path: str) -> results.Export:
        """Fetch a file that is streamed, to its end."""
        say(f"CSV of {name}")
        before = measure.resident_megabytes(self.processes)
        measure.forget_peaks(self.processes)
        began, size = time.monotonic(), 0
        connection = HTTPConnection("127.0.0.1", self.site.port, timeout=load.TIMEOUT)
        connection.request("GET", path, headers=self._cookies)
        answer = connection.getresponse()
        assert answer.status == 200, answer.status
        while piece := answer.read(2**16):
            size += len(piece)
        connection.close()
        return results.Export(name, time.monotonic() - began, size, max(0.0, measure.peak_megabytes(self.processes) - before))

    @property
    def _cookies(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.site.browser.cookies)}


@contextmanager
def serving(database_url: str, broker_url: str) -> Iterator[Stage]:
    """The site as it ships, for as long as the block runs."""
    place = Place("bench-web")
    with ExitStack() as stack:
        stack.callback(place.remove)
        # In development, for in production nobody can log in without TLS. No tick is due meanwhile.
        week = {"GENERATE_RANDOM_NUMBER_TASKS_SCHEDULE": str(7 * 86400)}
        site = Site(place.folder, DATABASE_URL=database_url, BROKER_URL=broker_url, WEB_CONCURRENCY=str(PROCESSES), **week)
        processes = started(stack, site.serving())
        site.post("/accounts/login", form_at="/accounts/login", username=USERNAME, password=PASSWORD)
        yield Stage(site, processes)


@contextmanager
def stock_serving(database_url: str) -> Iterator[int]:
    """The stock site on as many processes and threads, for as long as the block runs; its port."""
    place, port = Place("bench-stock"), free_port()
    with ExitStack() as stack:
        stack.callback(place.remove)
        site = Site(place.folder, DATABASE_URL=database_url)
        how = ("--workers", str(PROCESSES), "--threads", str(THREADS), "--worker-class", "gthread", "--timeout", "600", "--no-control-socket")
        stack.enter_context(site.running("gunicorn", *how, "--bind", f"127.0.0.1:{port}", "benchmarks.web.stock:app"))
        wait_until(lambda: answers(port), within=60)
        yield port


def answers(port: int) -> bool:
    """Whether anybody answers there."""
    try:
        HTTPConnection("127.0.0.1", port, timeout=5).request("GET", "/")
    except OSError:
        return False
    return True


def in_a_process(asked: Load) -> Answers:
    """The answers to a load, asked for by a process of its own: here its clients would share Python's lock with whoever looks on."""
    done = subprocess.run([sys.executable, "-m", load.__name__], cwd=ROOT, input=json.dumps(asdict(asked)), stdout=subprocess.PIPE, text=True, check=True)
    written = json.loads(done.stdout)
    statuses = Counter({int(status): number for status, number in written.pop("statuses").items()})
    return Answers(**written, statuses=statuses)


if __name__ == "__main__":
    main()
