"""Readers of single values: a node in, a value out, or `Unfit` with what was found and what would be right."""

import math
from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from yaml.constructor import SafeConstructor
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from courses.config.document import pairs
from courses.scoring import ScoreError, parse_flag

TAG = "tag:yaml.org,2002:"
LONGEST_NAME = 255
LARGEST = 1_000_000_000
"""The largest number of points, far below what the database keeps, so that sums fit too."""
_constructor = SafeConstructor()
Choice = TypeVar("Choice", bound=StrEnum)


class Unfit(ValueError):  # noqa: N818  # Not an error of the program: a value that does not fit.
    """A value that is not what belongs there."""


def is_null(node: Node) -> bool:
    """Whether nothing is there: a key without a value, `null` or `~`."""
    return bool(node.tag == f"{TAG}null")


def shown(node: Node) -> str:
    """A node as a message names it."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    text = " ".join(node.value.split())
    text = text if len(text) <= 60 else f"{text[:60]}…"
    if is_null(node):
        return "nothing"
    return f'"{text}"' if node.tag == f"{TAG}str" else text


def scalar(node: Node, expected: str) -> ScalarNode:
    """A node that is one value."""
    if not isinstance(node, ScalarNode) or is_null(node):
        raise Unfit(f"{shown(node)} is not {expected}")
    return node


def text(node: Node) -> str:
    """Text of any length, in one line or many."""
    value = scalar(node, "text")
    if value.tag != f"{TAG}str":
        raise Unfit(f"{shown(value)} is not text; in quotes it would be")
    return str(value.value)


def name(node: Node) -> str:
    """A name of a group, a task, a link: one line, neither empty nor endless."""
    value = text(node)
    if not value.strip():
        raise Unfit("a name is empty")
    if "\n" in value or "\t" in value or "\r" in value:
        raise Unfit(f"{shown(node)} is not a name of one line")
    if len(value) > LONGEST_NAME:
        raise Unfit(f"{shown(node)} is {len(value)} characters long, a name at most {LONGEST_NAME}")
    return value


def number(node: Node) -> float:
    """A finite number, in quotes or not."""
    value = scalar(node, "a number")
    try:
        match value.tag.removeprefix(TAG):
            case "int":
                found = float(_constructor.construct_yaml_int(value))
            case "float":
                found = float(_constructor.construct_yaml_float(value))
            case "str":
                found = float(value.value)
            case _:
                raise Unfit(f"{shown(node)} is not a number")
    except (ValueError, OverflowError):
        raise Unfit(f"{shown(node)} is not a number") from None
    if not math.isfinite(found):
        raise Unfit(f"{shown(node)} is not a finite number")
    return found


def whole(at_least: int | None = None) -> Callable[[Node], int]:
    """A reader of whole numbers, not below a bound if there is one."""

    def read(node: Node) -> int:
        try:
            found = number(node)
        except Unfit:
            raise Unfit(f"{shown(node)} is not a whole number") from None
        if not found.is_integer() or abs(found) > LARGEST:
            raise Unfit(f"{shown(node)} is not a whole number up to {LARGEST:,}")
        if at_least is not None and found < at_least:
            raise Unfit(f"{shown(node)} is below {at_least}")
        return int(found)

    return read


def not_negative(node: Node) -> float:
    """A number from 0 up."""
    found = number(node)
    if found < 0:
        raise Unfit(f"{shown(node)} is below 0")
    return found


def flag(node: Node) -> bool:
    """True or false, in any usual spelling."""
    try:
        return parse_flag(scalar(node, "true or false").value, False)
    except ScoreError:
        raise Unfit(f"{shown(node)} is neither true nor false") from None


def choice(kind: type[Choice]) -> Callable[[Node], Choice]:
    """A reader of one of the words of an enumeration."""
    words = ", ".join(kind)

    def read(node: Node) -> Choice:
        try:
            return kind(scalar(node, f"one of {words}").value)
        except ValueError:
            raise Unfit(f"{shown(node)} is not one of {words}") from None

    return read


def address(node: Node) -> str:
    """The address of a page; nothing else becomes a link, least of all `javascript:`."""
    value = text(node).strip()
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("http", "https") or not parts.netloc or any(character.isspace() for character in value):
        raise Unfit(f"{shown(node)} is not an address that begins with http:// or https://")
    return value


def plain(node: Node) -> object:
    """Whatever is there as JSON can keep it: text, numbers, flags, lists, mappings with keys of text. Dates stay the text they are."""
    if isinstance(node, MappingNode):
        return {str(key.value): plain(value) for key, value in pairs(node) if isinstance(key, ScalarNode)}
    if isinstance(node, SequenceNode):
        return [plain(child) for child in node.value]
    match node.tag.removeprefix(TAG):
        case "null":
            return None
        case "bool":
            return flag(node)
        case "int" | "float":
            found = number(node)
            return int(found) if found.is_integer() else found
    return str(node.value)
