"""What is in the queues: asked of RabbitMQ within a second, or of the broker inside the process; and emptied, if somebody wants that."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import pika
import requests
from dramatiq import Message
from dramatiq.common import dq_name, q_name, xq_name
from dramatiq.errors import DecodeError
from pika.exceptions import ChannelClosedByBroker

from workers.broker import Broker, InProcessBroker, RabbitBroker

log = logging.getLogger(__name__)

MANAGEMENT_SECONDS = 1.0


class Part(StrEnum):
    """The three queues that Dramatiq has for each queue."""

    READY = "ready"
    DELAYED = "delayed"
    DEAD = "dead"


NAMES: dict[Part, Callable[[str], str]] = {Part.READY: str, Part.DELAYED: dq_name, Part.DEAD: xq_name}


@dataclass(frozen=True, kw_only=True)
class Sight:
    """A queue as it was seen."""

    ready: int = 0
    delayed: int = 0
    dead: int = 0
    consumers: int = 0
    unacknowledged: int | None = None
    oldest_at: datetime | None = None


def names_of(broker: Broker) -> list[str]:
    """The queues that an app has, without their companions."""
    return sorted({q_name(name) for name in broker.get_declared_queues()})


def look(broker: Broker, management_url: str | None = None) -> dict[str, Sight]:
    """Every queue that the app has. Raises BrokerUnreachable within some two seconds."""
    queues = names_of(broker)
    if isinstance(broker, InProcessBroker):
        return {queue: _inside(broker, queue) for queue in queues}
    unacknowledged = _unacknowledged(management_url, broker.vhost) if management_url else {}
    with broker.hurried() as connection:
        return {queue: _in_rabbit(connection, queue, unacknowledged.get(queue)) for queue in queues}


def purge(broker: Broker, queue: str, part: Part) -> int:
    """Empty a part of a queue; how many messages are gone. What workers have fetched is theirs. Raises BrokerUnreachable."""
    if isinstance(broker, RabbitBroker):
        with broker.hurried() as connection:
            try:
                return connection.channel().queue_purge(NAMES[part](queue)).method.message_count or 0
            except ChannelClosedByBroker:
                return 0
    if part == Part.DEAD:
        dead = broker.dead_letters_by_queue[queue]
        purged = len(dead)
        dead.clear()
        return purged
    waiting: int = broker.queues[NAMES[part](queue)].qsize()
    broker.flush(NAMES[part](queue))
    return waiting


def _inside(broker: InProcessBroker, queue: str) -> Sight:
    waiting = broker.queues[queue]
    with waiting.mutex:
        first = waiting.queue[0] if waiting.queue else None
    return Sight(
        ready=waiting.qsize(),
        delayed=broker.queues[dq_name(queue)].qsize(),
        dead=len(broker.dead_letters_by_queue[queue]),
        consumers=int(broker.worked),
        oldest_at=first and sent_at(first),
    )


def _in_rabbit(connection: pika.BlockingConnection, queue: str, unacknowledged: int | None) -> Sight:
    ready, consumers = _declared(connection, queue)
    delayed, dead = (_declared(connection, name)[0] for name in (dq_name(queue), xq_name(queue)))
    oldest_at = _oldest(connection, queue) if ready else None
    return Sight(ready=ready, delayed=delayed, dead=dead, consumers=consumers, unacknowledged=unacknowledged, oldest_at=oldest_at)


def _declared(connection: pika.BlockingConnection, name: str) -> tuple[int, int]:
    """Its messages that nobody has fetched, and its consumers; none where there is no such queue yet."""
    try:
        declared = connection.channel().queue_declare(name, passive=True).method
    except ChannelClosedByBroker:
        return 0, 0
    return declared.message_count, declared.consumer_count


def _oldest(connection: pika.BlockingConnection, queue: str) -> datetime | None:
    # AMQP has no other way to look at a message than to take it. Given back, it is the first again.
    channel = connection.channel()
    frame, _properties, body = channel.basic_get(queue)
    if frame is None or frame.delivery_tag is None or body is None:
        return None
    channel.basic_nack(frame.delivery_tag, requeue=True)
    return sent_at(body)


def sent_at(body: bytes) -> datetime | None:
    """When a message was sent, as whoever sent it says; None for what is no message."""
    try:
        return datetime.fromtimestamp(Message.decode(body).message_timestamp / 1000, UTC)
    except (DecodeError, TypeError, ValueError, OverflowError, OSError):
        return None


def _unacknowledged(management_url: str, vhost: str) -> dict[str, int]:
    """By queue, from RabbitMQ's management plugin; nothing where that does not answer."""
    try:
        answer = requests.get(f"{management_url}/api/queues/{quote(vhost, safe='')}", timeout=MANAGEMENT_SECONDS, allow_redirects=False)
        answer.raise_for_status()
        return dict(_counted(answer.json()))
    except (requests.RequestException, ValueError, TypeError) as fault:
        # Its text would hold the URL, which has a password in it.
        log.info("RabbitMQ's management does not say how many messages are unacknowledged: %s", type(fault).__name__)
        return {}


def _counted(listed: list[dict[str, Any]]) -> Iterator[tuple[str, int]]:
    for queue in listed:
        yield str(queue.get("name")), int(queue.get("messages_unacknowledged") or 0)
