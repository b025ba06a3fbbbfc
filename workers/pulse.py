"""The workers' pulse: files that consumers touch while they hear RabbitMQ, and the health check that looks how old they are.

`python -I workers/pulse.py` is the check. Run by its path it starts at once; `python -m workers.pulse` would load the whole site
first. So this module imports nothing but the standard library.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

LIMIT = 30.0
"""Seconds. A consumer that is well hears RabbitMQ every second or two, and connects again some three after a lost connection."""
EVERY = 1.0
"""Seconds between two touches of a file, at least."""


def folder() -> Path:
    """Where this user's workers leave their files: those of one container, or of one machine unless TMPDIR differs."""
    return Path(tempfile.gettempdir(), f"callboard-workers-{os.getuid()}")


class Pulse:
    """The pulse of one consumer of this process. Each has a file of its own, so that one that hangs is seen among others that don't."""

    def __init__(self, queue_name: str) -> None:
        """Make the file; it says that nothing was heard yet, unless it is there from an earlier connection. Raises OSError."""
        folder().mkdir(mode=0o700, exist_ok=True)
        self._file = folder() / f"{os.getpid()}.{started(os.getpid())}.{queue_name}"
        self._due = 0.0
        if not self._file.exists():
            _touch(self._file, 0)

    def beat(self) -> None:
        """Say that RabbitMQ was heard just now. Raises OSError."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + EVERY
            _touch(self._file, now)


def beat_all() -> None:
    """Say of every consumer of this process that all is well, though it hears nothing: for one that is paused."""
    now = time.monotonic()
    for file in folder().glob(f"{os.getpid()}.*.*"):
        _touch(file, now)


def trouble(limit: float) -> str | None:
    """Which process here has not heard RabbitMQ for more than `limit` seconds, if any, or that there is no worker process."""
    heard = {file: file.stat().st_mtime for file in _files_of_the_living()}
    if not heard:
        return "no worker process listens to RabbitMQ yet"
    oldest = min(heard, key=lambda file: heard[file])
    pid, _started, queue_name = oldest.name.split(".", 2)
    if not heard[oldest]:
        return f"process {pid} has not heard RabbitMQ yet (queue {queue_name})"
    silence = time.monotonic() - heard[oldest]
    return f"process {pid} last heard RabbitMQ {silence:.0f} s ago (queue {queue_name})" if silence > limit else None


def started(pid: int | str) -> str:
    """When a process started, as the kernel counts: no later process of the same number has it. Raises OSError if there is none, or no /proc."""
    # The second field is the command's name in parentheses, and may hold anything.
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[19]


def _files_of_the_living() -> Iterator[Path]:
    """The files of processes that live; the others are removed."""
    for file in folder().glob("*.*.*"):
        pid, then, _queue_name = file.name.split(".", 2)
        try:
            alive = started(pid) == then
        except (FileNotFoundError, ProcessLookupError):
            alive = False
        if alive:
            yield file
        else:
            file.unlink(missing_ok=True)


def _touch(file: Path, heard: float) -> None:
    # By the monotonic clock, which all processes of a machine share: when the other one is set, nobody seems to live or to be dead for that.
    file.touch()
    os.utime(file, (heard, heard))


def main() -> None:
    """Exit with 0 when every consumer of every worker process here hears RabbitMQ, else with 1 and a sentence on standard error."""
    parser = argparse.ArgumentParser(description="Do the worker processes here hear RabbitMQ?")
    parser.add_argument("--limit", type=float, default=LIMIT, metavar="SECONDS", help=f"how long ago they may have heard it last ({LIMIT:g})")
    sys.exit(trouble(parser.parse_args().limit))


if __name__ == "__main__":
    main()
