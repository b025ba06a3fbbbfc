"""What is kept of a message that failed for good, whatever it holds: the row of `message_failures`."""

import hashlib
import inspect
import json
import os
import socket
import traceback
import uuid
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from dramatiq import Message
from dramatiq.broker import Broker, MessageProxy
from dramatiq.common import q_name

from project.ids import is_id
from workers.masking import masked_call, masked_text, secrets_of

ROUND = "round"
"""The option of a message that counts how often it was retried by hand."""
LEFT_BEHIND = ("retries", "traceback", "requeue_timestamp", "eta")
"""Options that tell of earlier tries, which a message that begins anew is without."""

NAME_LENGTH = 255
MOST = 2**31 - 1
LONGEST_CALL = 200
"""Characters of a message's arguments that are shown in a line."""
LONGEST_TRACEBACK = 20_000
"""Characters that are kept of one, its end: there stands what happened."""
UNDECODABLE = "(undecodable)"
"""Stands for the actor of what is no message."""


def failure_of(message: MessageProxy, broker: Broker) -> dict[str, Any]:
    """The record of a message that is failing just now, in the worker that had it."""
    fault = message._exception
    secrets = secrets_of(message.args, message.kwargs, parameters_of(broker, message.actor_name))
    return {
        **record_of(message._message, broker, message.queue_name),
        "attempts": min(getattr(message, "attempt", 1), MOST),
        "error": masked_text(storable_text(f"{type(fault).__name__}: {fault}"), secrets) if fault else "rejected",
        "traceback": _told(fault, secrets) if fault and fault.__traceback__ else None,
        "worker": worker_of(socket.gethostname(), os.getpid()),
    }


def worker_of(host: str, pid: int) -> str:
    """How a record names a process."""
    return storable_text(f"{host}:{pid}")[:NAME_LENGTH]


def record_of(message: Message[Any], broker: Broker, queue_name: str) -> dict[str, Any]:
    """What a message itself tells, secrets masked; its `body`, from which it can be sent again, holds them."""
    call = masked_call(message.args, message.kwargs, parameters_of(broker, message.actor_name))
    return {
        "message_id": _uuid(message.message_id),
        "round": round_of(message.options),
        "actor": storable_text(message.actor_name)[:NAME_LENGTH],
        "queue": storable_text(q_name(queue_name))[:NAME_LENGTH],
        "args": {name: _storable(value) for name, value in call.items()},
        "tick_id": _id(message.kwargs.get("tick_id")),
        "key": _id(message.args[0]) if message.args else None,
        "enqueued_at": _instant(message.message_timestamp),
        "body": _afresh(message),
    }


def call_of(message: MessageProxy, broker: Broker) -> str:
    """A message's arguments in a line, secrets masked, cut where they are long."""
    call = masked_call(message.args, message.kwargs, parameters_of(broker, message.actor_name))
    return storable_text(", ".join([*map(repr, call["args"]), *(f"{name}={value!r}" for name, value in call["kwargs"].items())]))[:LONGEST_CALL]


def record_of_undecodable(body: bytes, queue_name: str, died: str, fault: Exception) -> dict[str, Any]:
    """What is kept of something that is no message; `died` tells one of its kind from the next."""
    return {
        "message_id": uuid.UUID(bytes=hashlib.sha256(f"{queue_name} {died} ".encode() + body).digest()[:16], version=5),
        "round": 0,
        "actor": UNDECODABLE,
        "queue": storable_text(queue_name)[:NAME_LENGTH],
        "args": {"args": [], "kwargs": {}},
        "tick_id": None,
        "key": None,
        "enqueued_at": None,
        "body": body,
        "error": masked_text(storable_text(f"not a message: {fault}")),
        "traceback": None,
        "attempts": 1,
    }


def round_of(options: Mapping[str, Any]) -> int:
    """How often a message with these options was retried by hand."""
    times = options.get(ROUND)
    return times if type(times) is int and 0 <= times <= MOST else 0


def storable_text(value: Any) -> str:
    """The value as text that a database can hold: no NUL, no half of a surrogate pair."""
    return str(value).replace("\0", "").encode("utf-8", "backslashreplace").decode()


def _told(fault: BaseException, secrets: Collection[str]) -> str:
    # Masked before it is cut: a secret may have lost its name by that.
    return masked_text(storable_text("".join(traceback.format_exception(fault))), secrets)[-LONGEST_TRACEBACK:]


def _afresh(message: Message[Any]) -> bytes | None:
    """The message as it was before its first try; None if it can't be written any more, though it was read."""
    kept = {name: value for name, value in message.options.items() if name not in LEFT_BEHIND}
    try:
        return Message(**{**message.asdict(), "queue_name": q_name(message.queue_name), "options": kept}).encode()
    except (TypeError, ValueError, RecursionError):
        return None


def parameters_of(broker: Broker, actor_name: Any) -> list[str]:
    """The names of what an actor takes by position; none for one that isn't known here."""
    actor = broker.actors.get(actor_name)
    return list(inspect.signature(actor.fn).parameters) if actor else []


def _id(value: Any) -> int | None:
    return value if is_id(value) else None


def _instant(milliseconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _uuid(message_id: Any) -> uuid.UUID:
    try:
        return uuid.UUID(message_id)
    except (ValueError, TypeError, AttributeError):
        # Somebody sent it by hand with an id of their own; the same id is always the same message.
        return uuid.uuid5(uuid.NAMESPACE_OID, storable_text(message_id))


def _storable(value: Any) -> Any:
    """The value if JSON as PostgreSQL has it can hold it, else how Python writes it."""
    try:
        text = json.dumps(value, allow_nan=False)
    except ValueError:
        return storable_text(repr(value))
    # PostgreSQL's JSON can't have NUL.
    return value if "\\u0000" not in text else storable_text(repr(value))
