"""How long the next try has to wait, by how many failed lately."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil


@dataclass(frozen=True)
class Patience:
    """How wrong tries are answered."""

    free: int
    """Wrong tries that nobody has to wait after."""
    longest: timedelta
    """What a wait grows to."""
    fade: timedelta
    """In which one wrong try is forgotten."""


PERSON = Patience(free=5, longest=timedelta(minutes=15), fade=timedelta(minutes=15))
"""For whatever belongs to one person: a username, a device, a session, codes. Who goes on guessing gets four tries an hour."""
ADDRESS = Patience(free=30, longest=timedelta(minutes=1), fade=timedelta(seconds=30))
"""For an address, which a whole classroom may share. Who goes on guessing from there gets two tries a minute."""
NEWCOMERS = Patience(free=300, longest=timedelta(minutes=1), fade=timedelta(seconds=10))
"""For forms of registration from an address, wrong or right: a lecture may register at once, a program may not go on and on."""


def wait_after(failures: float, patience: Patience) -> timedelta:
    """How long to wait after so many wrong tries: nothing at first, then 1 second, 2, 4 and so on."""
    # One that is partly forgotten counts still.
    beyond = ceil(failures) - patience.free
    # Doubling for ever would overflow; the longest wait is far below 2**20 seconds.
    return min(patience.longest, timedelta(seconds=2 ** min(beyond, 20))) if beyond >= 0 else timedelta()


def failures_at(at: datetime, failures: float, last_at: datetime, patience: Patience) -> float:
    """How many of the failures still count; a part of one stands for one that is partly forgotten."""
    return max(0.0, failures - max(timedelta(), at - last_at) / patience.fade)
