"""run_script and safe_run_script: a course's own command over a student's files."""

import glob
import os
import re
import shlex
import signal
from contextlib import suppress
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from checker.exceptions import PluginExecutionFailed
from checker.plugins import folders
from checker.plugins.base import PluginABC, PluginOutput
from checker.plugins.environment import cleaned
from checker.plugins.files import content
from checker.plugins.jobs import LIMITS, LONGEST, Program, ending, run, writable
from checker.plugins.packages import installing
from checker.sandbox import Outcome
from checker.sandbox.supervision import Start, supervise

MOUNTED_ANEW = {"proc", "sys", "dev", "run", "tmp"}
"""Folders at the top that the sandbox has its own of, or none."""
READS_ONLY = re.compile(
    r"\bpython[\d.]* (-\w+ )*-m (ruff|mypy|flake8|black|isort|pyflakes|pycodestyle|pydocstyle|bandit|pyright|pyrefly|yapf|autopep8|vulture)\b"
)
"""Tools that look at the work and import none of it: with the folder among what Python imports from, a student's ruff.py would run in ruff's place."""
QUIET = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
HINT = (
    "A program may write to the tested tree and to /tmp, and installs Python packages for the run. "
    "A command that installs something else on the machine, and runs none of the student's code, may say trusted: true."
)


class ScriptArgs(PluginABC.Args):
    """What both kinds of script take."""

    origin: Path = Field(description="The folder to start in, and the only one to write to besides /tmp")
    script: str | list[str] = Field(description="A string is for the shell, a list is the program and its arguments")
    timeout: float | None = Field(None, gt=0, description="Seconds; half an hour unless given")
    input: Path | None = Field(None, description="A file to read from stdin")
    env_additional: dict[str, str] = Field(default={}, description="Variables to set")

    @model_validator(mode="after")
    def something(self) -> Self:
        """Refuse a script of nothing."""
        if not self.script or not self.script[0].strip():
            raise ValueError("script is empty")
        return self

    @property
    def command(self) -> list[str]:
        """What to start."""
        return ["/bin/sh", "-c", self.script] if isinstance(self.script, str) else self.script

    @property
    def stdin(self) -> bytes:
        """What it reads."""
        if self.input is None:
            return b""
        return content(self.input if self.input.exists() else self.origin / self.input)


class RunScriptPlugin(PluginABC):
    """Runs a command of the course's: with the network, and with all files of the machine readable that are not secret.

    It may well start what a student wrote, so it gets no secret of CI and writes to its own folder alone. For a student's own program, take
    `safe_run_script`.
    """

    name = "run_script"

    class Args(ScriptArgs):
        env_whitelist: list[str] | None = Field(None, description="Variables to take from the environment; those that tools need unless given")
        trusted: bool = Field(False, description="Run it outside the sandbox: it installs something, and runs none of the student's code")

    def _run(self, args: Args, *, verbose: bool = False) -> PluginOutput:
        packages = None if args.trusted else installing(args.script, args.origin)
        environment = {} if packages is None else {"VIRTUAL_ENV": str(packages.root), **QUIET}
        if READS_ONLY.search(shlex.join(args.command)):
            environment["PYTHONSAFEPATH"] = "1"
        program = Program(
            command=args.command,
            directory=args.origin,
            environment=environment | cleaned(os.environ, args.env_whitelist, args.env_additional),
            writable=[*tree_or_origin(args.origin), *([] if packages is None else [packages.site, packages.programs])],
            readable=everything(),
            network=True,
            stdin=args.stdin,
            timeout=args.timeout,
            # Nobody promised isolation here: courses use it in containers that can't have any.
            fallback=True,
        )
        return result_of(outside(program) if args.trusted else run(program), hint="" if args.trusted else HINT)


class SafeRunScriptPlugin(PluginABC):
    """Runs a program of the student's: it sees programs, its own folder and what the whitelist adds, and nothing of the environment."""

    name = "safe_run_script"

    class Args(ScriptArgs):
        env_whitelist: list[str] = Field(default=[], description="Variables to take from the environment")
        paths_whitelist: list[str] = Field(default=[], description="More to read, as glob patterns")
        paths_blacklist: list[str] = Field(default=[], description="What not to read, as glob patterns")
        lock_network: bool = Field(True, description="Whether to have no network")
        allow_fallback: bool = Field(False, description="Whether to run without isolation on a machine that has none, instead of failing")

    def _run(self, args: Args, *, verbose: bool = False) -> PluginOutput:
        run_folders = folders.current()
        program = Program(
            command=args.command,
            directory=args.origin,
            environment=cleaned(os.environ, args.env_whitelist, args.env_additional),
            writable=writable(args.origin),
            readable=expanded(args.paths_whitelist),
            hidden=[*expanded(args.paths_blacklist), *([run_folders.reference, run_folders.repository] if run_folders else [])],
            network=not args.lock_network,
            stdin=args.stdin,
            timeout=args.timeout,
            fallback=args.allow_fallback,
        )
        return result_of(run(program))


def result_of(outcome: Outcome, hint: str = "") -> PluginOutput:
    """A stage's result, by how its script ended."""
    if outcome.exit_code == 0:
        return PluginOutput(outcome.output)
    refused = hint and ("Read-only file system" in outcome.output or "Permission denied" in outcome.output)
    raise PluginExecutionFailed(f"Script {ending(outcome)}", output=f"{outcome.output.rstrip()}\n{hint}\n" if refused else outcome.output)


def expanded(patterns: list[str]) -> list[Path]:
    """The paths that patterns stand for; ~ is the home of whoever runs the checker."""
    return [Path(path) for pattern in patterns for path in sorted(glob.glob(os.path.expanduser(pattern), recursive=True, include_hidden=True))]


def tree_or_origin(origin: Path) -> list[Path]:
    """All of the tested tree for who starts in it: a build's folder may lie beside its source. Else what any program may write to."""
    run_folders = folders.current()
    if run_folders is not None and origin.resolve().is_relative_to(run_folders.temporary.resolve()):
        return [run_folders.temporary]
    return writable(origin)


def everything() -> list[Path]:
    """All of the machine that others may read already, and the folders of the run."""
    run_folders = folders.current()
    own = [run_folders.temporary, run_folders.repository, run_folders.reference] if run_folders else []
    top = [path for path in Path("/").iterdir() if path.name not in MOUNTED_ANEW and path.is_dir() and not path.is_symlink()]
    return [path for path in top if path.stat().st_mode & 0o005 == 0o005] + own


def outside(program: Program) -> Outcome:
    """Run a command of the course's outside the sandbox; its process group ends with it."""

    def end(pid: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)

    if not program.directory.is_dir():
        raise PluginExecutionFailed(f"There is no folder {program.directory}")
    home = {name: value for name in ("HOME", "USER", "PATH") if (value := os.environ.get(name))}
    start = Start(program.command, program.directory, home | dict(program.environment), program.stdin)
    limits = type(LIMITS)(wall=program.timeout or LONGEST)
    return supervise(start, limits, lambda pid: None, end)
