"""The ids of rows, as they come from outside: in a message, a form or a query string."""

from collections.abc import Mapping

LARGEST_ID = 2**63 - 1


def is_id(value: object) -> bool:
    """Whether the value can be the id of a row."""
    return type(value) is int and 0 < value <= LARGEST_ID


def read_id(typed: str) -> int | None:
    """The id that was typed, or None where that can't be the id of any row."""
    # int() reads any length in quadratic time, so what is too long is not tried.
    if not (typed.isascii() and typed.isdigit() and len(typed) < 20):
        return None
    return int(typed) if is_id(int(typed)) else None


def id_from(source: Mapping[str, str], name: str) -> int | None:
    """The id under that name in a form or a query string; None where there is none."""
    return read_id(source.get(name, ""))
