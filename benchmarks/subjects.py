"""Who is measured: how its workers are started, and how a message for each Task is sent."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from benchmarks import measure
from benchmarks.ledger import Ledger
from tests.apps import WEEK
from tests.site import ROOT, Site
from tests.waiting import wait_until

USERNAME, PASSWORD = "prompter", "correct horse battery"
"""The superuser whom the databases have."""
NO_HEARTBEAT = "?heartbeat=0"
"""Workers are frozen while their queue is filled, and RabbitMQ would hang up on those."""
LOOK_SECONDS = 0.02
DEADLINE = 1200.0


@dataclass(frozen=True)
class Published:
    """What it took to send a message for each Task; the instants are the machine's monotonic clock's."""

    tick_id: int
    began: float
    ended: float
    cpu_seconds: float = 0.0
    """Of a program that only publishes; what `Running.web` takes is not in it, nor in `peak_megabytes`."""
    peak_megabytes: float = 0.0


class Running(Protocol):
    """A subject whose workers are there."""

    workers: set[int]
    web: set[int]
    """Its processes, without those below; a peer has no `web`, but a program that publishes and ends."""

    def publish(self) -> Published:
        """Send a message for each Task that there is, and return when all are sent."""

    def settle(self) -> None:
        """Wait for what comes after the last result."""


class Subject(Protocol):
    """Something that can do the work of a tick."""

    @property
    def name(self) -> str:
        """As in the table."""

    @property
    def how(self) -> str:
        """Its processes, threads and prefetch."""

    @property
    def queue(self) -> str:
        """Where its messages go."""

    @property
    def consumers(self) -> int:
        """How many of them its workers attach to the queue."""

    def running(self, database_url: str, broker_url: str) -> AbstractContextManager[Running]:
        """Its workers, for as long as the block runs."""


def started(stack: ExitStack, program: AbstractContextManager[object]) -> set[int]:
    """Enter a context that starts programs, and give their process ids."""
    before = measure.children(os.getpid())
    stack.enter_context(program)
    return measure.children(os.getpid()) - before


# Peers


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A library whose workers run a module of `benchmarks.peers`."""

    name: str
    how: str
    module: str
    queue: str
    consumers: int = 1
    command: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def running(self, database_url: str, broker_url: str) -> Iterator[Running]:
        """Its workers, for as long as the block runs."""
        environment = {"PEER_DATABASE_URL": database_url.replace("+psycopg2", ""), "PEER_BROKER_URL": broker_url, **self.settings}
        with tempfile.TemporaryDirectory(prefix="callboard-bench-") as folder, ExitStack() as stack:
            site = Site(Path(folder), **environment)
            workers = started(stack, site.running(*self.command))
            running = RunningPeer(self.module, environment, workers)
            stack.callback(running.end)
            yield running


class RunningPeer:
    """A peer whose workers are there; a program of its own sends the messages."""

    def __init__(self, module: str, environment: Mapping[str, str], workers: set[int]) -> None:
        self.workers = workers
        self.web: set[int] = set()
        self._command = [sys.executable, "-m", "benchmarks.publisher", module]
        self._environment = os.environ | environment
        self._publisher: subprocess.Popen[str] | None = None
        self._ticks = 0

    def publish(self) -> Published:
        """Send a message for each Task that there is, and return when all are sent."""
        self._ticks += 1
        self._publisher = subprocess.Popen([*self._command, str(self._ticks)], cwd=ROOT, env=self._environment, stdout=subprocess.PIPE, text=True)
        assert self._publisher.stdout is not None
        line = self._publisher.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self._command)} ended with {self._publisher.wait()}")
        return Published(tick_id=self._ticks, **json.loads(line))

    def settle(self) -> None:
        """Wait for the publisher, which may wait for results."""
        if self._publisher is not None:
            self._publisher.communicate(timeout=DEADLINE)
            self._publisher = None

    def end(self) -> None:
        """End a publisher that is still there, for something went wrong."""
        if self._publisher is not None:
            self._publisher.kill()
            self._publisher.communicate()


def celery(pool: str, concurrency: int, prefetch: int, *, results: bool = False) -> Peer:
    """Celery; `prefetch` is messages for each process or thread."""
    return Peer(
        name="celery, results" if results else f"celery, {pool}",
        how=f"{pool} {concurrency}, prefetch {prefetch} each",
        module="benchmarks.peers.celery_peer",
        queue="celery",
        command=_celery_command("benchmarks.peers.celery_peer", pool, concurrency),
        settings={"PEER_PREFETCH": str(prefetch), "PEER_RESULTS": "yes" if results else "no"},
    )


def celery_batches(pool: str, concurrency: int, batch: int) -> Peer:
    """celery-batches; as many messages are fetched as are two batches for each process or thread."""
    return Peer(
        name="celery-batches",
        how=f"{pool} {concurrency}, batches of {batch}, prefetch {2 * batch} each",
        module="benchmarks.peers.celery_batches_peer",
        queue="celery",
        command=_celery_command("benchmarks.peers.celery_batches_peer", pool, concurrency),
        settings={"PEER_PREFETCH": str(2 * batch), "PEER_BATCH": str(batch)},
    )


def dramatiq(processes: int, threads: int, prefetch: int) -> Peer:
    """Plain Dramatiq; `prefetch` is messages for each process."""
    return Peer(
        name="dramatiq",
        how=f"{processes} × {threads} threads, prefetch {prefetch} a process",
        module="benchmarks.peers.dramatiq_peer",
        queue="default",
        consumers=processes,
        command=("dramatiq", "benchmarks.peers.dramatiq_peer", "--processes", str(processes), "--threads", str(threads)),
        settings={"dramatiq_queue_prefetch": str(prefetch)},
    )


def _celery_command(module: str, pool: str, concurrency: int) -> tuple[str, ...]:
    sparing = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    return ("celery", "--app", module, "worker", "--pool", pool, "--concurrency", str(concurrency), "--loglevel", "WARNING", *sparing)


# Callboard


@dataclass(frozen=True)
class Callboard:
    """Callboard as it ships: gunicorn with its schedule, and the workers of docs/running.md."""

    name: str = "callboard"
    wsgi: str = "project.wsgi"
    main: str = "workers.main"
    queue: str = "numbers"
    consumers: int = 2
    threads: int = 4
    settings: Mapping[str, str] = field(default_factory=dict)
    """Beside those that every run has."""

    @property
    def how(self) -> str:
        """Its processes and threads."""
        return f"{self.consumers} × {self.threads} threads"

    @contextmanager
    def running(self, database_url: str, broker_url: str) -> Iterator[Running]:
        """Its web process and its workers, for as long as the block runs."""
        settings = {"DATABASE_URL": database_url, "BROKER_URL": broker_url, "GENERATE_RANDOM_NUMBER_TASKS_SCHEDULE": str(WEEK), **self.settings}
        with tempfile.TemporaryDirectory(prefix="callboard-bench-") as folder, ExitStack() as stack:
            # In development, for in production nobody can log in without TLS; they differ in the format of logs alone, of which the web process writes few.
            site = Site(Path(folder), **settings)
            web = started(stack, site.serving(self.wsgi))
            site.set(CALLBOARD_ENV="production", BROKER_URL=broker_url + NO_HEARTBEAT)
            workers = started(stack, site.running("dramatiq", self.main, "-p", str(self.consumers), "-t", str(self.threads)))
            ledger = stack.enter_context(Ledger(database_url))
            yield RunningCallboard(site, ledger, web, workers)


UNWATCHED = Callboard("callboard, unwatched", "benchmarks.unwatched.wsgi", "benchmarks.unwatched.main")
"""The same without the workers' monitor."""
QUORUM = Callboard("callboard, quorum queues", settings={"RABBITMQ_QUEUE_TYPE": "quorum"})
"""The same on the queues of clusters."""


class RunningCallboard:
    """A site with its workers; its own web process sends the messages of the ticks that its superuser launches."""

    def __init__(self, site: Site, ledger: Ledger, web: set[int], workers: set[int]) -> None:
        self.workers = workers
        self.web = web
        self._site = site
        self._ledger = ledger
        site.post("/accounts/login", form_at="/accounts/login", username=USERNAME, password=PASSWORD)

    def publish(self) -> Published:
        """Launch a tick, and return when all its messages are sent, which the web process does at its next beat."""
        answer = self._site.post("/workers/schedule/launch", form_at="/workers/schedule/", schedule="generate_random_numbers")
        launched = re.search(r"[?&]tick=(\d+)", answer.url)
        assert launched, answer.url
        tick_id = int(launched[1])
        began = self._when(lambda: self._ledger.publishing_began(tick_id))
        ended = self._when(lambda: self._ledger.all_published(tick_id))
        return Published(tick_id, began, ended)

    def settle(self) -> None:
        """Wait until every tick is finished."""
        wait_until(lambda: not self._ledger.open_ticks(), within=DEADLINE)
        assert not self._ledger.abandoned_ticks()

    def _when(self, condition: Callable[[], bool]) -> float:
        wait_until(condition, within=DEADLINE, every=LOOK_SECONDS)
        return time.monotonic()


CANDIDATES: Mapping[str, Sequence[Peer]] = {
    "celery-prefork": [celery("prefork", 4, 50), celery("prefork", 4, 10), celery("prefork", 2, 50)],
    "celery-threads": [celery("threads", 16, 10), celery("threads", 8, 10), celery("threads", 4, 50)],
    "celery-results": [celery("prefork", 4, 50, results=True), celery("threads", 16, 10, results=True)],
    "celery-batches": [celery_batches("prefork", 2, 500), celery_batches("prefork", 2, 1000), celery_batches("threads", 1, 1000)],
    "dramatiq": [dramatiq(2, 8, 100), dramatiq(1, 16, 100), dramatiq(2, 8, 16)],
}
"""What each peer is tried with before a run, which then goes on with the fastest; the first is what it has without trying."""
