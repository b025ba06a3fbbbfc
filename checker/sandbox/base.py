"""What a sandbox is asked for, and what it answers."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from checker.exceptions import CheckerException

MIB = 1024 * 1024
HOME = "/tmp"  # nosec B108
"""A job's home; a folder of its own, but for the sandbox that has none."""
SHARED_MEMORY = "/dev/shm"  # nosec B108


class SandboxUnavailable(CheckerException):
    """This machine cannot isolate as it was asked to; the message says what to do."""


@dataclass(frozen=True)
class Limits:
    """What a job may use. None is no limit of that kind."""

    wall: float = 60
    """Seconds until it is ended, whatever it does or waits for."""
    cpu: float | None = None
    """Seconds of processor time: of each process by the kernel, of all together as often as the sandbox looks."""
    memory: int | None = 2048 * MIB
    """Bytes: of address space of each process by the kernel, of memory in use by all as often as the sandbox looks."""
    address_space: bool = True
    """Whether the kernel holds to `memory`, too. Sanitizers, Java, Go and Node reserve far more addresses than they use memory."""
    processes: int | None = 128
    """Processes and threads at once."""
    file_size: int | None = 256 * MIB
    """Bytes of the largest file it may write."""
    disk: int | None = 512 * MIB
    """Bytes in its /tmp, in its /dev/shm, and new in the writable folders together."""
    output: int = MIB
    """Bytes of output that are kept: of more, the beginning and the end. A job that writes 64 times as much is ended."""


@dataclass(frozen=True)
class Job:
    """A command and all that it may touch."""

    command: Sequence[str]
    directory: Path
    """Where it starts. It may read what lies there, and write only if that is writable."""
    environment: Mapping[str, str]
    """All of its environment but PATH, HOME, USER and LANG, which have defaults."""
    writable: Sequence[Path] = ()
    readable: Sequence[Path] = ()
    hidden: Sequence[Path] = ()
    """What it may not read, wherever it lies. Of paths inside each other the deepest decides."""
    scratch: Mapping[Path, Collection[Path]] = field(default_factory=dict)
    """Folders that it may write to as it likes, for in their place it gets copies that end with it; and of each, the files that it may change.
    `Outcome.changed` are the others that it changed all the same."""
    withdrawable: Mapping[Path, bytes] = field(default_factory=dict)
    """Files in those folders that the job may ask to have withdrawn from its copy, and what is left in their place. A sandbox without copies leaves them.

    It asks through a socket, its descriptor's number in the environment's CHECKER_WITHDRAW: a message is a path, and the answer that it is done.
    """
    network: bool = False
    stdin: bytes = b""
    report: bool = False
    """Whether the command gets a pipe, its descriptor's number in the environment's CHECKER_REPORT, for what `Outcome.report` brings."""

    inherited: Sequence[int] = ()
    """Open descriptors that the command gets, by the same numbers."""

    @property
    def full_environment(self) -> dict[str, str]:
        """The environment with its defaults."""
        defaults = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": HOME, "USER": "student", "LOGNAME": "student", "LANG": "C.UTF-8"}
        return defaults | dict(self.environment)


@dataclass(frozen=True)
class Outcome:
    """How a job ended."""

    exit_code: int | None
    """The command's own; 128 and a signal's number if one ended it; None if the sandbox did."""
    output: str
    """What it wrote to stdout and stderr, in order; invalid bytes replaced, and a line says where something is left out."""
    elapsed: float
    """Seconds."""
    broken: str | None = None
    """Which limit ended it, in words."""
    report: bytes = field(default=b"", repr=False)
    """What it wrote to its report's pipe."""
    changed: Sequence[Path] = ()
    """The files that it changed, moved or removed and should not have, see `Job.scratch`."""


class Sandbox(ABC):
    """A way to run jobs."""

    name: ClassVar[str]

    @abstractmethod
    def run(self, job: Job, limits: Limits) -> Outcome:
        """Run the job to its end, after which none of its processes is left.

        A command that does not exist ends with 127. Raises SandboxUnavailable if this machine or this backend can't give what the job needs.
        """
