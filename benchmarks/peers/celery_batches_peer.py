"""celery-batches: one message a Task, one statement and one commit a batch, whose messages are acknowledged when that is done."""

import os
from collections.abc import Callable, Sequence

from celery import Celery
from celery_batches import Batches, SimpleRequest

from benchmarks import job

app = Celery("celery_batches_peer", broker=os.environ["PEER_BROKER_URL"])
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=int(os.environ.get("PEER_PREFETCH", "1000")),
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    broker_heartbeat=0,
)


@app.task(base=Batches, flush_every=int(os.environ.get("PEER_BATCH", "500")), flush_interval=0.1)
def draw(requests: list[SimpleRequest]) -> None:
    """Draw the numbers of a batch of Tasks."""
    tick_id = requests[0].args[1]
    job.draw_many([request.args[0] for request in requests], tick_id)


def publish(task_ids: Sequence[int], tick_id: int) -> Callable[[], None]:
    """Send a message for each Task, as Celery's peer does; what is returned closes the connection."""
    connection = app.connection_for_write()
    producer = app.amqp.Producer(connection)
    for task_id in task_ids:
        draw.apply_async((task_id, tick_id), producer=producer)
    close: Callable[[], None] = connection.close
    return close
