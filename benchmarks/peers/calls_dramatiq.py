"""Dramatiq on RabbitMQ, its results over RabbitMQ or over Redis."""

import os
from typing import Any

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.results import Results
from dramatiq.results.backend import ResultBackend

from workers.reply_to import ReplyTo
from workers.results import RabbitBackend

URL = os.environ["PEER_BROKER_URL"]


def results() -> list[dramatiq.Middleware]:
    """The middleware for results of one kind or the other."""
    backend: ResultBackend
    if redis_url := os.environ.get("PEER_REDIS_URL"):
        from dramatiq.results.backends import RedisBackend

        backend = RedisBackend(url=redis_url)
        return [Results(backend=backend)]  # type: ignore[no-untyped-call]  # as Dramatiq has it
    backend = RabbitBackend(URL)
    return [Results(backend=backend), ReplyTo(backend)]  # type: ignore[no-untyped-call]  # as Dramatiq has it


broker = RabbitmqBroker(url=URL)
for middleware in results():
    broker.add_middleware(middleware)
dramatiq.set_broker(broker)


@dramatiq.actor
def echo(number: int) -> int:
    """The number."""
    return number


def send(number: int) -> Any:
    """Ask for a number back."""
    return echo.send_with_options(args=(number,), store_results=True)


def answer(asked: Any) -> Any:
    """Wait for it."""
    return asked.get_result(block=True, timeout=60_000)
