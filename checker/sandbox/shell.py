"""The kernel's limits of one process, set by the shell that becomes it: every system has one, and it starts in a millisecond."""

import math
from collections.abc import Sequence

from checker.sandbox.base import Limits

BLOCK = 512
"""Bytes; what POSIX counts files in for ulimit."""
OPEN_FILES = 1024


def limited(command: Sequence[str], limits: Limits) -> list[str]:
    """The command line that sets `limits` on itself, for good, and becomes `command`.

    A limit that is lower already stays. What this can't bind, whoever runs it has to: wall time, output, all processes together.
    """
    wanted = [ulimit("c", 0), ulimit("n", OPEN_FILES)]
    if limits.cpu is not None:
        # A program may do something about the first signal; a second later it is killed.
        seconds = math.ceil(limits.cpu)
        wanted.append(f"ulimit -H -t {seconds + 1}; ulimit -S -t {seconds}")
    if limits.memory is not None and limits.address_space:
        wanted.append(ulimit("v", limits.memory // 1024))
    if limits.file_size is not None:
        wanted.append(ulimit("f", limits.file_size // BLOCK))
    if limits.processes is not None:
        # dash and busybox say -p for what bash calls -u; last, for the shells before it may count too.
        wanted.append(f"{ulimit('p', limits.processes)} || {ulimit('u', limits.processes)}")
    return ["/bin/sh", "-c", f'{{ {"; ".join(wanted)}; }} 2>/dev/null; exec "$@"', "sh", *command]


def ulimit(letter: str, amount: int) -> str:
    """One limit, hard and soft."""
    return f"ulimit -{letter} {amount}"
