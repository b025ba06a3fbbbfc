"""Fixtures: a sender and a worker with a broker and a backend each, over RabbitMQ or inside one process."""

from collections.abc import Iterator

import pytest
from dramatiq.broker import Broker
from dramatiq.middleware import Pipelines

from tests.servers import RabbitServer
from tests.workers.results.company import at_work, declare, leave, rabbit_broker
from workers.broker import InProcessBroker
from workers.middleware import PatientRetries, results_middleware


@pytest.fixture
def vhost(rabbit: RabbitServer) -> str:
    """The address of an empty virtual host."""
    return rabbit.create_vhost()


@pytest.fixture
def sender(vhost: str) -> Iterator[Broker]:
    """The broker of a process that sends, and waits for results."""
    broker = rabbit_broker(vhost)
    yield broker
    leave(broker)


@pytest.fixture
def stage(vhost: str) -> Iterator[Broker]:
    """The broker of a process that works; no worker is there yet."""
    broker = rabbit_broker(vhost)
    yield broker
    leave(broker)


@pytest.fixture
def workers(stage: Broker) -> Iterator[None]:
    """A worker on the stage."""
    with at_work(stage):
        yield


@pytest.fixture(params=["rabbitmq", "embedded"])
def both(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """A broker whose messages are worked: by another process' worker over RabbitMQ, or inside this process."""
    if request.param == "rabbitmq":
        request.getfixturevalue("workers")
        yield request.getfixturevalue("sender")
        return
    middleware = [Pipelines(), PatientRetries(min_backoff=1, max_backoff=1), *results_middleware(None)]
    broker = declare(InProcessBroker(middleware))
    with at_work(broker):
        yield broker
