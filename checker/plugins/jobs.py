"""A stage's program in the sandbox: what it may see, how long it may take, and what is said of its end."""

import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from checker.exceptions import PluginExecutionFailed
from checker.plugins import folders
from checker.plugins.packages import installed
from checker.provenance import protected
from checker.sandbox import Job, Limits, Outcome, SandboxUnavailable, choose

MIB = 1024 * 1024
GIB = 1024 * MIB
LONGEST = 30 * 60.0
"""Seconds that a program may run which its course gives no timeout: shorter than CI gives a job, so that the student hears of it."""
LIMITS = Limits(wall=LONGEST, memory=4 * GIB, address_space=False, processes=512, file_size=GIB, disk=4 * GIB)
"""What compilers and linters need."""
CREDENTIALS = (".ssh", ".gnupg", ".netrc", ".git-credentials", ".pypirc", ".aws", ".docker", ".kube", ".config/gh", ".config/glab-cli")
"""What lies in a home that is nobody's business."""


@dataclass(frozen=True)
class Program:
    """A command with its surroundings."""

    command: Sequence[str]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    writable: Sequence[Path] = ()
    readable: Sequence[Path] = ()
    hidden: Sequence[Path] = ()
    network: bool = False
    stdin: bytes = b""
    timeout: float | None = None
    fallback: bool = False
    """Whether to run it without isolation where there is none."""


def run(program: Program) -> Outcome:
    """Run it to its end, whatever that is; in a tested tree, what it wrote is the student's afterwards, see provenance.

    Raises PluginExecutionFailed if there is no such folder, or if this machine cannot isolate it.
    """
    if not program.directory.is_dir():
        raise PluginExecutionFailed(f"There is no folder {program.directory}")
    own = [Path(program.command[0])] if os.path.isabs(program.command[0]) else []
    environment = {"PATH": os.environ.get("PATH", os.defpath), **program.environment}
    if (packages := installed()) is not None:
        own.append(packages.root)
        environment["PATH"] = packages.path(environment["PATH"])
    job = Job(
        command=program.command,
        directory=program.directory.absolute(),
        environment=environment,
        writable=[path.absolute() for path in program.writable],
        readable=[path.absolute() for path in (*own, *program.readable)],
        hidden=[path.absolute() for path in (*program.hidden, *credentials())],
        network=program.network,
        stdin=program.stdin,
    )
    run_folders = folders.current()
    try:
        with protected(job.writable, run_folders.reference if run_folders else None):
            return choose(allow_fallback=program.fallback).run(job, replace(LIMITS, wall=program.timeout or LONGEST))
    except SandboxUnavailable as unavailable:
        raise PluginExecutionFailed("This machine cannot isolate the program", output=str(unavailable)) from unavailable


def succeeded(program: Program, what: str) -> str:
    """Run it; its output if it ended with 0, else PluginExecutionFailed says how `what` failed."""
    outcome = run(program)
    if outcome.exit_code != 0:
        raise PluginExecutionFailed(f"{what} {ending(outcome)}", output=outcome.output)
    return outcome.output


def ending(outcome: Outcome) -> str:
    """How a program that did not end with 0 ended, as the end of a sentence."""
    if outcome.broken:
        return f"was stopped by its limit of {outcome.broken}"
    code = outcome.exit_code
    if code is not None and code > 128 and code - 128 in set(signal.Signals):
        return f"was killed by {signal.Signals(code - 128).name}"
    return f"failed with exit code {code}"


def writable(origin: Path) -> list[Path]:
    """The folder that a program starts in, unless it is the course's or the student's own."""
    run_folders = folders.current()
    return [] if run_folders is not None and run_folders.kept(origin) else [origin]


def repositories(*needed: Path) -> list[Path]:
    """What a student's program has no business in: the course and the student's repository, which images put where programs lie, such as /opt.

    Not one that is among what the stage needs; what is needed from within it stays to be seen.
    """
    run_folders = folders.current()
    whole = {path.resolve() for path in needed}
    return [folder for folder in (run_folders.reference, run_folders.repository) if folder.resolve() not in whole] if run_folders else []


def credentials() -> list[Path]:
    """Where CI and people keep what opens other doors."""
    run_folders = folders.current()
    clones = [run_folders.repository, run_folders.reference] if run_folders else []
    ci = [*([f"{project}.tmp"] if (project := os.environ.get("CI_PROJECT_DIR")) else []), *([temp] if (temp := os.environ.get("RUNNER_TEMP")) else [])]
    return [*(clone / ".git/config" for clone in clones), *map(Path, ci), *(Path.home() / name for name in CREDENTIALS)]
