"""What processes take of the machine, as Linux counts it in /proc: CPU seconds and the largest resident memory, of a process and all below it."""

import os
import signal
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROC = Path("/proc")
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
PARENT, USER, SYSTEM_OF_ENDED = 1, 11, 14
"""Places in /proc/PID/stat, counted from the state, which follows the name: the parent's id, and the first and the last of four CPU times."""


def family(roots: Iterable[int]) -> list[int]:
    """Processes, their children, theirs and so on; those that have ended are left out."""
    parents = {}
    for folder in PROC.glob("[0-9]*"):
        if stat := _stat(int(folder.name)):
            parents[int(folder.name)] = int(stat[PARENT])
    found = [root for root in roots if root in parents]
    for member in found:
        found.extend(pid for pid, parent in parents.items() if parent == member)
    return found


def children(parent: int) -> set[int]:
    """The processes that a process has started itself."""
    return {pid for pid in family([parent]) if (stat := _stat(pid)) and int(stat[PARENT]) == parent}


def cpu_seconds(roots: Iterable[int]) -> float:
    """CPU time of processes and all below them, with those that have ended and were waited for; in hundredths of a second."""
    times = [stat[USER : SYSTEM_OF_ENDED + 1] for pid in family(roots) if (stat := _stat(pid))]
    return sum(int(value) for each in times for value in each) / TICKS_A_SECOND


def peak_megabytes(roots: Iterable[int]) -> float:
    """The most memory that any one process of the families has had resident since it began, or since `forget_peaks`."""
    return max((_megabytes(pid, "VmHWM:") for pid in family(roots)), default=0.0)


def resident_megabytes(roots: Iterable[int]) -> float:
    """The most memory that any one process of the families has resident now."""
    return max((_megabytes(pid, "VmRSS:") for pid in family(roots)), default=0.0)


def forget_peaks(roots: Iterable[int]) -> None:
    """Let peaks begin anew from what each process of the families has resident now."""
    for pid in family(roots):
        (PROC / str(pid) / "clear_refs").write_text("5")


@contextmanager
def frozen(roots: Collection[int]) -> Iterator[None]:
    """Freeze processes and all below them, wherever they are in their work, for as long as the block runs."""
    members = family(roots)
    _signal(members, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal(members, signal.SIGCONT)


def _signal(members: Iterable[int], signum: signal.Signals) -> None:
    for pid in members:
        os.kill(pid, signum)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty for a process that has ended."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    # The name stands in brackets, and may hold brackets and spaces itself.
    return text.rpartition(")")[2].split()


def _megabytes(pid: int, name: str) -> float:
    """One of the amounts of memory in /proc/PID/status; 0 for a process that has ended."""
    try:
        status = (PROC / str(pid) / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    kilobytes = [line.split()[1] for line in status.splitlines() if line.startswith(name)]
    return int(kilobytes[0]) / 1024 if kilobytes else 0.0
