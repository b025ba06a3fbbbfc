"""What a job sees of the file system: decided once, and said in each backend's own words."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from checker.sandbox.base import Job, SandboxUnavailable
from checker.sandbox.scratch import Scratch

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix/store", "/gnu/store")
"""Where programs lie. Homes, /var, /run, /srv and the CI's own folders are not there at all unless a job names them."""
SECRET = ("/etc/shadow", "/etc/gshadow", "/etc/ssh", "/etc/ssl/private", "/etc/gitlab-runner", "/etc/sudoers", "/etc/sudoers.d")


class Access(IntEnum):
    """What may be done with a path; of two for one path the greater holds."""

    READ = 1
    WRITE = 2
    NONE = 3


class Mount(NamedTuple):
    """A path of the machine and what the job may do with it and all below, as far as no deeper one says otherwise."""

    path: str
    access: Access
    source: str
    """Where it lies on the machine: somewhere else if symbolic links, which the job does not see, lead there."""


def within(path: str, folder: str) -> bool:
    """Whether a path is the folder or lies below it; both absolute. pathlib's own way costs a run some milliseconds."""
    return path == folder or path.startswith(folder if folder.endswith("/") else f"{folder}/")


def links() -> Iterator[tuple[str, str]]:
    """The links at the top of the file system, such as /bin to usr/bin: their targets and themselves."""
    for name in SYSTEM:
        if os.path.islink(name):
            yield os.readlink(name), name


def mounts(job: Job, scratch: Scratch | None = None) -> list[Mount]:
    """Everything the job sees or must not see, the outer before the inner, so that the deepest decides.

    Hidden paths that are not seen anyway are left out: naming them would show that they exist.
    Raises SandboxUnavailable for a writable path that does not exist, or leads through a symbolic link, which a student may have put there.
    """
    for path in job.writable:
        if not path.exists():
            raise SandboxUnavailable(f"{path} shall be writable and does not exist: make it first")
        if os.path.realpath(path) != os.path.abspath(path):
            raise SandboxUnavailable(f"{path} leads through a symbolic link to {os.path.realpath(path)}: name that, if it may be written to")
    copies = {} if scratch is None else scratch.sources
    originals = [] if scratch is None else scratch.originals
    inside = any(within(os.path.realpath(job.directory), os.path.abspath(folder)) for folder in (*map(str, job.writable), *copies))
    directory = [] if inside else [job.directory]
    access: dict[str, Access] = {}
    links: dict[str, str] = {}
    for paths, kind in (
        (existing([*programs(), *directory, *job.readable, *originals]), Access.READ),
        ([*job.writable, *map(Path, copies)], Access.WRITE),
        (existing([*SECRET, *job.hidden]), Access.NONE),
    ):
        for name in map(os.path.abspath, paths):
            real = os.path.realpath(name)
            access[real] = max(kind, access.get(real, kind))
            if kind is not Access.NONE:
                links[name] = real
    found: list[Mount] = []
    for real in sorted(access, key=lambda real: real.count("/")):
        above = next((mount.access for mount in reversed(found) if within(real, mount.path)), Access.NONE)
        if access[real] != above or real in copies:
            found.append(Mount(real, access[real], copies.get(real, real)))
    return [*found, *under_other_names(links, access, found)]


def under_other_names(links: Mapping[str, str], access: Mapping[str, Access], found: Sequence[Mount]) -> list[Mount]:
    """What was named through symbolic links that the job does not see: it is there under that name, too, to be read, without what is hidden of it."""
    hidden = [real for real, kind in access.items() if kind is Access.NONE]
    mounted: list[Mount] = []
    for path, real in sorted(links.items(), key=lambda link: link[0].count("/")):
        if access[real] is Access.NONE or any(within(path, mount.path) for mount in (*found, *mounted)):
            continue
        mounted.append(Mount(path, Access.READ, real))
        mounted += [Mount(os.path.join(path, os.path.relpath(other, real)), Access.NONE, other) for other in hidden if within(other, real)]
    return mounted


def existing(paths: Sequence[Path | str]) -> list[Path | str]:
    """Those that are there, and can be reached."""
    return [path for path in paths if os.path.exists(path)]


def programs() -> list[str]:
    """Where programs lie, this Python's own among them."""
    return [*(name for name in SYSTEM if not os.path.islink(name)), sys.prefix, sys.base_prefix]
