"""Waiting for what happens elsewhere: the only place in the tests that sleeps."""

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

PATIENCE = 300.0
"""Seconds: nothing that works takes as long, however much else the machine has to do."""


def wait_until(condition: Callable[[], Value], within: float = PATIENCE, every: float = 0.05) -> Value:
    """What `condition` returns once that is true; it is asked every `every` seconds.

    AssertionError after `within` seconds, with what it returned last. It is asked at least once.
    """
    deadline = time.monotonic() + within
    while not (value := condition()):
        if time.monotonic() >= deadline:
            name = getattr(condition, "__qualname__", repr(condition))
            raise AssertionError(f"{name} is still {value!r} after {within:g} seconds")
        time.sleep(every)
    return value
