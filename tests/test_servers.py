"""What the private servers promise to the tests and benchmarks that use them."""

import signal
import subprocess
import sys
from pathlib import Path

import pika
import psycopg2
import pytest
from pika.adapters.utils.connection_workflow import AMQPConnectorStackTimeout
from pika.exceptions import ChannelClosedByBroker

from tests.conftest import require
from tests.servers import POSTGRES_PACKAGE, RABBIT_PACKAGE, PostgresServer, RabbitServer
from tests.waiting import wait_until

CHECKOUT = Path(__file__).parent.parent


def query(url: str, sql: str) -> list[tuple[object, ...]]:
    """The rows that a statement returns, run in a connection and transaction of its own."""
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def publish(url: str, queue: str, body: bytes) -> None:
    """Put a persistent message into a durable queue, and wait until the broker has it."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.queue_declare(queue, durable=True)
        channel.basic_publish("", queue, body, pika.BasicProperties(delivery_mode=2))


def fetch(url: str, queue: str) -> bytes | None:
    """Take a message from a queue; None if it is empty."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        _, _, body = connection.channel().basic_get(queue, auto_ack=True)
        return body


def processes_mentioning(text: str) -> list[str]:
    """The command lines and environments that contain `text`, of all processes but this one."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if text.encode() in words:
            found.append(words.decode(errors="replace"))
    return found


def test_a_new_database_is_empty_and_takes_connections(postgres: PostgresServer) -> None:
    url = postgres.create_database()

    assert query(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []


def test_databases_are_apart(postgres: PostgresServer) -> None:
    one, other = postgres.create_database(), postgres.create_database()
    query(one, "CREATE TABLE notes (text text)")

    with pytest.raises(psycopg2.errors.UndefinedTable):
        query(other, "SELECT * FROM notes")


def test_a_database_can_be_a_copy(postgres: PostgresServer) -> None:
    original = postgres.create_database()
    query(original, "CREATE TABLE notes AS SELECT 'kept' AS text")

    copy = postgres.create_database(template=original.rsplit("/", 1)[1])

    assert query(copy, "SELECT text FROM notes") == [("kept",)]


def test_a_dropped_database_is_gone(postgres: PostgresServer) -> None:
    url = postgres.create_database()

    postgres.drop_database(url)

    with pytest.raises(psycopg2.OperationalError, match="does not exist"):
        query(url, "SELECT 1")


def test_a_killed_postgres_has_its_data_back() -> None:
    require(POSTGRES_PACKAGE)
    with PostgresServer(durable=True) as server:
        url = server.create_database()
        query(url, "CREATE TABLE notes AS SELECT 'kept' AS text")

        server.kill()
        with pytest.raises(psycopg2.OperationalError):
            query(url, "SELECT 1")
        server.start()

        assert query(url, "SELECT text FROM notes") == [("kept",)]
        assert query(url, "SHOW fsync") == [("on",)]


def test_virtual_hosts_are_apart(rabbit: RabbitServer) -> None:
    one, other = rabbit.create_vhost(), rabbit.create_vhost()
    publish(one, "notes", b"for one")

    with pytest.raises(ChannelClosedByBroker, match="no queue 'notes'"):
        fetch(other, "notes")
    assert fetch(one, "notes") == b"for one"


def test_a_rabbit_that_was_paused_killed_and_started_has_its_messages_back_and_goes_without_a_trace() -> None:
    require(RABBIT_PACKAGE)
    with RabbitServer() as server:
        mark = f"callboard-{server.port}"
        url = server.create_vhost()
        publish(url, "notes", b"kept")
        server.sync()

        server.pause()
        with pytest.raises(AMQPConnectorStackTimeout):
            fetch(f"{url}?stack_timeout=0.5", "notes")
        server.resume()
        server.kill()
        server.start()

        assert wait_until(lambda: fetch(url, "notes")) == b"kept"
        folder = server.folder
        assert processes_mentioning(mark)
    wait_until(lambda: not processes_mentioning(str(folder)))
    assert not folder.exists()


def test_virtual_hosts_do_not_run_out(rabbit: RabbitServer) -> None:
    urls = {rabbit.create_vhost() for _ in range(RabbitServer.BATCH + 1)}

    assert len(urls) == RabbitServer.BATCH + 1
    publish(urls.pop(), "notes", b"made later")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing_behind(how: signal.Signals) -> None:
    require(POSTGRES_PACKAGE)
    # Whoever runs the tests in the background has them ignore Ctrl-C, and programs inherit that.
    program = """
import signal
from tests.servers import PostgresServer
signal.signal(signal.SIGINT, signal.default_int_handler)
with PostgresServer() as server:
    print(server.folder, flush=True)
    signal.pause()
"""
    run = subprocess.Popen([sys.executable, "-c", program], cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    with run:
        assert run.stdout is not None
        folder = run.stdout.readline().strip()
        assert processes_mentioning(folder)

        run.send_signal(how)

    assert not Path(folder).exists()
    wait_until(lambda: not processes_mentioning(folder))


def test_waiting_says_what_it_waited_for() -> None:
    def it_rains() -> bool:
        return False

    with pytest.raises(AssertionError, match=r"it_rains is still False after 0\.1 seconds"):
        wait_until(it_rains, within=0.1)
