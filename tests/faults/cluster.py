"""A whole site on private servers: web processes, worker processes, Tasks, and what must hold of it whatever was done to it."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pika
import psycopg2
from pika.exceptions import ChannelClosedByBroker

from tests.faults.programs import Supervised
from tests.forms import is_ready
from tests.place import free_port
from tests.servers import PostgresServer, RabbitServer
from tests.site import BIN, Site
from tests.waiting import wait_until

USERNAME, PASSWORD = "prompter", "correct horse battery"
NUMBERS = "generate_random_numbers"
QUEUES = ("numbers", "numbers.DQ", "numbers.XQ", "scores", "scores.DQ", "scores.XQ", "chores", "chores.DQ", "chores.XQ")
LOOK_SECONDS = 0.02
"""The middle of a tick is short."""

DATABASE_AWAY = r"waits for the database"
"""What a serving process says once."""
BROKER_AWAY = r"Consumer encountered a connection error"


class Cluster(Site):
    """A site whose programs a supervisor keeps, and its superuser."""

    def __init__(self, folder: Path, postgres: PostgresServer, rabbit: RabbitServer, template: str, **environment: str) -> None:
        self.database_url = postgres.create_database(template)
        self.broker_url = rabbit.create_vhost()
        super().__init__(folder, **{"DATABASE_URL": self.database_url, "BROKER_URL": self.broker_url, **environment})
        self.postgres = postgres
        self.rabbit = rabbit
        self.webs: list[Supervised] = []
        self.workers: Supervised
        self._programs: list[Supervised] = []
        self._urls: list[str] = []

    @property
    def database(self) -> str:
        """The name of its database."""
        return self.database_url.rpartition("/")[2]

    @property
    def postgres_address(self) -> str:
        """Where PostgreSQL is, for a client beside the site."""
        return self.database_url.replace("+psycopg2", "").removesuffix(self.database) + "postgres"

    # Its programs

    def serve(self, before: tuple[str, ...] = (), **environment: str) -> Supervised:
        """Start a gunicorn, at the site's port if it is the first; `before` stands before its command."""
        port = str(free_port()) if self.webs else str(self.port)
        command = (*before, str(BIN / "gunicorn"), "--config", "dockr/gunicorn.conf.py", "project.wsgi:app")
        web = self._supervise(f"web-{len(self.webs) + 1}", command, PORT=port, **environment)
        self.webs.append(web)
        self._urls.append(f"http://127.0.0.1:{port}")
        return web

    def work(self) -> Supervised:
        """Start a master of two worker processes with four threads each."""
        self.workers = self._supervise("workers", (str(BIN / "python"), "-m", "workers", "-p", "2", "-t", "4"))
        return self.workers

    def _supervise(self, name: str, command: tuple[str, ...], **environment: str) -> Supervised:
        program = Supervised(command, self._environment | environment, self.log(name))
        self._programs.append(program)
        return program

    def wait_until_ready(self) -> None:
        """Wait for every gunicorn, and for both worker processes."""
        wait_until(lambda: all(map(is_ready, self._urls)))
        wait_until(lambda: self.consumers() == 2)

    def stop(self) -> None:
        """End all programs in order."""
        codes = [program.stop() for program in self._programs if not program.killed]
        assert codes == [0] * len(codes), self.printed()
        wait_until(lambda: not self.consumers())

    def kill(self) -> None:
        """End whatever is left of it."""
        for program in self._programs:
            program.kill()

    def printed(self) -> str:
        """The logs of all its programs."""
        return "".join(program.log() for program in self._programs)

    def log_in(self) -> None:
        """Log the superuser in."""
        self.post("/accounts/login", form_at="/accounts/login", username=USERNAME, password=PASSWORD)

    def launch(self) -> None:
        """Launch a tick by hand; its superuser must be logged in."""
        self.post("/workers/schedule/launch", form_at="/workers/schedule/", schedule=NUMBERS)

    # Its queues

    def consumers(self) -> int:
        """How many workers listen for numbers."""
        return self._queue("numbers")[1]

    def queued(self) -> dict[str, int]:
        """How many messages wait in each queue that has any."""
        return {name: waiting for name in QUEUES if (waiting := self._queue(name)[0])}

    def _queue(self, name: str) -> tuple[int, int]:
        """Its messages that nobody has fetched, and its consumers; none where there is no queue."""
        try:
            with pika.BlockingConnection(pika.URLParameters(self.broker_url)) as connection:
                declared = connection.channel().queue_declare(name, passive=True).method
                return declared.message_count, declared.consumer_count
        except ChannelClosedByBroker:
            return 0, 0

    def unsettled(self) -> bool:
        """Whether any message waits or is in a worker's hands."""
        listed = self.rabbit.control("list_queues", "--no-table-headers", "-p", self.broker_url.rpartition("/")[2], "messages")
        return any(int(line) for line in listed.split())

    # Its ledger

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows that a statement returns, in a connection of its own; commits."""
        connection = psycopg2.connect(self.database_url.replace("+psycopg2", ""))
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    @contextmanager
    def results_locked(self) -> Iterator[None]:
        """Nobody can write or delete a number while the block runs."""
        connection = psycopg2.connect(self.database_url.replace("+psycopg2", ""))
        try:
            connection.cursor().execute("LOCK TABLE task_results IN SHARE MODE")
            yield
        finally:
            connection.close()

    def waits_for_table(self) -> bool:
        """Whether a process waits for a whole table that another has locked."""
        return bool(self.ask("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'relation'"))

    def add_tasks(self, number: int) -> None:
        """Add Tasks whose numbers lie between 0 and 1. The week's slot is due as soon as there are any, so with the first ones a tick begins."""
        self.ask(
            "INSERT INTO tasks (lower_limit, upper_limit, created_by, created_at, updated_at)"
            " SELECT 0, 1, (SELECT min(id) FROM users), now(), now() FROM generate_series(1, %s)",
            number,
        )
        self.ask("ANALYZE tasks")

    def results(self) -> int:
        """How many numbers were drawn so far."""
        return int(self.ask("SELECT count(*) FROM task_results")[0][0])

    def has_results(self, tick: int, count: int) -> bool:
        """Whether the tick has so many numbers."""
        return self.results_of_tick(tick) >= count

    def results_of_tick(self, number: int) -> int:
        """How many numbers the tick has."""
        return int(self.ask("SELECT count(*) FROM task_results WHERE tick_id = %s", number)[0][0])

    def tick(self, column: str) -> Any:
        """A column of the newest tick of the numbers; None if there is none."""
        rows = self.ask(f"SELECT {column} FROM ticks WHERE launches = %s ORDER BY id DESC LIMIT 1", NUMBERS)
        return rows[0][0] if rows else None

    def is_open(self) -> bool:
        """Whether the newest tick of the numbers is at work."""
        return bool(self.tick("state IN ('publishing', 'drawing')"))

    def is_publishing(self) -> bool:
        """Whether the newest tick of the numbers is between two pages."""
        return bool(self.tick("state = 'publishing' AND published_key > 0"))

    def states(self) -> list[str]:
        """The states of all ticks, oldest first."""
        return [state for (state,) in self.ask("SELECT state FROM ticks ORDER BY id")]

    def publish_a_part(self, tasks: int) -> None:
        """Add Tasks, and return when some of their tick's messages are sent and others are not."""
        self.add_tasks(tasks)
        self.wait_for_middle(self.is_publishing)

    def draw_a_part(self, tasks: int) -> None:
        """Add Tasks, and return when all messages of their tick are sent, and some of its numbers drawn."""
        # Workers that are free draw about as fast as is published, and little would be left to draw.
        with self.workers.frozen():
            self.add_tasks(tasks)
            wait_until(lambda: self.tick("state = 'drawing'"))
        self.wait_for_results(1000)

    def wait_for_results(self, count: int) -> None:
        """Wait until so many numbers were drawn, and more are to come."""
        self.wait_for_middle(lambda: self.results() >= count)

    def wait_for_middle(self, condition: Callable[[], bool]) -> None:
        """Wait for a moment in the middle of the newest tick."""
        wait_until(condition, every=LOOK_SECONDS)
        left = self.ask("SELECT (SELECT count(*) FROM tasks) - %s", self.results_of_tick(self.tick("id")))[0][0]
        assert left > 0, "the tick was over before any harm was done; give it more Tasks"

    # What must hold

    def demand_whole(self, expected_errors: str | None = None, ticks: int = 1) -> None:
        """Wait for the end of so many ticks and demand that nothing is missing, doubled, left over or wrong; the site is stopped then."""
        wait_until(lambda: self.states() == ["finished"] * ticks, every=0.2)
        self.demand_each_number_once()
        wait_until(lambda: not self.queued() and not self.unsettled(), every=0.5)
        self.stop()
        # What a worker had not acknowledged would be back now.
        assert self.queued() == {}
        self.demand_no_error(expected_errors)

    def demand_each_number_once(self) -> None:
        """Demand one number for each Task and tick, no other, each within the limits that it was drawn from."""
        missing = "SELECT k.id, t.id FROM ticks k JOIN tasks t ON t.id <= k.last_key AND k.launches = %s EXCEPT SELECT tick_id, task_id FROM task_results"
        assert self.ask(missing, NUMBERS) == []
        assert self.ask("SELECT tick_id, task_id FROM task_results GROUP BY tick_id, task_id HAVING count(*) > 1 OR tick_id IS NULL") == []
        limits = "(task_params ->> 'lower_limit')::float8 AND (task_params ->> 'upper_limit')::float8"
        assert self.ask(f"SELECT id, result, task_params FROM task_results WHERE NOT result BETWEEN {limits}") == []
        assert self.ask("SELECT id, reason, failed FROM ticks WHERE failed > 0 OR reason IS NOT NULL") == []

    def demand_no_error(self, expected: str | None = None) -> None:
        """Demand that the logs hold no error but those whose lines match `expected`."""
        grave = re.findall(r"^.*(?:\bERROR\b|\bCRITICAL\b|Traceback).*$", self.printed(), re.MULTILINE)
        unexpected = [line for line in grave if not (expected and re.search(expected, line))]
        assert not unexpected, "\n".join(unexpected)


def pass_time(seconds: float) -> None:
    """Let time pass, where what is tested is what its length does."""
    over = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= over, within=2 * seconds, every=0.5)
