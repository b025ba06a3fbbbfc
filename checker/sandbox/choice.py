"""Which sandbox this machine gets: the course says which it accepts, and the environment, which may be a student's, can only ask for more."""

import contextlib
import os
from collections.abc import Iterator

from checker.sandbox import bubblewrap, minijail
from checker.sandbox.base import Sandbox, SandboxUnavailable
from checker.sandbox.bubblewrap import Bubblewrap
from checker.sandbox.minijail import Minijail
from checker.sandbox.rlimits import Rlimits

SETTING = "CHECKER_SANDBOX"
"""The environment's word on which of the backends that isolate to take."""

ISOLATING = {Bubblewrap.name: (Bubblewrap, bubblewrap.unavailable), Minijail.name: (Minijail, minijail.unavailable)}
"""The backends that isolate, the preferred one first, and what says why one doesn't work here."""

_course: str | None = None


@contextlib.contextmanager
def accepting(name: str | None) -> Iterator[None]:
    """Meanwhile the course's word is `name`, its `testing.sandbox`; processes forked meanwhile know it, too."""
    global _course
    before, _course = _course, name
    try:
        yield
    finally:
        _course = before


def choose(name: str | None = None, *, allow_fallback: bool = False) -> Sandbox:
    """The sandbox called `name`, else the one that is asked for, else the strongest that works here.

    Where none better works there is rlimits, which refuses what it cannot isolate unless the course named it or `allow_fallback` is true.
    Raises SandboxUnavailable for one that is unknown or does not work here, with what to do.
    """
    name = name or asked_for()
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


def asked_for() -> str | None:
    """The environment's word, unless that would loosen the course's, which is an error; else the course's."""
    wanted = os.environ.get(SETTING) or None
    if wanted == Rlimits.name != _course:
        raise SandboxUnavailable(
            f"{SETTING}={wanted} would run students' code without isolation, and who pushes may be able to set it. "
            f"If the course accepts that, its .checker.yml says so, below testing: `sandbox: {wanted}`"
        )
    return wanted or _course
