"""Celery on RabbitMQ with rpc://, its result backend there."""

import os
from typing import Any

from celery import Celery

app = Celery("calls_celery", broker=os.environ["PEER_BROKER_URL"], backend="rpc://")
app.conf.update(
    task_acks_late=True,
    result_persistent=False,
    # What an operator can do without, and what costs a worker time.
    worker_send_task_events=False,
    worker_enable_remote_control=False,
)


@app.task
def echo(number: int) -> int:
    """The number."""
    return number


def send(number: int) -> Any:
    """Ask for a number back."""
    return echo.delay(number)


def answer(asked: Any) -> Any:
    """Wait for it."""
    return asked.get(timeout=60)
