"""What features hold about a user, and what of it outlives the user: each feature adds its own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask

Record = Mapping[str, Any]
"""What stands in one row, by name; instants are datetimes."""


@dataclass(frozen=True)
class Heirloom:
    """What passes to an heir when its owner is deleted."""

    count: Callable[[int], int]
    """How many there are of a user."""
    hold: Callable[[], None]
    """Keep everybody else from making, changing and deleting any until the transaction ends; comes before users are locked, as in those changes."""
    hand_over: Callable[[int, int], int]
    """Make those of the first user the second's; how many. Both users are locked; the caller commits."""


@dataclass(frozen=True)
class Belongings:
    """What a feature holds about a user."""

    name: str
    """In plural, as JSON and people know it: "tasks"."""
    records: Callable[[int], Iterable[Record]]
    """All of a user, read piece by piece; no secret, no hash of one."""
    heirloom: Heirloom | None = None
    """None for what is deleted with the user."""


def belongings_of(app: Flask) -> list[Belongings]:
    """What the app's features hold about users."""
    return cast(list[Belongings], app.extensions.setdefault("callboard_belongings", []))


def heirlooms_of(app: Flask) -> dict[str, Heirloom]:
    """What passes to an heir, by its name."""
    return {belongings.name: belongings.heirloom for belongings in belongings_of(app) if belongings.heirloom}
