"""Plain Dramatiq: one message, one statement and one commit a Task, acknowledged when that is done."""

import os
from collections.abc import Callable, Sequence

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker

from benchmarks import job

# No heartbeat: a worker is stopped in mid-air while its queue is filled; see docs/performance.md.
broker = RabbitmqBroker(url=os.environ["PEER_BROKER_URL"] + "?heartbeat=0")
dramatiq.set_broker(broker)


@dramatiq.actor
def draw(task_id: int, tick_id: int) -> None:
    """Draw a Task's number."""
    job.draw(task_id, tick_id)


def publish(task_ids: Sequence[int], tick_id: int) -> Callable[[], None]:
    """Send a message for each Task; what is returned closes the connection, or what RabbitMQ has not read would be lost."""
    for task_id in task_ids:
        draw.send(task_id, tick_id)
    return broker.close
