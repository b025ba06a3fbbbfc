"""How long a message that is alone in its queue takes, from its publication to the commit of its row."""

import time
from collections.abc import Sequence
from functools import partial
from statistics import median, quantiles

import pika
from dramatiq import Message
from pika.adapters.blocking_connection import BlockingChannel

from benchmarks.ledger import Ledger
from benchmarks.subjects import Callboard
from benchmarks.tick import Servers, wait_for_consumers
from tests.waiting import wait_until

MESSAGES = 200
LOOK_SECONDS = 0.0005
DEADLINE = 30.0


def waits(servers: Servers) -> list[float]:
    """The seconds that each of MESSAGES messages took, each sent when the one before it was done."""
    database_url = servers.postgres.create_database(servers.template)
    broker_url = servers.rabbit.create_vhost()
    subject = Callboard()
    try:
        with (
            Ledger(database_url) as ledger,
            subject.running(database_url, broker_url) as running,
            pika.BlockingConnection(pika.URLParameters(broker_url)) as connection,
        ):
            wait_for_consumers(broker_url, subject)
            # With the first Task a slot is due; what is measured comes after it.
            ledger.add_tasks(1)
            wait_until(lambda: ledger.rows_so_far() == 1, within=DEADLINE)
            running.settle()
            channel = connection.channel()
            return [_wait(channel, ledger, subject.queue) for _ in range(MESSAGES)]
    finally:
        servers.postgres.drop_database(database_url)


def _wait(channel: BlockingChannel, ledger: Ledger, queue: str) -> float:
    message: Message[None] = Message(queue, "generate_random_number", (1,), {}, {})
    began = time.monotonic()
    channel.basic_publish("", queue, message.encode(), pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent))
    wait_until(partial(ledger.has_message, message.message_id), within=DEADLINE, every=LOOK_SECONDS)
    return time.monotonic() - began


def as_json(seconds: Sequence[float]) -> dict[str, float]:
    """In milliseconds."""
    return {name: round(1000 * value, 1) for name, value in (("median", median(seconds)), ("p95", quantiles(seconds, n=20)[-1]), ("slowest", max(seconds)))}


def sentence(seconds: Sequence[float]) -> str:
    """The same in words."""
    found = as_json(seconds)
    return (
        f"A message that is alone has its row committed after {found['median']} ms (median of {len(seconds)};"
        f" p95 {found['p95']} ms, the slowest {found['slowest']} ms), publishing it included.\n"
    )
