"""A call of an actor that somebody types: JSON, checked against what the actor takes before anything is sent. No clock, no database."""

import inspect
import json
from collections.abc import Callable
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

EXAMPLE = 'e.g. [7] or {"task_id": 7}'


class WrongCallError(ValueError):
    """What was typed is no call of the actor; the message says why."""


def read_call(function: Callable[..., Any], typed: str) -> tuple[list[Any], dict[str, Any]]:
    """The arguments by position, of a JSON array, or by name, of an object. Raises WrongCallError."""
    try:
        value = json.loads(typed or "[]", parse_constant=_refuse)
    except (ValueError, RecursionError) as fault:
        raise WrongCallError(f"This is no JSON: {fault}") from None
    if not isinstance(value, list | dict):
        raise WrongCallError(f"The arguments are a JSON array or an object, {EXAMPLE}.")
    args, kwargs = (value, {}) if isinstance(value, list) else ([], value)
    signature = inspect.signature(function)
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as fault:
        raise WrongCallError(f"{function.__name__}{signature}: {fault}.") from None
    types = get_type_hints(function)
    for name, given in bound.arguments.items():
        _check(name, given, types.get(name, Any))
    return args, kwargs


def _check(name: str, given: Any, expected: Any) -> None:
    try:
        TypeAdapter(expected).validate_python(given, strict=True)
    except ValidationError as fault:
        raise WrongCallError(f"{name}: {fault.errors()[0]['msg']}.") from None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def signature_of(function: Callable[..., Any]) -> str:
    """What an actor takes, as Python writes it."""
    return f"{function.__name__}{inspect.signature(function)}"
