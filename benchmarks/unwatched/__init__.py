"""Callboard without its workers' monitor, to measure what that costs: nothing is gathered of messages, no worker has a heartbeat, nobody looks at the queues.

The site has no such setting, for nobody would want it. Its modules stand for those that the programs import.
"""

from collections.abc import Callable, Sequence
from typing import Any

import workers
from workers.middleware import middleware_for
from workers.monitor import history, sampling, troubles
from workers.monitor.gathering import Gathering
from workers.monitor.heartbeat import Heartbeat

INSTEAD: Sequence[tuple[object, str, Callable[..., Any]]] = [
    (workers, "middleware_for", lambda *about: [each for each in middleware_for(*about) if not isinstance(each, Gathering | Heartbeat)]),
    (Gathering, "committed", lambda *_: None),
    (sampling, "sample", lambda: None),
    (history, "roll_up", lambda _at: None),
    (troubles, "faults", dict),
]
"""What of this process is exchanged: of which module or class, called what, for what."""


def leave_out() -> None:
    """Do without the monitor, in this process."""
    for owner, name, instead in INSTEAD:
        setattr(owner, name, instead)
