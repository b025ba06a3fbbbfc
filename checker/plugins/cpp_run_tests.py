"""cpp_run_tests: run compiled Catch2 tests."""

import tempfile
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from checker.exceptions import PluginExecutionFailed
from checker.plugins import catch2
from checker.plugins.base import PluginABC, PluginOutput
from checker.plugins.cpp import Target, checked, targets
from checker.plugins.files import found, text
from checker.plugins.jobs import Program, ending, repositories, run

SANITIZERS = ("asan", "ubsan", "tsan")


class CppRunTestsPlugin(PluginABC):
    """Runs each target. It passes if its program ends with 0 and leaves a whole report of this run in which all tests passed.

    The program sees its build folder and what the whitelist adds, and nothing of the rest of the root.
    """

    name = "cpp_run_tests"

    class Args(PluginABC.Args):
        root: Path = Field(description="Where the build folders are")
        tests: Annotated[list[str], AfterValidator(checked)] = Field(description="Targets and build types in turn, as for cpp_build")
        timeout: float = Field(60, gt=0, description="Seconds for each target")
        no_detect_leaks: bool = Field(False, description="Whether the address sanitizer lets leaks pass")
        args: list[str] = Field(default=[], description="More arguments of the programs")
        paths_whitelist: list[str] = Field(default=[], description="What of the root the programs may read, such as a task's data")
        lock_network: bool = Field(True, description="Whether they have no network")

    def _run(self, args: Args, *, verbose: bool = False) -> PluginOutput:
        wanted = targets(args.tests)
        if not wanted:
            raise PluginExecutionFailed("There is nothing to run: tests is empty")
        return PluginOutput("\n".join(tested(target, args) for target in wanted))


def tested(target: Target, args: CppRunTestsPlugin.Args) -> str:
    """Run one target; what it said if all of its tests passed, else PluginExecutionFailed."""
    build, seed = target.folder(args.root), catch2.new_seed()
    what = f"{target.name} ({target.build_type})"
    if not (build / target.name).is_file():
        raise PluginExecutionFailed(f"There is no program {target.name} in {build}: build it first")
    with tempfile.TemporaryDirectory(prefix="checker-report-") as name:
        folder = Path(name).resolve()
        program = Program(
            [str((build / target.name).absolute()), *catch2.arguments(folder, seed, args.args)],
            build,
            sanitizing(folder, args.no_detect_leaks),
            writable=[folder],
            readable=[build, *(args.root / path for path in args.paths_whitelist)],
            hidden=[args.root, *repositories()],
            network=not args.lock_network,
            timeout=args.timeout,
        )
        outcome = run(program)
        said = "\n".join(part for part in (catch2.console(folder), *complaints(folder), outcome.output) if part.strip())
        if outcome.exit_code != 0:
            raise PluginExecutionFailed(f"{what} {ending(outcome)}", output=said, percentage=share(folder, args.args, seed))
        try:
            report = catch2.read(folder, None if catch2.seeded(args.args) else seed)
        except PluginExecutionFailed as error:
            raise PluginExecutionFailed(f"{what}: {error}", output=said) from None
    if report.failed or not report.passed:
        wrong = f"{report.failed} tests failed" if report.failed else "no test ran"
        raise PluginExecutionFailed(f"{what}: {wrong}, though its program ended with 0", output=said, percentage=report.share)
    return f"{what}: {report.passed} passed\n{said}"


def sanitizing(folder: Path, no_detect_leaks: bool) -> dict[str, str]:
    """Sanitizers write to files of their own, for a test may close stderr."""
    options = {name: f"log_path={folder / name},color=always" for name in SANITIZERS}
    options["ubsan"] += ",print_stacktrace=1"
    options["asan"] += ",detect_leaks=0" if no_detect_leaks else ""
    return {f"{name.upper()}_OPTIONS": value for name, value in options.items()}


def complaints(folder: Path) -> list[str]:
    """What the sanitizers wrote."""
    return [text(path, catch2.SIZE)[: catch2.SHOWN] for path in found(folder, [f"{name}*" for name in SANITIZERS])[:10]]


def share(folder: Path, own: list[str], seed: int) -> float:
    """How much of a failed run passed, for stages that are scored in part; nothing if it left no whole report."""
    try:
        report = catch2.read(folder, None if catch2.seeded(own) else seed)
    except PluginExecutionFailed:
        return 0.0
    # It failed, so at least one test did, whatever the report says.
    return report.share if report.failed else 0.0
