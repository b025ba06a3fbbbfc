"""Limits of all processes of a job together, by the kernel's control groups: used where this user may make one, and never needed."""

import contextlib
import itertools
import logging
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from checker.sandbox.base import Limits

log = logging.getLogger(__name__)

MOUNTS = Path("/proc/self/mountinfo")
MEMBERSHIP = Path("/proc/self/cgroup")
CONTROLLERS = ("memory", "pids", "cpuacct")
"""What is used; version 2 tells of processor time without a controller."""
OVERHEAD = 8
"""Processes of the sandbox's own."""
PATIENCE = 1.0
"""Seconds for the kernel to forget the processes of a group that are dead already."""

_numbers = itertools.count()


@dataclass(frozen=True)
class Group:
    """A control group: version 2 has one folder, version 1 one for each controller."""

    folders: Sequence[Path]
    inside: set[int] = field(default_factory=set)
    """The processes that were moved here."""

    def file(self, *names: str) -> Path | None:
        """The first of these files that is there: what one version calls so and the other otherwise."""
        return next((folder / name for name in names for folder in self.folders if (folder / name).exists()), None)

    @property
    def holds(self) -> list[str]:
        """What the kernel holds by it, in words."""
        words = {
            "memory": self.file("memory.max", "memory.limit_in_bytes"),
            "number of processes": self.file("pids.max"),
            "processor time": self.file("cpu.stat", "cpuacct.usage"),
        }
        return [word for word, file in words.items() if file is not None]

    def limit(self, limits: Limits) -> None:
        """Set the limits that there are files for."""
        if limits.memory is not None:
            # What lies in the job's /tmp is memory, too, and has a limit of its own.
            size = limits.memory + (limits.disk or 0)
            self.write(size, "memory.max", "memory.limit_in_bytes")
            self.write(size, "memory.memsw.limit_in_bytes")
            self.write(0, "memory.swap.max")
            self.write(1, "memory.oom.group")
        if limits.processes is not None:
            self.write(limits.processes + OVERHEAD, "pids.max")

    def write(self, value: int, *names: str) -> None:
        """Set a value, if there is such a file; one that the kernel does not take is no loss: what looks at the job stays."""
        if (file := self.file(*names)) is not None:
            with contextlib.suppress(OSError):
                file.write_text(str(value))

    @property
    def out_of_memory(self) -> bool:
        """Whether the kernel ended a process for the group's memory."""
        return any(self.counted(name, "oom_kill") for name in ("memory.events", "memory.oom_control"))

    @property
    def cpu(self) -> float | None:
        """Seconds of processor time of all that ever ran in it; None if nobody counts."""
        if (file := self.file("cpuacct.usage")) is not None:
            return int(file.read_text()) / 1e9
        return self.counted("cpu.stat", "usage_usec") / 1e6 if self.file("cpu.stat") else None

    def counted(self, name: str, key: str) -> int:
        """A number of a file of names and numbers; 0 if there is none."""
        file = self.file(name)
        lines = file.read_text().splitlines() if file is not None else []
        return next((int(line.split()[1]) for line in lines if line.startswith(f"{key} ")), 0)

    def take_in(self, processes: Iterable[int]) -> None:
        """Move processes into the group, with all that they start from then on.

        The first move after a while waits for some milliseconds; a job that ends before it is looked at has not to pay for it.
        """
        for process in processes:
            if process not in self.inside:
                self.inside.add(process)
                for folder in self.folders:
                    with contextlib.suppress(OSError):
                        (folder / "cgroup.procs").write_text(str(process))

    def remove(self) -> None:
        """Remove it; its processes are dead, or die now."""
        self.write(1, "cgroup.kill")
        deadline = time.monotonic() + PATIENCE
        for folder in self.folders:
            while folder.exists():
                try:
                    folder.rmdir()
                except OSError:
                    # Version 1 kills nobody by itself; what forks meanwhile is met the next time.
                    for process in (folder / "cgroup.procs").read_text().split():
                        with contextlib.suppress(OSError):
                            os.kill(int(process), signal.SIGKILL)
                    if time.monotonic() > deadline:
                        log.warning("The control group %s stays behind: what is in it does not end.", folder)
                        break
                    time.sleep(0.001)


def homes(membership: str, mounts: str) -> list[list[Path]]:
    """Where a group may be made, by the kernel's two tables: each a list of folders that belong together, the better first.

    In version 2 a group with processes in it, such as our own, mostly can't have limits below it, but its parent may.
    """
    ours = {name: path for line in membership.splitlines() for names, path in [line.split(":", 2)[1:]] for name in names.split(",")}
    mounted: dict[str, Path] = {}
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        root, point = before.split()[3:5]
        kind, _, options = after.split(maxsplit=2)
        for name in {"cgroup2": [""], "cgroup": options.split(",")}.get(kind, []):
            path = ours.get(name)
            if path is not None and not path.startswith("/..") and Path(path).is_relative_to(root):
                mounted.setdefault(name, Path(point, Path(path).relative_to(root)))
    first = [mounted[name] for name in CONTROLLERS if name in mounted]
    second = mounted.get("")
    above = [[second], [second.parent]] if second is not None else []
    return [*([first] if first else []), *above]


def make(home: Sequence[Path]) -> Group | None:
    """A new group; None if it can't be had there, or would hold nothing."""
    name = f"checker-{os.getpid()}-{next(_numbers)}"
    made: list[Path] = []
    for folder in home:
        with contextlib.suppress(OSError):
            (folder / name).mkdir()
            made.append(folder / name)
    group = Group(made)
    if group.file("memory.max", "memory.limit_in_bytes", "pids.max") is not None:
        return group
    group.remove()
    return None


@cache
def usable() -> tuple[Sequence[Path], Sequence[str]] | None:
    """Where groups can be made and entered here, and what they hold; None if nowhere. Found out by trying, once."""
    try:
        found = homes(MEMBERSHIP.read_text(), MOUNTS.read_text())
    except OSError:
        return None
    for home in found:
        if (group := make(home)) is not None:
            try:
                if can_enter(group):
                    return [folder.parent for folder in group.folders], group.holds
            finally:
                group.remove()
    return None


def can_enter(group: Group) -> bool:
    """Whether a process may be moved there."""
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        group.take_in([process.pid])
        return all(str(process.pid) in (folder / "cgroup.procs").read_text().split() for folder in group.folders)


@contextlib.contextmanager
def group_for(limits: Limits) -> Iterator[Group | None]:
    """A group with these limits for one job, gone afterwards; None where there are none."""
    place = usable()
    group = make(place[0]) if place is not None else None
    if group is None:
        yield None
        return
    try:
        group.limit(limits)
        yield group
    finally:
        group.remove()
