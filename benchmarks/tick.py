"""One run: a subject, fresh processes and a fresh database; enqueue with its workers frozen, drain, and then both at once."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Self

import pika
from pika.exceptions import ChannelClosedByBroker

from benchmarks import measure
from benchmarks.ledger import Ledger
from benchmarks.results import Phase, Run
from benchmarks.subjects import PASSWORD, USERNAME, Published, Running, Subject, started
from tests.place import Place
from tests.servers import PostgresServer, RabbitServer
from tests.site import Site
from tests.waiting import wait_until

WARM_UP = 200
"""Tasks of the tick that a run begins with, so that every process and thread has its connections."""
START_SECONDS = 60.0


@dataclass(frozen=True)
class Servers:
    """The private servers, their processes, and the database that each run has a copy of."""

    postgres: PostgresServer
    rabbit: RabbitServer
    processes: dict[str, set[int]]
    template: str

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[Self]:
        """PostgreSQL as durable as in production, RabbitMQ, and a migrated database with a superuser."""
        with ExitStack() as stack:
            postgres, rabbit = PostgresServer(durable=True), RabbitServer()
            processes = {"postgres": started(stack, postgres), "rabbitmq": started(stack, rabbit)}
            url = postgres.create_database()
            folder = Place("bench")
            stack.callback(folder.remove)
            site = Site(folder.folder, DATABASE_URL=url)
            site.flask("db", "upgrade")
            site.flask("accounts", "create-superuser", USERNAME, typed=PASSWORD + "\n")
            yield cls(postgres, rabbit, processes, url.rsplit("/", 1)[1])


def run(subject: Subject, tasks: int, number: int, servers: Servers, *, both: bool = True) -> Run:
    """Measure a subject once, in round `number`. Raises AssertionError or RuntimeError if it does not do the work in time."""
    database_url = servers.postgres.create_database(servers.template)
    broker_url = servers.rabbit.create_vhost()
    try:
        with Ledger(database_url) as ledger, subject.running(database_url, broker_url) as running:
            wait_for_consumers(broker_url, subject)
            stage = Stage(ledger, running, servers)
            ledger.add_tasks(WARM_UP)
            stage.together(WARM_UP)
            ledger.add_tasks(tasks)
            measure.forget_peaks(running.workers | running.web)
            phases = stage.apart(tasks)
            if both:
                phases["both"] = stage.together(tasks)
            peaks = {"web": max(stage.publisher_megabytes, measure.peak_megabytes(running.web)), "worker": measure.peak_megabytes(running.workers)}
            return Run(subject.name, subject.how, tasks, number, phases, peaks)
    finally:
        servers.postgres.drop_database(database_url)


class Stage:
    """A subject whose workers are connected, and what it is made to do."""

    def __init__(self, ledger: Ledger, running: Running, servers: Servers) -> None:
        self._ledger = ledger
        self._running = running
        self._processes = {"web": running.web, "worker": running.workers, **servers.processes}
        self.publisher_megabytes = 0.0
        """The most memory that a publishing program had which is not among `web`."""

    def apart(self, tasks: int) -> dict[str, Phase]:
        """Enqueue a message for each of the Tasks while the workers are frozen, and then let these drain the queue."""
        rows = self._ledger.rows_so_far()
        cpu = self._cpu_seconds()
        with measure.frozen(self._running.workers):
            published = self._publish()
            enqueue = Phase(published.ended - published.began, self._since(cpu, published))
            cpu = self._cpu_seconds()
            began = time.monotonic()
        ended = self._ledger.wait_for_results(published.tick_id, tasks, after=rows, within=deadline(tasks))
        drain = Phase(ended - began, self._since(cpu))
        self._running.settle()
        return {"enqueue": enqueue, "drain": drain}

    def together(self, tasks: int) -> Phase:
        """Enqueue a message for each of the Tasks while the workers are at work: from the first message sent to the last row committed."""
        rows = self._ledger.rows_so_far()
        cpu = self._cpu_seconds()
        published = self._publish()
        ended = self._ledger.wait_for_results(published.tick_id, tasks, after=rows, within=deadline(tasks))
        both = Phase(ended - published.began, self._since(cpu, published))
        self._running.settle()
        return both

    def _publish(self) -> Published:
        published = self._running.publish()
        self.publisher_megabytes = max(self.publisher_megabytes, published.peak_megabytes)
        return published

    def _cpu_seconds(self) -> dict[str, float]:
        return {name: measure.cpu_seconds(roots) for name, roots in self._processes.items()}

    def _since(self, before: dict[str, float], published: Published | None = None) -> dict[str, float]:
        took = {name: seconds - before[name] for name, seconds in self._cpu_seconds().items()}
        took["web"] += published.cpu_seconds if published else 0.0
        return took


def deadline(tasks: int) -> float:
    """Seconds within which anybody is done with so many Tasks."""
    return 120 + tasks / 50


def wait_for_consumers(broker_url: str, subject: Subject) -> None:
    """Wait until all workers of a subject listen."""
    wait_until(lambda: consumers(broker_url, subject.queue) == subject.consumers, within=START_SECONDS)


def consumers(broker_url: str, queue: str) -> int:
    """How many consumers the queue has; 0 while there is no such queue."""
    connection = pika.BlockingConnection(pika.URLParameters(broker_url))
    try:
        return int(connection.channel().queue_declare(queue, passive=True).method.consumer_count)
    except ChannelClosedByBroker:
        return 0
    finally:
        connection.close()
