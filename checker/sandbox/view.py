"""What a job sees of the file system: decided once, and said in each backend's own words."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from checker.sandbox.base import Job, SandboxUnavailable

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix/store", "/gnu/store")
"""Where programs lie. Homes, /var, /run, /srv and the CI's own folders are not there at all unless a job names them."""
SECRET = ("/etc/shadow", "/etc/gshadow", "/etc/ssh", "/etc/ssl/private", "/etc/gitlab-runner", "/etc/sudoers", "/etc/sudoers.d")


class Access(IntEnum):
    """What may be done with a path; of two for one path the greater holds."""

    READ = 1
    WRITE = 2
    NONE = 3


@dataclass(frozen=True)
class Mount:
    """A path of the machine and what the job may do with it and all below, as far as no deeper one says otherwise."""

    path: Path
    access: Access
    source: Path
    """Where it lies on the machine: somewhere else if symbolic links, which the job does not see, lead there."""


def links() -> Iterator[tuple[str, Path]]:
    """The links at the top of the file system, such as /bin to usr/bin: their targets and themselves."""
    for name in SYSTEM:
        if os.path.islink(name):
            yield os.readlink(name), Path(name)


def mounts(job: Job) -> list[Mount]:
    """Everything the job sees or must not see, the outer before the inner, so that the deepest decides.

    Hidden paths that are not seen anyway are left out: naming them would show that they exist.
    Raises SandboxUnavailable for a writable path that does not exist, or leads through a symbolic link, which a student may have put there.
    """
    for path in job.writable:
        if not path.exists():
            raise SandboxUnavailable(f"{path} shall be writable and does not exist: make it first")
        if os.path.realpath(path) != os.path.abspath(path):
            raise SandboxUnavailable(f"{path} leads through a symbolic link to {os.path.realpath(path)}: name that, if it may be written to")
    access: dict[Path, Access] = {}
    named: list[Path] = []
    for paths, kind in (
        (existing([*programs(), job.directory, *job.readable]), Access.READ),
        (job.writable, Access.WRITE),
        (existing([*map(Path, SECRET), *job.hidden]), Access.NONE),
    ):
        for path in paths:
            if kind is not Access.NONE:
                named.append(Path(os.path.abspath(path)))
            real = Path(os.path.realpath(path))
            access[real] = max(kind, access.get(real, kind))
    found: list[Mount] = []
    for path in sorted(access, key=lambda path: len(path.parts)):
        above = next((mount.access for mount in reversed(found) if path.is_relative_to(mount.path)), Access.NONE)
        if access[path] != above:
            found.append(Mount(path, access[path], path))
    return [*found, *under_other_names(named, found)]


def under_other_names(named: Sequence[Path], found: Sequence[Mount]) -> list[Mount]:
    """What was named through symbolic links that the job does not see: it is there under that name, too, to be read, unless it is hidden."""
    links = {path: Path(os.path.realpath(path)) for path in named}
    hidden = [mount.path for mount in found if mount.access is Access.NONE]
    return [
        Mount(path, Access.READ, real)
        for path, real in links.items()
        if path != real and not any(path.is_relative_to(mount.path) for mount in found) and not any(real.is_relative_to(other) for other in hidden)
    ]


def existing(paths: Sequence[Path]) -> list[Path]:
    """Those that are there, and can be reached."""
    return [path for path in paths if os.path.exists(path)]


def programs() -> list[Path]:
    """Where programs lie, this Python's own among them."""
    return [*(Path(name) for name in SYSTEM if not os.path.islink(name)), Path(sys.prefix), Path(sys.base_prefix)]
