"""Celery: one message, one statement and one commit a Task, acknowledged when that is done."""

import os
from collections.abc import Callable, Sequence

from celery import Celery
from celery.result import AsyncResult, ResultSet

from benchmarks import job

WITH_RESULTS = os.environ.get("PEER_RESULTS") == "yes"

# RPC is the cheapest backend here: a message back to who asked, where the database would mean a second commit a Task.
app = Celery("celery_peer", broker=os.environ["PEER_BROKER_URL"], backend="rpc://" if WITH_RESULTS else None)
app.conf.update(
    task_acks_late=True,
    task_ignore_result=not WITH_RESULTS,
    result_persistent=False,
    worker_prefetch_multiplier=int(os.environ.get("PEER_PREFETCH", "4")),
    # What an operator can do without, and what costs a worker time.
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    # A worker is stopped in mid-air while its queue is filled; see docs/performance.md.
    broker_heartbeat=0,
)


@app.task
def draw(task_id: int, tick_id: int) -> int:
    """Draw a Task's number."""
    job.draw(task_id, tick_id)
    return task_id


def publish(task_ids: Sequence[int], tick_id: int) -> Callable[[], None]:
    """Send a message for each Task, as `.delay` does, with one producer for all instead of a look into the pool for each.

    What is returned waits for the results, if there are any, and closes the connection: what RabbitMQ has not read when a process just ends is lost.
    """
    connection = app.connection_for_write()
    producer = app.amqp.Producer(connection)
    results: list[AsyncResult] = []
    for task_id in task_ids:
        result = draw.apply_async((task_id, tick_id), producer=producer)
        if WITH_RESULTS:
            results.append(result)

    def finish() -> None:
        if results:
            # All together: each by itself would wait up to a second after the last message has come.
            ResultSet(results, app=app).get()
        connection.close()

    return finish
