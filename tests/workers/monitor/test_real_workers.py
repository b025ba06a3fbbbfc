"""Real workers on RabbitMQ, as the site's pages show them and steer them."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pika
import psycopg2
import pytest

from tests.apps import WEEK, close, make_app
from tests.factories import PASSWORD, make_superuser, make_tasks
from tests.servers import RabbitServer
from tests.site import BIN, ROOT, Site
from tests.waiting import PATIENCE, wait_until
from workers.broker import PREFETCH

TASKS = 3 * PREFETCH
COUNTED = "SELECT coalesce(sum(messages), 0) FROM work_counts WHERE actor = 'generate_random_number' AND outcome = 'processed'"


class Theatre:
    """A site that serves, its superuser's browser, and commands that work its messages."""

    def __init__(self, folder: Path, database_url: str, broker_url: str) -> None:
        every_week = {"WEB_CONCURRENCY": "1", "GENERATE_RANDOM_NUMBER_TASKS_SCHEDULE": str(WEEK)}
        self.site = Site(folder, DATABASE_URL=database_url, BROKER_URL=broker_url, **every_week)
        self._database_url = database_url.replace("+psycopg2", "")
        self._broker_url = broker_url

    @contextmanager
    def command(self) -> Iterator[subprocess.Popen[bytes]]:
        """A command of one worker process with two threads; it is killed with its workers if it is still there at the end."""
        with self.site.log("workers").open("ab") as log:
            command = [str(BIN / "python"), "-m", "workers", "-p", "1", "-t", "2"]
            process = subprocess.Popen(command, cwd=ROOT, env=self.site.environment, stdout=log, stderr=log, start_new_session=True)
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """What the database answers."""
        connection = psycopg2.connect(self._database_url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall()
        finally:
            connection.close()

    @contextmanager
    def results_locked(self) -> Iterator[None]:
        """Nobody can write a number while the block runs; all can be read."""
        connection = psycopg2.connect(self._database_url)
        try:
            connection.cursor().execute("LOCK TABLE task_results IN SHARE MODE")
            yield
        finally:
            connection.close()

    def waiting(self, queue: str = "numbers") -> tuple[int, int]:
        """How many messages of a queue nobody has fetched, and how many consumers it has."""
        with pika.BlockingConnection(pika.URLParameters(self._broker_url)) as connection:
            declared = connection.channel().queue_declare(queue, passive=True).method
            return declared.message_count, declared.consumer_count

    def page(self, path: str) -> str:
        """A page as the superuser sees it."""
        answer = self.site.browser.get(self.site.url + path, timeout=30)
        assert answer.ok, answer.text
        return answer.text

    def states(self) -> dict[str, str]:
        """The state of each worker that the page Processes lists, by where it is."""
        return dict(re.findall(r'>([^<>]+:\d+)</a>.*?<td><span class="state state-\w+">(\w+)<', self.page("/workers/processes/"), re.DOTALL))

    def launch(self) -> None:
        """A tick by hand."""
        self.site.post("/workers/schedule/launch", form_at="/workers/schedule/", schedule="generate_random_numbers")

    def ask_worker(self, action: str, process_id: object) -> None:
        """Press a button of a worker's page."""
        self.site.post("/workers/processes/ask", form_at=f"/workers/processes/process?id={process_id}", id=str(process_id), action=action)


@pytest.fixture
def theatre(postgres_url: str, rabbit: RabbitServer, tmp_path: Path) -> Iterator[Theatre]:
    """With more Tasks than a worker fetches ahead."""
    app = make_app(postgres_url)
    with app.app_context():
        make_tasks(TASKS, make_superuser("prompter"))
    close(app)
    theatre = Theatre(tmp_path, postgres_url, rabbit.create_vhost())
    with theatre.site.serving():
        theatre.site.post("/accounts/login", form_at="/accounts/login", username="prompter", password=PASSWORD)
        yield theatre


def test_workers_are_paused_resumed_stopped_and_killed_and_what_they_did_is_counted(theatre: Theatre) -> None:
    with theatre.command() as command:
        # Given a worker that has drawn the numbers of a tick
        (worker,) = wait_until(lambda: {at for at, state in theatre.states().items() if state == "online"})
        theatre.launch()
        wait_until(lambda: theatre.ask("SELECT count(*) FROM ticks WHERE state = 'finished'") == [(2,)])
        ((process_id, done),) = wait_until(lambda: theatre.ask(f"SELECT id, processed FROM worker_processes WHERE processed >= {2 * TASKS}"))

        # When it is paused while it has a batch in hand that can't be committed
        with theatre.results_locked():
            theatre.launch()
            wait_until(lambda: theatre.waiting()[0] == TASKS - PREFETCH)
            theatre.ask_worker("pause", process_id)
            wait_until(lambda: theatre.states()[worker] == "pausing")
        wait_until(lambda: theatre.states()[worker] == "paused")

        # Then that batch is committed, and what it had fetched beyond waits again, with nobody who fetches it
        ((drawn,),) = theatre.ask("SELECT count(*) FROM task_results WHERE tick_id = (SELECT max(id) FROM ticks)")
        assert 0 < drawn < TASKS
        waiting, consumers = theatre.waiting()
        # After half a minute without a number, on a slow machine, what is missing is published again.
        assert waiting >= TASKS - drawn
        assert consumers == 0

        # And when it is resumed, it works them
        theatre.ask_worker("resume", process_id)
        wait_until(lambda: theatre.ask("SELECT state FROM ticks ORDER BY id DESC LIMIT 1") == [("finished",)])
        wait_until(lambda: theatre.ask(f"SELECT ({COUNTED}) >= {done + TASKS}") == [(True,)])
        assert theatre.states()[worker] == "online"

        # And when it is stopped, its whole command ends in order
        theatre.ask_worker("stop", process_id)
        assert command.wait(PATIENCE) == 0
        assert theatre.states()[worker] == "stopped"
    assert theatre.ask("SELECT action FROM audit_events WHERE object_type = 'worker' ORDER BY id") == [
        ("worker.paused",),
        ("worker.resumed",),
        ("worker.stopped",),
    ]

    # And when another one is killed, it shows as lost, and what was done stays counted
    before = theatre.ask("SELECT sum(messages) FROM work_counts")
    with theatre.command() as command:
        killed = wait_until(lambda: [at for at, state in theatre.states().items() if state == "online"])
        os.killpg(command.pid, signal.SIGKILL)
        wait_until(lambda: [at for at, state in theatre.states().items() if state == "lost"] == killed)
    assert theatre.ask("SELECT sum(messages) FROM work_counts") == before
