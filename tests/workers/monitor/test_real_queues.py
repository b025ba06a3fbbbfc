"""What is in RabbitMQ's queues, as the pages have it: asked of AMQP, and of the management plugin; and thrown away."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pika
import pytest
from dramatiq import Message
from flask import Flask

from tests.app_fixtures import log_in
from tests.apps import close, make_app
from tests.conftest import require
from tests.factories import make_superuser
from tests.pages import read
from tests.servers import RABBIT_PACKAGE, RabbitServer
from tests.waiting import wait_until
from workers.actors import Queue
from workers.broker import broker_of
from workers.monitor import queries
from workers.monitor.sampling import look_now


@pytest.fixture(scope="module")
def managed() -> Iterator[RabbitServer]:
    """A RabbitMQ with its management plugin."""
    require(RABBIT_PACKAGE)
    with RabbitServer(management=True) as server:
        yield server


@pytest.fixture
def broker_url(managed: RabbitServer) -> str:
    """A virtual host of it."""
    return managed.create_vhost()


@pytest.fixture
def app(managed: RabbitServer, broker_url: str, postgres_url: str) -> Iterator[Flask]:
    """An app that may ask the plugin. Forms need no CSRF token."""
    app = make_app(postgres_url, broker_url=broker_url, management_url=f"http://guest:guest@127.0.0.1:{managed.management_port}")
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    close(app)


def send(app: Flask, at: datetime) -> None:
    """A message that says it was sent then."""
    broker_of(app).enqueue(Message(Queue.NUMBERS, "generate_random_number", (1,), {}, {}, message_timestamp=int(at.timestamp() * 1000)))


def seen(app: Flask) -> dict[str, object]:
    """The queue of numbers as somebody sees it who looks now."""
    with app.app_context():
        look_now()
        (state,) = [queue for queue in queries.queues() if queue.queue == Queue.NUMBERS]
        return {"ready": state.ready, "unacknowledged": state.unacknowledged, "oldest_at": state.oldest_at, "consumers": state.consumers}


def test_a_queue_is_seen_and_emptied(app: Flask, broker_url: str) -> None:
    # Given five messages, of which a consumer has fetched two and keeps them
    at = datetime.now(UTC).replace(microsecond=0)
    with app.app_context():
        browser = log_in(app.test_client(), make_superuser().id)
        for minutes in (9, 8, 7, 6, 5):
            send(app, at - timedelta(minutes=minutes))
    with pika.BlockingConnection(pika.URLParameters(broker_url)) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=2)
        channel.basic_consume(Queue.NUMBERS, lambda *_: None)
        connection.process_data_events(time_limit=1)

        # Then the rest waits, the oldest of it since it was sent; the plugin counts a few seconds later
        whole = {"ready": 3, "unacknowledged": 2, "oldest_at": at - timedelta(minutes=7), "consumers": 1}
        wait_until(lambda: seen(app) == whole, every=0.5)
        assert seen(app) == whole
        (row,) = [row for row in read(browser.get("/workers/queues/")).all("tr") if "Purge numbers" in row.text]
        assert row.text.startswith("numbers 3 2 0 0 1 ")

        # When the queue is purged, then what waited is gone, and what was fetched is not
        answer = browser.post("/workers/queues/purge", data={"queue": "numbers", "name": "numbers", "part": "ready", "ticks": "again"}, follow_redirects=True)
        assert "Messages thrown away: 3." in answer.text
        assert (seen(app)["ready"], seen(app)["oldest_at"]) == (0, None)
    wait_until(lambda: seen(app)["ready"] == 2)
