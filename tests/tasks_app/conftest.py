"""Fixtures: a superuser's browser, a site whose queue is out of reach, and working off what is queued."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import cast

import pytest
from dramatiq import Worker
from flask import Flask
from flask.testing import FlaskClient

from tests.app_fixtures import log_in
from tests.apps import close, make_app
from tests.factories import make_superuser
from tests.place import free_port
from tests.waiting import wait_until
from workers.broker import InProcessBroker, broker_of


@pytest.fixture
def superuser_id(app: Flask) -> int:
    """The superuser `chief`."""
    with app.app_context():
        return make_superuser("chief").id


@pytest.fixture
def chief(app: Flask, superuser_id: int) -> FlaskClient:
    """The browser of the superuser `chief`."""
    return log_in(app.test_client(), superuser_id)


@pytest.fixture
def queueless(database_url: str) -> Iterator[Flask]:
    """An app whose RabbitMQ can't be reached: nobody listens on its port."""
    app = make_app(database_url, broker_url=f"amqp://guest:guest@127.0.0.1:{free_port()}/")
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    close(app)


@pytest.fixture
def work_off(app: Flask, work: Callable[[], AbstractContextManager[Worker]]) -> Callable[[], None]:
    """Have workers do all that is queued: `work_off()` returns when every message has left its queue."""
    broker = cast(InProcessBroker, broker_of(app))

    def queues_are_empty() -> bool:
        return all(queue.unfinished_tasks == 0 for queue in broker.queues.values())

    def work_until_nothing_is_left() -> None:
        with work():
            wait_until(queues_are_empty)

    return work_until_nothing_is_left
