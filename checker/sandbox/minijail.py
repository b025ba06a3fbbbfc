"""Namespaces, by minijail0, for hosts that have it instead of bubblewrap; the job sees the same."""

import contextlib
import os
import platform
import shutil
import signal
import subprocess
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

from checker.sandbox.base import HOME, SHARED_MEMORY, Job, Limits, Outcome, Sandbox, SandboxUnavailable
from checker.sandbox.cgroups import group_for
from checker.sandbox.scratch import Scratch, scratch_of
from checker.sandbox.shell import limited
from checker.sandbox.supervision import Start, supervise
from checker.sandbox.usage import Usage, family_of
from checker.sandbox.users import hand_over, job_user, open_up
from checker.sandbox.view import Access, Mount, links, mounts

PROGRAM = "minijail0"
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
SAFE = "MS_NOSUID|MS_NODEV"


class Minijail(Sandbox):
    """What bubblewrap gives, by another program."""

    name = "minijail"

    def run(self, job: Job, limits: Limits) -> Outcome:
        """Run the job; SandboxUnavailable if there is no minijail0, or it may not make namespaces."""
        if (why := unavailable()) is not None:
            raise SandboxUnavailable(why)
        with job_user() as user, tempfile.TemporaryDirectory(prefix="checker-root-") as root, scratch_of(job, user) as scratch, group_for(limits) as group:
            if user is not None:
                hand_over(job.writable, user)
                open_up([Path(root), job.directory, *job.readable])
            command = command_line(job, limits, user, root, scratch)
            usage = Usage(limits, [*job.writable, *scratch.places], group)
            withdraw = scratch.withdraw if job.withdrawable else None
            start = Start(command, Path("/"), job.full_environment, job.stdin, job.report, job.inherited, withdraw=withdraw)
            return replace(supervise(start, limits, usage.look, end), changed=scratch.changed())


def end(pid: int) -> None:
    """Kill minijail0 and all below it: the namespace's first process is among them, and takes the rest along."""
    for process in family_of(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


def command_line(job: Job, limits: Limits, user: int | None, root: str, scratch: Scratch | None = None) -> list[str]:
    """minijail0 with its arguments, and the command; `root` is an empty folder that becomes the job's."""
    # New mounts, processes, IPC, cgroups, host name and keyring; nothing is gained by executing.
    command = [PROGRAM, "-v", "-p", "-l", "-N", "--uts", "-n", "-w", "--logging=stderr", "-P", root]
    if not job.network:
        command.append("-e")
    if user is None:
        command += ["-U", f"-m{os.geteuid()} {os.geteuid()} 1", f"-M{os.getegid()} {os.getegid()} 1", "-c", "0"]
    else:
        command += ["-u", str(user), "-g", str(user), "-c", "0"]
    size = "" if limits.disk is None else f",size={limits.disk}"
    command += ["-k", f"tmpfs,/dev,tmpfs,{SAFE},mode=755,size=64k"]
    for device in DEVICES:
        command += ["-b", f"/dev/{device},/dev/{device},1"]
    command += ["-k", f"tmpfs,{SHARED_MEMORY},tmpfs,{SAFE},mode=1777{size}", "-k", f"proc,/proc,proc,{SAFE}|MS_NOEXEC"]
    command += ["-k", f"tmpfs,{HOME},tmpfs,{SAFE},mode=1777{size}"]
    for target, link in links():
        # It makes no links; what they lead to is mounted in their place.
        command += ["-b", f"{os.path.join('/', target)},{link}"]
    for mount in mounts(job, scratch):
        command += arguments(mount)
    entering = ["/bin/sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", os.path.realpath(job.directory)]
    return [*command, "--", *entering, *limited(job.command, limits)]


def arguments(mount: Mount) -> list[str]:
    """How minijail0 is told of one path."""
    if mount.access is not Access.NONE:
        return ["-b", f"{mount.source},{mount.path},{int(mount.access is Access.WRITE)}"]
    if os.path.isdir(mount.path):
        return ["-k", f"tmpfs,{mount.path},tmpfs,{SAFE}|MS_RDONLY,mode=555"]
    return ["-b", f"/dev/null,{mount.path}"]


@cache
def unavailable() -> str | None:
    """Why it can't be used here, and what to do; None if it can. Found out by trying, once."""
    if platform.system() != "Linux":
        return f"The sandbox minijail needs Linux; this is {platform.system()}"
    if shutil.which(PROGRAM) is None:
        return f"The sandbox minijail needs {PROGRAM}, which Debian has no package of: https://google.github.io/minijail. bubblewrap gives the same"
    with job_user() as user, tempfile.TemporaryDirectory(prefix="checker-root-") as root:
        command = command_line(Job(["true"], Path("/usr"), {}), Limits(), user, root)
        tried = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return None if tried.returncode == 0 else f"The sandbox minijail does not work here: {tried.stderr.strip() or f'exit code {tried.returncode}'}"
