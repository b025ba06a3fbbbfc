"""Which sandbox this machine gets."""

import os

from checker.sandbox import bubblewrap
from checker.sandbox.base import Sandbox, SandboxUnavailable
from checker.sandbox.bubblewrap import Bubblewrap
from checker.sandbox.rlimits import Rlimits

SETTING = "CHECKER_SANDBOX"
"""The environment's word on which backend to take."""

BACKENDS = (Bubblewrap.name, Rlimits.name)


def choose(name: str | None = None, *, allow_fallback: bool = False) -> Sandbox:
    """The sandbox called `name`, else by the environment's CHECKER_SANDBOX, else the strongest that works here.

    Where none better works there is rlimits, which refuses what it cannot isolate unless it was asked for by its name or `allow_fallback` is true.
    Raises SandboxUnavailable for one that is unknown or does not work here, with what to do.
    """
    name = name or os.environ.get(SETTING) or None
    if name not in (None, *BACKENDS):
        raise SandboxUnavailable(f"There is no sandbox called {name!r}: take one of {', '.join(BACKENDS)}")
    if name == Bubblewrap.name or (name is None and bubblewrap.unavailable() is None):
        return Bubblewrap()
    return Rlimits(fallback=name is not None or allow_fallback)
