"""Messages and results as JSON, as Dramatiq writes them, read in a quarter of the time; and what passes for a message and is none."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from dramatiq import JSONEncoder, Message

_read = msgspec.json.Decoder().decode

KINDS: tuple[type, ...] = (str, str, dict, dict)
"""Of a message's queue, actor, kwargs and options, as JSON has them."""
HIGHEST_PRIORITY = 255
"""What a message's properties have room for (AMQP 0-9-1, basic class)."""


class Encoder(JSONEncoder):
    """Dramatiq's, with another reader."""

    def decode(self, data: bytes) -> dict[str, Any]:
        """What the JSON says. Raises what Dramatiq's raises if it is none."""
        try:
            fields: dict[str, Any] = _read(data)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            # What Python writes and reads though JSON has no such thing (NaN, infinity, half of a surrogate pair), and what is no JSON, for the error.
            fields = super().decode(data)
        return fields


class Unworkable(ValueError):  # noqa: N818  # what it says is what is wrong with a message
    """A message that no worker of its queue can do, though it has all that a message has."""


def require_workable(message: Message[Any], queue_names: Collection[str]) -> None:
    """Raises Unworkable, with the reason; `queue_names` are those that a message may have where this one was found.

    Dramatiq takes whatever has a message's fields for one. Its threads end at some that hold something else, and RabbitMQ delivers those again and again.
    """
    kinds: tuple[type, ...] = (type(message.queue_name), type(message.actor_name), type(message.kwargs), type(message.options))
    if kinds != KINDS:
        raise Unworkable(f"its queue_name, actor_name, kwargs and options are {_names(kinds)} where {_names(KINDS)} are expected")
    if message.queue_name not in queue_names:
        raise Unworkable(f"it says that it is of the queue {message.queue_name}")
    if message.options:
        _require_workable_options(message.options)


def _require_workable_options(options: Mapping[str, Any]) -> None:
    if options.get("throws"):
        raise Unworkable("its option throws is no class of exceptions, as which JSON has none")
    priority = options.get("broker_priority")
    if not (priority is None or (type(priority) is int and 0 <= priority <= HIGHEST_PRIORITY)):
        raise Unworkable(f"its option broker_priority is {priority!r} where a number from 0 to {HIGHEST_PRIORITY} is expected")


def _names(kinds: tuple[type, ...]) -> str:
    return ", ".join(kind.__name__ for kind in kinds)
