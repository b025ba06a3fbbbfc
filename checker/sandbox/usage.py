"""What a job's processes use together, looked at every now and then: the kernel limits each of them, but only cgroups limit all."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from checker.sandbox.base import Limits
from checker.sandbox.cgroups import Group

PAGE = os.sysconf("SC_PAGE_SIZE")
CLOCK = os.sysconf("SC_CLK_TCK")


class Usage:
    """Looks at a process, all below it, and the folders they write to."""

    def __init__(self, limits: Limits, writable: Sequence[Path], group: Group | None = None) -> None:
        self.limits = limits
        self.group = group
        self.writable = writable
        self._before = {folder: size_of(folder) for folder in writable} if limits.disk is not None else {}
        self._free = {folder: free(folder) for folder in self._before}
        self._cpu: dict[int, float] = {}

    def look(self, pid: int) -> str | None:
        """Which limit the process and those below it broke together, in words."""
        limits = self.limits
        family = family_of(pid)
        if self.group is not None:
            self.group.take_in(process.pid for process in family)
        self._cpu |= {process.pid: process.cpu for process in family}
        if limits.memory is not None and (sum(process.memory for process in family) > limits.memory or self.out_of_memory):
            return f"memory: its processes used more than {limits.memory:,} bytes together"
        if limits.cpu is not None and max(sum(self._cpu.values()), (self.group and self.group.cpu) or 0) > limits.cpu:
            return f"processor time: its processes took more than {limits.cpu:g} s together"
        return self._disk()

    @property
    def out_of_memory(self) -> bool:
        """Whether the kernel ended one of the processes, or all, for what they used together."""
        return self.group is not None and self.group.out_of_memory

    def _disk(self) -> str | None:
        """Reading the free space is cheap; only if it fell by as much as is allowed are the folders gone through."""
        limit = self.limits.disk
        if limit is None or all(before - free(folder) <= limit for folder, before in self._free.items()):
            return None
        new = sum(size_of(folder) - before for folder, before in self._before.items())
        return f"disk: it wrote more than {limit:,} bytes" if new > limit else None


class Process(NamedTuple):
    """A process as /proc has it."""

    pid: int
    parent: int
    cpu: float
    """Seconds of processor time."""
    memory: int
    """Bytes in use."""


def family_of(pid: int) -> list[Process]:
    """A process and all below it; none where there is no /proc."""
    children: dict[int, list[Process]] = {}
    found = []
    for process in processes():
        children.setdefault(process.parent, []).append(process)
        if process.pid == pid:
            found.append(process)
    for process in found:
        found.extend(children.get(process.pid, ()))
    return found


def processes() -> Iterator[Process]:
    """All processes that this one can see."""
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                # A process may have any name, so that it may seem to have other fields.
                fields = file.read().rpartition(b")")[2].split()
                yield Process(int(name), int(fields[1]), (int(fields[11]) + int(fields[12])) / CLOCK, int(fields[21]) * PAGE)


def free(folder: Path) -> int:
    """Bytes that are free where the folder lies."""
    status = os.statvfs(folder)
    return status.f_bfree * status.f_frsize


def size_of(folder: Path) -> int:
    """Bytes that the files below a folder take; symbolic links are not followed."""
    total = 0
    for _, _, files, descriptor in os.fwalk(folder, onerror=None):
        for name in files:
            with contextlib.suppress(OSError):
                total += os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_blocks * 512
    return total
