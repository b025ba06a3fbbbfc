"""The drainer moves dead letters, the messages of RabbitMQ's queues `….XQ`, into rows, and acknowledges them once these are committed.

Most have their row already: the worker in which a message fails writes it before it lets go of the message. The drainer adds what no worker
has seen fail: what is no message, what expired, and what RabbitMQ itself gave up. Several drainers at once each take others of the
messages; one that dies in between gives its own back, and whoever drains them again finds their rows.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pika
from dramatiq import Message
from dramatiq.common import dq_name, xq_name
from dramatiq.errors import DecodeError
from flask import current_app
from pika.exceptions import ChannelClosedByBroker
from sqlalchemy.exc import SQLAlchemyError

from project.database import is_trouble
from project.extensions import db
from workers.broker import RabbitBroker, said_as_unreachable
from workers.deadletters import queries
from workers.encoding import Unworkable, require_workable
from workers.masking import masked_text
from workers.records import MOST, record_of, record_of_undecodable, storable_text
from workers.schedule import stopping_of

log = logging.getLogger(__name__)

PAGE = 500
"""Dead letters that are moved in one transaction."""
NOT_FOUND = 404


@dataclass(frozen=True)
class DeadLetter:
    """A message as RabbitMQ holds it, and why that is among the dead letters: the newest entry of its header `x-death`."""

    body: bytes
    death: Mapping[str, Any]


def drain(broker: RabbitBroker) -> int:
    """Move all dead letters of the broker's queues into rows; how many there were. Raises BrokerUnreachable."""
    with said_as_unreachable(), pika.BlockingConnection(broker.parameters) as connection:
        return sum(_drain_queue(broker, connection, queue_name) for queue_name in sorted(broker.get_declared_queues()))


def _drain_queue(broker: RabbitBroker, connection: pika.BlockingConnection, queue_name: str) -> int:
    moved = 0
    while not stopping_of(current_app).is_set():
        with _taken(connection, xq_name(queue_name)) as letters:
            _keep([_row(broker, queue_name, letter) for letter in letters])
        moved += len(letters)
        if len(letters) < PAGE:
            break
    if moved:
        log.info("%d dead letters of the queue %s are in the table of failed messages", moved, queue_name)
    return moved


@contextmanager
def _taken(connection: pika.BlockingConnection, queue_name: str) -> Iterator[list[DeadLetter]]:
    """The queue's first messages, acknowledged if the block ends well, else given back with the channel."""
    channel = connection.channel()
    letters: list[DeadLetter] = []
    last_tag = 0
    try:
        while len(letters) < PAGE:
            method, properties, body = channel.basic_get(queue_name)
            if method is None:
                break
            last_tag = int(method.delivery_tag or 0)
            letters.append(DeadLetter(body or b"", _last_death(properties)))
    except ChannelClosedByBroker as fault:
        if fault.reply_code != NOT_FOUND:
            raise
        # Nothing was ever published to the queue, or somebody deleted it.
        yield []
        return
    yield letters
    if letters:
        channel.basic_ack(last_tag, multiple=True)
    channel.close()


def _last_death(properties: Any) -> Mapping[str, Any]:
    """What RabbitMQ wrote when it moved the message here; nothing for what somebody published here by hand."""
    deaths = (properties.headers or {}).get("x-death")
    return deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else {}


def _row(broker: RabbitBroker, queue_name: str, letter: DeadLetter) -> dict[str, Any]:
    try:
        message = Message.decode(letter.body)
        require_workable(message, (queue_name, dq_name(queue_name)))
        row = record_of(message, broker, queue_name)
    except (DecodeError, Unworkable, AttributeError, TypeError, RecursionError) as fault:
        return record_of_undecodable(letter.body, queue_name, str(letter.death.get("time")), fault)
    retries, told = message.options.get("retries"), message.options.get("traceback")
    return {
        **row,
        "attempts": min(retries + 1, MOST) if type(retries) is int and retries >= 0 else 1,
        "error": storable_text(f"dead-lettered: {letter.death.get('reason') or 'for no reason known'}, and no worker has said why"),
        "traceback": masked_text(storable_text(told)) if isinstance(told, str) else None,
    }


def _keep(rows: Sequence[dict[str, Any]]) -> None:
    """Commit the rows; one that the database refuses, which must not hold up the rest for ever, is kept as something that is no message."""
    try:
        queries.add_failures(rows)
        db.session.commit()
    except SQLAlchemyError as fault:
        db.session.rollback()
        if is_trouble(fault):
            raise
        if len(rows) == 1:
            row = rows[0]
            log.error("the dead letter %s can't be kept as a message: %s", row["message_id"], masked_text(str(fault)))
            _keep([record_of_undecodable(row["body"] or b"", row["queue"], str(row["message_id"]), fault)])
            return
        middle = len(rows) // 2
        _keep(rows[:middle])
        _keep(rows[middle:])
