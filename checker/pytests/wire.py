"""How values go between the tests and a solution that runs apart: plain ones as copies, all others as references to where they live.

Nothing that arrives is ever executed: a message holds builtin values of exact types, or names of what the receiver has itself.
Standard library alone, for it runs in the sandbox.
"""

import builtins
import json
import socket
from collections.abc import Callable
from typing import Any

LONGEST = 64 * 1024 * 1024
"""Bytes of a message."""
HEADER = 8

Refer = Callable[[Any], list[Any]]
"""What makes a reference of a value that is not plain; TypeError if it must not go."""
Resolve = Callable[[list[Any]], Any]
"""What a reference stands for here."""


class Ended(Exception):  # noqa: N818 - it is what happened.
    """The other side is gone."""


def encode(value: Any, refer: Refer) -> list[Any]:
    """A value as JSON can hold it, tagged with its exact type; a subclass is not plain."""
    kind = type(value)
    if value is None:
        return ["none"]
    if kind is bool:
        return ["bool", value]
    if kind is int:
        return ["int", hex(value)]
    if kind is float:
        return ["float", value.hex()]
    if kind is complex:
        return ["complex", value.real.hex(), value.imag.hex()]
    if kind is str:
        return ["str", value]
    if kind in (bytes, bytearray):
        return [kind.__name__, value.hex()]
    if kind in (list, tuple, set, frozenset):
        return [kind.__name__, [encode(item, refer) for item in value]]
    if kind is dict:
        return ["dict", [[encode(key, refer), encode(item, refer)] for key, item in value.items()]]
    return refer(value)


def decode(message: list[Any], resolve: Resolve) -> Any:
    """The value that was sent; what is no message raises ValueError, TypeError or the like."""
    tag, *rest = message
    match tag:
        case "none":
            return None
        case "bool":
            return bool(rest[0])
        case "int":
            return int(rest[0], 16)
        case "float":
            return float.fromhex(rest[0])
        case "complex":
            return complex(float.fromhex(rest[0]), float.fromhex(rest[1]))
        case "str":
            return str(rest[0])
        case "bytes" | "bytearray":
            return getattr(builtins, tag).fromhex(rest[0])
        case "list" | "tuple" | "set" | "frozenset":
            return getattr(builtins, tag)(decode(item, resolve) for item in rest[0])
        case "dict":
            return {decode(key, resolve): decode(item, resolve) for key, item in rest[0]}
        case _:
            return resolve(message)


def send(channel: socket.socket, message: dict[str, Any]) -> None:
    """Send a message; Ended if nobody is there any more."""
    data = json.dumps(message).encode()
    try:
        channel.sendall(len(data).to_bytes(HEADER, "big") + data)
    except OSError:
        raise Ended from None


def receive(channel: socket.socket) -> dict[str, Any]:
    """The next message; Ended if there is none, or what arrives is none."""
    length = int.from_bytes(exactly(channel, HEADER), "big")
    if length > LONGEST:
        raise Ended
    try:
        message = json.loads(exactly(channel, length))
    except (ValueError, RecursionError):
        raise Ended from None
    if not isinstance(message, dict):
        raise Ended
    return message


def exactly(channel: socket.socket, length: int) -> bytes:
    """So many bytes; Ended if there are fewer."""
    data = bytearray()
    while len(data) < length:
        try:
            part = channel.recv(min(length - len(data), 1 << 20))
        except OSError:
            part = b""
        if not part:
            raise Ended
        data += part
    return bytes(data)
