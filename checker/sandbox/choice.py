"""Which sandbox this machine gets."""

import os

from checker.sandbox import bubblewrap, minijail
from checker.sandbox.base import Sandbox, SandboxUnavailable
from checker.sandbox.bubblewrap import Bubblewrap
from checker.sandbox.minijail import Minijail
from checker.sandbox.rlimits import Rlimits

SETTING = "CHECKER_SANDBOX"
"""The environment's word on which backend to take."""

ISOLATING = {Bubblewrap.name: (Bubblewrap, bubblewrap.unavailable), Minijail.name: (Minijail, minijail.unavailable)}
"""The backends that isolate, the preferred one first, and what says why one doesn't work here."""


def choose(name: str | None = None, *, allow_fallback: bool = False) -> Sandbox:
    """The sandbox called `name`, else by the environment's CHECKER_SANDBOX, else the strongest that works here.

    Where none better works there is rlimits, which refuses what it cannot isolate unless it was asked for by its name or `allow_fallback` is true.
    Raises SandboxUnavailable for one that is unknown or does not work here, with what to do.
    """
    name = name or os.environ.get(SETTING) or None
    if name == Rlimits.name:
        return Rlimits(fallback=True)
    if name is None:
        for backend, unavailable in ISOLATING.values():
            if unavailable() is None:
                return backend()
        return Rlimits(fallback=allow_fallback)
    if name not in ISOLATING:
        raise SandboxUnavailable(f"There is no sandbox called {name!r}: take one of {', '.join([*ISOLATING, Rlimits.name])}")
    backend, unavailable = ISOLATING[name]
    if (why := unavailable()) is not None:
        raise SandboxUnavailable(why)
    return backend()
