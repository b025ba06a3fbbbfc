"""`run_pytest`: the course's tests on a student's work, in the sandbox; the verdict is made here, where that work is never imported."""

import json
import logging
import os
import secrets
import socket
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, TypedDict

from pydantic import Field, model_validator

from checker.config.checker import TASK_FILE
from checker.exceptions import PluginExecutionFailed
from checker.plugins import folders, packages
from checker.plugins.base import PluginABC, PluginOutput
from checker.plugins.environment import cleaned
from checker.plugins.jobs import LIMITS, LONGEST, credentials, repositories
from checker.provenance import tree_of
from checker.pytests.collection import TEST_FILES, configuration, conftests_of, course_files, file_patterns, rules_of
from checker.pytests.verdict import Untrustworthy, Verdict, judge
from checker.sandbox import Job, Limits, Outcome, SandboxUnavailable, choose

log = logging.getLogger(__name__)

PROGRAMS = Path(__file__).parents[1] / "pytests"
"""Where the programs lie that run in the sandbox; this process imports neither them nor pytest."""


class RunPytest(PluginABC):
    """Run pytest on a target: fails unless all tests of the course that are there pass."""

    name = "run_pytest"

    class Args(PluginABC.Args):
        """The arguments of the stage."""

        origin: str
        """The folder to start in."""
        target: str
        """A folder, a file, or a test of it, as pytest takes them, from there."""
        timeout: float | None = Field(default=None, gt=0)
        isolate: bool = True
        """Known from Manytask. Students' code is always isolated here."""
        env_whitelist: list[str] = Field(default_factory=lambda: ["PATH"])
        coverage: bool | int | None = None
        """Whether to show how much of the work the tests reach; a number is the percentage that it has to be."""
        allow_failures: bool = False
        """Whether failing tests leave the stage passed, with a lower percentage."""
        report_percentage: bool = True
        """Whether the percentage is the share of the tests that passed; else it is all or nothing."""
        plugins: list[str] | None = None
        """pytest's installed plugins to load, by the names that `-p` takes, such as `timeout`; all that are installed unless given."""
        apart: list[str] = Field(default_factory=list)
        """The student's modules, by name, which run in a process of their own: it sees no tests, and cannot forge what they say."""
        keep_private: bool = False
        """Whether the course's private modules stay to be read when they are loaded: by tests that run them as programs, and by the student's."""

        @model_validator(mode="after")
        def covers_what_it_runs(self) -> Self:
            """Coverage is measured in the tests' own process."""
            if self.apart and self.coverage not in (None, False):
                raise ValueError("coverage can't be measured of modules that run apart")
            return self

    def _run(self, args: Args, *, verbose: bool = False) -> PluginOutput:
        origin = Path(args.origin).resolve()
        if not origin.is_dir():
            raise PluginExecutionFailed(f"There is no folder {args.origin} to run tests in")
        run_folders = folders.current()
        if run_folders is not None and run_folders.repository != run_folders.reference and origin.is_relative_to(run_folders.repository.resolve()):
            log.warning("run_pytest: origin is the student's repository, so its tests are the student's: take global.temp_dir")
        tests = Tests(origin, args.target)
        nonce = secrets.token_hex(16)
        try:
            outcome = tests.run(args, nonce, verbose)
            verdict = judge(outcome, nonce, tests.rules)
        except SandboxUnavailable as error:
            raise PluginExecutionFailed(str(error)) from error
        except Untrustworthy as error:
            raise PluginExecutionFailed(str(error), output=outcome.output) from error
        return conclude(verdict, outcome, args)


FOREIGN = ("site-packages", "node_modules")
WITHDRAWN = (
    b'raise ImportError("This private module was loaded, and then withdrawn, so that no program that tests start reads it. '
    b'Where such a program needs it: keep_private: true among the arguments of run_pytest")\n'
)
"""What is left in the place of one."""


class Seen(TypedDict):
    """What both sides of a run see."""

    readable: list[Path]
    scratch: Mapping[Path, Collection[Path]]


class Tests:
    """What a stage runs: files of the course, their configuration, and the tests that have to be accounted for."""

    def __init__(self, origin: Path, target: str) -> None:
        self.origin = origin
        name, _, self.node = target.partition("::")
        tree = tree_of(origin)
        path = (origin / name).resolve()
        self.root = tree.root if path.is_relative_to(tree.root) else path.parent
        self.private = tree.private_elsewhere(origin, path)
        self.withdrawable = [file for file in tree.private_here(origin, path) if is_module(file, tree.root)]
        self.copied = origin if all(file.is_relative_to(origin) for file in self.withdrawable) else tree.root
        self.beside = list(beside(self.copied, path, self.withdrawable))
        self.configuration = configuration(path, tree)
        patterns = file_patterns(self.configuration)
        found = [path] if path.exists() else [file.resolve() for file in sorted(origin.glob(name))] if name and not Path(name).is_absolute() else []
        if not found:
            raise PluginExecutionFailed(f"There is nothing called {name} in {origin} to test")
        self.files = [file for one in found for file in course_files(one, tree, patterns)]
        self.conftests = conftests_of(self.files, tree, self.root)
        self.modules = [file for file in sorted(origin.rglob("*.py")) if file not in tree.students and not file.is_symlink()]
        rules = rules_of(self.files, tree, self.configuration, self.root)
        self.rules = replace(rules, expected=frozenset()) if self.node else rules

    @property
    def nodes(self) -> list[str]:
        """The files, or the test, as pytest takes them."""
        return [f"{file}::{self.node}" if self.node else str(file) for file in self.files]

    @property
    def hidden(self) -> list[Path]:
        """What a solution that runs apart does not see: these tests, all others of the course, its other tasks' among them, and private modules."""
        others = (file for pattern in (*TEST_FILES, "conftest.py") for file in self.root.rglob(pattern) if str(file) not in self.rules.students)
        return sorted({*self.files, *others, *self.withdrawable})

    def run(self, args: RunPytest.Args, nonce: str, verbose: bool) -> Outcome:
        """Run them, and the solution beside them if it runs apart."""
        environment = cleaned(os.environ, args.env_whitelist, {} if args.plugins is None else {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
        if (installed := packages.installed()) is not None:
            environment["PATH"] = installed.path(environment.get("PATH", os.defpath))
        paths = [self.origin, *((self.origin / path).resolve() for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path)]
        outside = [path for path in paths if not path.is_relative_to(self.copied)]
        withdrawable = {} if args.keep_private else dict.fromkeys(self.withdrawable, WITHDRAWN)
        settings = {
            "nonce": nonce,
            "students": sorted(self.rules.students),
            "conftests": [str(file) for file in self.conftests],
            "modules": [str(file) for file in self.modules],
            "paths": [str(path) for path in paths],
            "arguments": [*arguments(self.root, self.configuration, verbose, args.plugins or []), *self.nodes],
            "installed": str(installed.site) if installed is not None else None,
            "early": installed is not None and installed.are_the_courses,
            "tests": [str(file) for file in self.files],
            "coverage": str(self.origin) if args.coverage not in (None, False) else None,
            "apart": args.apart,
            "private": [str(file) for file in withdrawable],
        }
        limits = replace(LIMITS, wall=args.timeout or LONGEST)
        # What has to be there to be read may well be what a test writes: it gets a copy, and so does the solution.
        seen = Seen(
            readable=[self.root, PROGRAMS.parent, *self.beside, *outside, *([installed.root] if installed is not None else [])],
            scratch={self.copied: {Path(file) for file in self.rules.students}},
        )
        hidden = [*credentials(), *repositories(self.origin, *seen["readable"]), *self.private]
        if not args.apart:
            job = Job(python("inside.py"), self.origin, environment, **seen, hidden=hidden, stdin=encoded(settings), report=True, withdrawable=withdrawable)
            return choose().run(job, limits)
        # Each side hears of the other's end once this process has closed that one's socket, too.
        here, there = socket.socketpair()
        with ThreadPoolExecutor(1) as threads:
            with here:
                stdin = encoded({"channel": there.fileno(), "installed": settings["installed"]})
                job = Job(python("solution.py"), self.origin, environment, **seen, hidden=[*hidden, *self.hidden], stdin=stdin, inherited=[there.fileno()])
                solution = threads.submit(run_and_close, job, limits, there)
                stdin = encoded({**settings, "channel": here.fileno()})
                tests = Job(python("inside.py"), self.origin, environment, **seen, hidden=hidden, stdin=stdin, report=True, withdrawable=withdrawable)
                outcome = choose().run(replace(tests, inherited=[here.fileno()]), limits)
            solution.result()
        return outcome


def is_module(file: Path, root: Path) -> bool:
    """Whether a file of the tree is a module with something in it; what environments hold is none of the course's."""
    own = not any(part.startswith(".") or part in FOREIGN for part in file.relative_to(root).parts[:-1])
    return own and file.suffix == ".py" and file.is_file() and file.stat().st_size > 0


def beside(copied: Path, target: Path, needed: Collection[Path]) -> Iterator[Path]:
    """The folders of `copied` that are other tasks', which nobody has to copy: those beside the way to the target's task, and to files that are `needed`."""
    if not target.is_relative_to(copied):
        return
    folders = [folder for folder in (target, *target.parents) if folder.is_relative_to(copied) and folder.is_dir()]
    task = next((folder for folder in folders if (folder / TASK_FILE).exists()), None)
    if task is None:
        return
    ways = {folder for place in (task, *needed) for folder in place.parents if folder.is_relative_to(copied)}
    for folder in sorted(ways):
        if not folder.is_relative_to(task):
            yield from (entry for entry in sorted(folder.iterdir()) if entry.is_dir() and not entry.is_symlink() and entry not in ways and entry != task)


def run_and_close(job: Job, limits: Limits, channel: socket.socket) -> None:
    """Run the solution's side; what it writes could tell the tests' data, and is not shown."""
    with channel:
        choose().run(job, limits)


def python(program: str) -> list[str]:
    """A program's command line. Isolated: the environment, the folder and the user's own packages add nothing to what Python imports by itself."""
    return [sys.executable, "-I", "-B", str(PROGRAMS / program)]


def encoded(settings: dict[str, Any]) -> bytes:
    """Settings as the programs read them."""
    return json.dumps(settings).encode()


def arguments(root: Path, config: Path | None, verbose: bool, plugins: Sequence[str]) -> Sequence[str]:
    """pytest's arguments: nothing is looked for, each is said. Its summary of what failed is left out, for the verdict has one."""
    shown = ["-v", "--tb=short"] if verbose else ["--tb=no"]
    loaded = [word for plugin in plugins for word in ("-p", plugin)]
    return [*loaded, f"--rootdir={root}", "-c", str(config or os.devnull), f"--confcutdir={root}", "-p", "no:cacheprovider", "--no-header", "-rN", *shown]


def conclude(verdict: Verdict, outcome: Outcome, args: RunPytest.Args) -> PluginOutput:
    """What the stage comes to."""
    share = verdict.share if args.report_percentage else float(not verdict.failed)
    ran = len(verdict.passed) + len(verdict.failed)
    summary = f"{len(verdict.passed)} of {ran} tests passed" + (f", {len(verdict.skipped)} skipped" if verdict.skipped else "")
    output = "\n".join(line for line in (outcome.output.rstrip(), *(f"{name}: {text}" for name, text in verdict.failed.items())) if line)
    if verdict.failed and not args.allow_failures:
        raise PluginExecutionFailed(summary, output=output, percentage=share)
    needed: Any = args.coverage
    if needed is not None and not isinstance(needed, bool) and (verdict.coverage or 0.0) < needed:
        raise PluginExecutionFailed(f"The tests reach {verdict.coverage or 0.0:.0f} % of the work; {needed} % are needed", output=output, percentage=share)
    return PluginOutput(f"{output}\n{summary}", share)
