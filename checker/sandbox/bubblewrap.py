"""Namespaces, by bwrap: the job sees programs and what it was given, no other process, no network, and dies as a whole."""

import contextlib
import os
import platform
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from checker.sandbox.base import HOME, SHARED_MEMORY, Job, Limits, Outcome, Sandbox, SandboxUnavailable
from checker.sandbox.cgroups import group_for
from checker.sandbox.scratch import Scratch, scratch_of
from checker.sandbox.shell import limited
from checker.sandbox.supervision import Start, supervise
from checker.sandbox.usage import Usage
from checker.sandbox.users import hand_over, job_user, open_up
from checker.sandbox.view import Access, Mount, links, mounts, within

PROGRAM = "bwrap"
NAMESPACES = ("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try")


class Bubblewrap(Sandbox):
    """What is to be had wherever Linux lets this user make namespaces."""

    name = "bubblewrap"

    def run(self, job: Job, limits: Limits) -> Outcome:
        """Run the job; SandboxUnavailable if namespaces can't be had here."""
        if (why := unavailable()) is not None:
            raise SandboxUnavailable(why)
        # What runs under one user can't see, end or slow down the rest here; only the number of its processes is limited together.
        with job_user(shared=bool(job.writable)) as user, scratch_of(job, user) as scratch, group_for(limits) as group:
            if user is not None:
                hand_over(job.writable, user)
                open_up([job.directory, *job.readable])
            command = [*outside(job, limits, user, scratch), "--", *dropping(user), *limited(job.command, limits)]
            usage = Usage(limits, [*job.writable, *scratch.places], group)
            withdraw = scratch.withdraw if job.withdrawable else None
            start = Start(command, Path("/"), job.full_environment, job.stdin, job.report, job.inherited, withdraw=withdraw)
            return replace(supervise(start, limits, usage.look, end), changed=scratch.changed())


def end(pid: int) -> None:
    """Kill bwrap: its death is that of the namespace's first process, and that one's the death of all."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def outside(job: Job, limits: Limits, user: int | None, scratch: Scratch | None = None) -> list[str]:
    """bwrap's own arguments: what the job sees."""
    command = [PROGRAM, *NAMESPACES, "--die-with-parent", "--new-session"]
    if not job.network:
        command.append("--unshare-net")
    if user is None:
        # Namespaces of the job's own making would give it capabilities to attack the kernel with.
        command += ["--unshare-user", "--disable-userns", "--cap-drop", "ALL"]
    else:
        command += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]
    size = [] if limits.disk is None else ["--size", str(limits.disk)]
    command += ["--dev", "/dev", "--perms", "1777", *size, "--tmpfs", SHARED_MEMORY, "--remount-ro", "/dev", "--proc", "/proc"]
    command += ["--perms", "1777", *size, "--tmpfs", HOME]
    for target, link in links():
        command += ["--symlink", target, link]
    seen = mounts(job, scratch)
    made = set()
    for mount in seen:
        # Left to itself, bwrap makes what leads to a mount for its own user alone.
        for folder in leading_to(mount, seen):
            if folder not in made:
                made.add(folder)
                command += ["--dir", folder]
        command += arguments(mount)
    closed = [word for mount in seen if mount.access is Access.NONE and os.path.isdir(mount.path) for word in ("--remount-ro", mount.path)]
    return [*command, *closed, "--remount-ro", "/", "--chdir", os.path.realpath(job.directory)]


def leading_to(mount: Mount, seen: Sequence[Mount]) -> list[str]:
    """The folders above a mount, from the top, that are in the job's view only to lead there; what is below another mount exists, unless that hides it."""
    folders = []
    folder = os.path.dirname(mount.path)
    while folder != "/":
        above = next((other for other in reversed(seen) if other is not mount and within(folder, other.path)), None)
        if above is not None and above.access is not Access.NONE:
            break
        folders.append(folder)
        folder = os.path.dirname(folder)
    return folders[::-1]


def arguments(mount: Mount) -> Sequence[str]:
    """How bwrap is told of one path."""
    if mount.access is Access.WRITE:
        return "--bind", mount.source, mount.path
    if mount.access is Access.READ:
        return "--ro-bind", mount.source, mount.path
    if os.path.isdir(mount.path):
        return "--tmpfs", mount.path
    # Mounts of the sandbox have no devices: opening this one is refused.
    return "--ro-bind", "/dev/null", mount.path


def dropping(user: int | None) -> Sequence[str]:
    """How root becomes the job's user, for good."""
    if user is None:
        return ()
    identity = ("--reuid", str(user), "--regid", str(user), "--clear-groups")
    return ("setpriv", *identity, "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--")


@cache
def unavailable() -> str | None:
    """Why it can't be used here, and what to do; None if it can. Found out by trying, once."""
    if platform.system() != "Linux":
        return f"The sandbox bubblewrap needs Linux; this is {platform.system()}"
    needed = {PROGRAM: "bubblewrap", **({"setpriv": "util-linux"} if os.geteuid() == 0 else {})}
    missing = [package for program, package in needed.items() if shutil.which(program) is None]
    if missing:
        return f"The sandbox bubblewrap needs {' and '.join(missing)}. On Debian or Ubuntu: apt install {' '.join(missing)}"
    with job_user() as user:
        command = [*outside(Job(["true"], Path("/usr"), {}), Limits(), user), "--", *dropping(user), "true"]
        tried = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if tried.returncode == 0:
        return None
    return (
        f"The sandbox bubblewrap is not allowed to make namespaces here: {tried.stderr.strip() or f'exit code {tried.returncode}'}. "
        "In a container, run it privileged, or with --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined; "
        "on a host, allow user namespaces: sysctl kernel.unprivileged_userns_clone=1, on Ubuntu also kernel.apparmor_restrict_unprivileged_userns=0"
    )
