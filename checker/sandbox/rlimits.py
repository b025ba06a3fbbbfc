"""Limits alone: for where nothing better works, and no more than that.

The job sees the files, the network and, unless root started it, the processes of whoever started it.
"""

import contextlib
import os
import secrets
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

from checker.sandbox.base import Job, Limits, Outcome, Sandbox, SandboxUnavailable
from checker.sandbox.cgroups import group_for
from checker.sandbox.scratch import watched
from checker.sandbox.shell import limited
from checker.sandbox.supervision import Start, supervise
from checker.sandbox.usage import Usage
from checker.sandbox.users import hand_over, job_user, open_up

MARK = "CHECKER_JOB"
"""In the environment of a job's processes, to find those that left its process group."""


class Rlimits(Sandbox):
    """Kernel limits per process, a user of its own if root starts it, and everything killed at the end that can be found."""

    name = "rlimits"

    def __init__(self, fallback: bool = False) -> None:
        self.fallback = fallback
        """Whether somebody accepted that nothing is hidden and the network is there."""

    def run(self, job: Job, limits: Limits) -> Outcome:
        """Run the job; SandboxUnavailable for one that wants something hidden or no network, unless that was waived."""
        if not self.fallback:
            refuse(job)
        mark = secrets.token_hex(8)
        with job_user() as user, group_for(limits) as group:
            if user is not None:
                hand_over(job.writable, user)
                open_up([job.directory, *job.readable])
            elif limits.processes is not None:
                # The kernel counts all that this user runs.
                limits = replace(limits, processes=limits.processes + threads_of(os.geteuid()))
            start = Start(limited(job.command, limits), job.directory, {**job.full_environment, MARK: mark}, job.stdin, job.report, job.inherited, user)
            usage = Usage(limits, job.writable, group)
            scratch = watched(job.scratch)
            return replace(supervise(start, limits, usage.look, lambda pid: end(pid, user, mark)), changed=scratch.changed())


def refuse(job: Job) -> None:
    """Raise SandboxUnavailable if the job wants what limits can't give."""
    wants = ["to hide files"] * bool(job.hidden) + ["to be without a network"] * (not job.network)
    if wants:
        raise SandboxUnavailable(
            f"This run is {' and '.join(wants)}, which the sandbox rlimits can't do. `checker doctor` says what is missing for one that can. "
            "To run without that, say `sandbox: rlimits` below testing in the course's .checker.yml: then students' code can read and reach what this job can."
        )


def end(pid: int, user: int | None, mark: str) -> None:
    """Kill the command, its group, and what left the group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    if user is not None:
        # All processes of the user at once: none gets away by forking.
        subprocess.run(["/bin/sh", "-c", "kill -9 -1"], user=user, group=user, extra_groups=(), check=False, stderr=subprocess.DEVNULL, env={})
        return
    for _ in range(10):
        left = marked(mark)
        for process in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        if not left:
            return


def marked(mark: str) -> list[int]:
    """The processes that were started with the mark in their environment; none where there is no /proc."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found


def threads_of(user: int) -> int:
    """How many processes and threads a user runs; 0 where there is no /proc."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.stat().st_uid == user:
                total += len(os.listdir(process / "task"))
    return total
