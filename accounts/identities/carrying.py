"""What a browser carries for the site through a sign-in elsewhere: in its session, so it is signed, for ten minutes."""

from time import time
from typing import Any

from flask import session

CARRIED_SECONDS = 600
ERRAND = "errand"
"""From the departure to a provider until the way back: what has to fit, and what for."""
NEWCOMER = "newcomer"
"""From the way back of somebody whom nobody knows until a username is chosen: whom the provider vouches for."""


def carry(what: str, **values: Any) -> None:
    """Hand the browser something, in place of any earlier thing of that kind: however often somebody sets out, the cookie stays small."""
    session[what] = {**values, "until": time() + CARRIED_SECONDS}


def carried(what: str) -> dict[str, Any] | None:
    """What the browser was handed lately; None if there is nothing, or not any more."""
    found: dict[str, Any] | None = session.get(what)
    return found if found and found["until"] > time() else None


def take(what: str) -> dict[str, Any] | None:
    """The same, for the last time."""
    found = carried(what)
    session.pop(what, None)
    return found
