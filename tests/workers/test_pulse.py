"""The workers' health check: well while every consumer of every worker process hears RabbitMQ, busy or not, and otherwise it says who does not."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import dramatiq
import pytest
from dramatiq import Consumer, Message, MessageProxy, Worker

from tests.place import free_port
from tests.servers import RabbitServer
from tests.site import Site
from tests.waiting import wait_until
from workers import pulse
from workers.broker import RabbitBroker
from workers.pulse import Pulse, trouble
from workers.watched import WatchedConsumer

SHORT = 3
"""Seconds of silence that a test waits for; a consumer that is well may be silent for two."""
QUEUES = {"numbers", "numbers.DQ", "scores", "scores.DQ", "chores", "chores.DQ"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this process's pulses are."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return pulse.folder()


def file_of(queue_name: str) -> Path:
    """The file of this process's consumer of a queue."""
    (found,) = pulse.folder().glob(f"{os.getpid()}.*.{queue_name}")
    return found


def heard(queue_name: str) -> float:
    """When that consumer last heard RabbitMQ; 0 for never."""
    return file_of(queue_name).stat().st_mtime


def silent_for(seconds: float, queue_name: str) -> None:
    """Have that consumer's pulse be so old."""
    at = time.monotonic() - seconds
    os.utime(file_of(queue_name), (at, at))


def test_without_a_worker_process_the_check_says_so(folder: Path) -> None:
    assert trouble(30) == "no worker process listens to RabbitMQ yet"


def test_a_consumer_that_has_not_connected_yet_is_not_well(folder: Path) -> None:
    Pulse("numbers")

    assert trouble(30) == f"process {os.getpid()} has not heard RabbitMQ yet (queue numbers)"


def test_a_process_that_hears_rabbitmq_is_well(folder: Path) -> None:
    Pulse("numbers").beat()

    assert trouble(30) is None


def test_one_silent_consumer_among_others_is_named_and_the_worst_of_them(folder: Path) -> None:
    for queue_name, seconds in {"chores": 1, "numbers": 45, "numbers.DQ": 95}.items():
        Pulse(queue_name).beat()
        silent_for(seconds, queue_name)

    assert trouble(30) == f"process {os.getpid()} last heard RabbitMQ 95 s ago (queue numbers.DQ)"


def test_a_consumer_that_connects_again_stays_as_silent_as_it_was(folder: Path) -> None:
    Pulse("numbers").beat()
    silent_for(45, "numbers")

    Pulse("numbers")

    assert trouble(30) == f"process {os.getpid()} last heard RabbitMQ 45 s ago (queue numbers)"


def test_a_process_that_is_gone_is_ignored_and_its_files_removed(folder: Path) -> None:
    # Given a process that lives and is silent
    command = "import sys; from workers.pulse import Pulse; Pulse('numbers'); print(flush=True); sys.stdin.read()"
    environment = os.environ | {"TMPDIR": tempfile.gettempdir()}
    with subprocess.Popen([sys.executable, "-c", command], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        assert trouble(30) == f"process {process.pid} has not heard RabbitMQ yet (queue numbers)"

        # When it has ended
        process.communicate()

    Pulse("chores").beat()
    assert trouble(30) is None
    assert list(folder.iterdir()) == [file_of("chores")]


def test_a_process_that_has_the_number_of_one_that_is_gone_is_not_taken_for_it(folder: Path) -> None:
    Pulse("numbers").beat()
    mine = file_of("numbers")
    mine.rename(folder / f"{os.getpid()}.1.numbers")

    assert trouble(30) == "no worker process listens to RabbitMQ yet"
    assert list(folder.iterdir()) == []


def test_a_pulse_touches_its_file_at_most_once_a_second(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 100.9, 101.0])
    monkeypatch.setattr(pulse, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    beating = Pulse("numbers")

    seen = []
    for _ in range(3):
        beating.beat()
        seen.append(heard("numbers"))

    assert seen == [100.0, 100.0, 101.0]


def test_a_pulse_whose_file_somebody_removed_makes_it_again(folder: Path) -> None:
    beating = Pulse("numbers")
    file_of("numbers").unlink()

    beating.beat()

    assert trouble(30) is None


class Settling(Consumer):
    """A consumer that settles whatever it is told to."""

    def ack(self, message: MessageProxy) -> None:
        """Acknowledge."""


def test_passing_on_a_delayed_message_is_a_beat_for_the_thread_that_consumes_and_no_other(folder: Path) -> None:
    # Given a consumer made in this thread, that hears nothing
    consumer = WatchedConsumer(Settling(), Pulse("numbers.DQ"))
    message = cast(MessageProxy, None)

    # When a worker thread acknowledges, nothing is said of this one
    worker = threading.Thread(target=consumer.ack, args=(message,))
    worker.start()
    worker.join()
    assert heard("numbers.DQ") == 0

    # When this thread does, it lives
    consumer.ack(message)
    assert heard("numbers.DQ") > 0


def test_without_a_place_for_its_file_a_consumer_works_and_the_log_says_what_the_check_misses(
    rabbit: RabbitServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a file where there should be a folder
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    (tmp_path / "file").touch()
    broker = watched_broker(rabbit)

    # When the broker is asked to consume
    broker.declare_queue("numbers")
    consumer = broker.consume("numbers", timeout=50)

    # Then it does
    assert next(consumer) is None
    consumer.close()
    broker.close()
    assert "the health check won't see the consumer of numbers" in caplog.text


def watched_broker(rabbit: RabbitServer) -> RabbitBroker:
    """A broker as a worker process has it."""
    broker = RabbitBroker(rabbit.create_vhost(), [])
    broker.watched = True
    return broker


def test_a_worker_whose_threads_are_all_busy_and_that_may_fetch_no_more_is_well(folder: Path, rabbit: RabbitServer) -> None:
    # Given a worker of one thread that is busy, and messages behind it
    broker = watched_broker(rabbit)
    begun, finish = threading.Event(), threading.Event()

    def long() -> None:
        begun.set()
        finish.wait()

    dramatiq.Actor(long, broker=broker, actor_name="long", queue_name="numbers", priority=0, options={})
    worker = Worker(broker, worker_threads=1, worker_timeout=50)
    worker.start()
    try:
        for _ in range(5):
            broker.enqueue(Message[Any]("numbers", "long", (), {}, {}))
        assert begun.wait(timeout=20)

        # Then its pulse goes on
        since = time.monotonic()
        for queue_name in ("numbers", "numbers.DQ"):
            wait_until(lambda queue_name=queue_name: heard(queue_name) > since + SHORT)  # type: ignore[misc]  # mypy can't infer it
        assert trouble(30) is None
    finally:
        finish.set()
        worker.stop()
        broker.close()


@pytest.fixture(scope="module")
def own_rabbit(rabbit: RabbitServer) -> Iterator[RabbitServer]:
    """A RabbitMQ that a test may freeze. Others use `rabbit`, which knows whether to skip."""
    with RabbitServer() as server:
        yield server


@pytest.fixture
def site(folder: Path, own_rabbit: RabbitServer, sqlite_url: str) -> Site:
    """A site that nobody serves, whose workers have a folder for temporary files of their own."""
    return Site(folder.parent, DATABASE_URL=sqlite_url, BROKER_URL=own_rabbit.create_vhost(), TMPDIR=str(folder.parent))


def check(site: Site, limit: float = 30) -> str:
    """What the health check says is wrong; empty for nothing."""
    done = site.run("python", "-I", "workers/pulse.py", "--limit", str(limit))
    assert done.returncode == (1 if done.stderr else 0)
    return done.stderr.removesuffix("\n")


def processes(folder: Path) -> set[int]:
    """The worker processes all of whose consumers have begun."""
    names = [file.name.split(".", 2) for file in folder.glob("*.*.*")]
    return {int(pid) for pid, _started, _queue in names if {queue for other, _, queue in names if other == pid} == QUEUES}


@pytest.mark.parametrize("command", ["dramatiq workers.main", "python -m workers"])
def test_a_worker_is_well_until_rabbitmq_freezes_and_again_once_it_goes_on(site: Site, own_rabbit: RabbitServer, command: str) -> None:
    assert check(site) == "no worker process listens to RabbitMQ yet"
    with site.running(*command.split(), "-p", "1", "-t", "2"):
        wait_until(lambda: check(site) == "")

        own_rabbit.pause()
        try:
            wait_until(lambda: "last heard RabbitMQ" in check(site, SHORT))
        finally:
            own_rabbit.resume()

        wait_until(lambda: check(site, SHORT) == "")


def test_a_worker_is_well_again_after_rabbitmq_was_away(site: Site, own_rabbit: RabbitServer) -> None:
    with site.running("dramatiq", "workers.main", "-p", "1", "-t", "2"):
        wait_until(lambda: check(site) == "")

        own_rabbit.stop()
        try:
            wait_until(lambda: "last heard RabbitMQ" in check(site, SHORT))
        finally:
            own_rabbit.start()

        wait_until(lambda: check(site, SHORT) == "")


def test_each_of_several_worker_processes_is_looked_at(site: Site, folder: Path) -> None:
    with site.running("dramatiq", "workers.main", "-p", "2", "-t", "2"):
        wait_until(lambda: len(processes(folder)) == 2)
        wait_until(lambda: check(site) == "")
        frozen = processes(folder).pop()

        os.kill(frozen, signal.SIGSTOP)
        try:
            wait_until(lambda: check(site, SHORT).startswith(f"process {frozen} last heard RabbitMQ"))
        finally:
            os.kill(frozen, signal.SIGCONT)

        wait_until(lambda: check(site, SHORT) == "")


def test_a_worker_that_finds_no_rabbitmq_is_not_well(site: Site) -> None:
    site.set(BROKER_URL=f"amqp://guest:guest@127.0.0.1:{free_port()}/")

    with site.running("dramatiq", "workers.main", "-p", "1", "-t", "2"):
        wait_until(lambda: "has not heard RabbitMQ yet" in check(site))


def test_the_check_loads_nothing_of_the_site(site: Site) -> None:
    lines = site.run("python", "-I", "-X", "importtime", "workers/pulse.py").stderr.splitlines()

    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    assert "tempfile" in loaded
    assert not loaded & {"flask", "dramatiq", "pika", "project", "workers"}
