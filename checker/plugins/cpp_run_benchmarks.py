"""cpp_run_benchmarks: run compiled Catch2 benchmarks against their limits."""

import math
import tempfile
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from checker.exceptions import PluginExecutionFailed
from checker.plugins import catch2
from checker.plugins.base import PluginABC, PluginOutput
from checker.plugins.cpp import Target
from checker.plugins.cpp_build import BENCHMARKED
from checker.plugins.jobs import Program, ending, repositories, run


def limits(listed: list[str]) -> dict[str, float]:
    """Seconds by benchmark, of a list of names and seconds in turn."""
    if len(listed) % 2:
        raise ValueError("a benchmark's name and its seconds take turns, such as [sort, '0.05']")
    values = {name: float(value) for name, value in zip(listed[::2], listed[1::2], strict=True)}
    if len(values) * 2 != len(listed):
        raise ValueError("a benchmark is named twice")
    if not all(math.isfinite(value) for value in values.values()):
        raise ValueError("seconds must be finite numbers")
    return values


def checked(listed: list[str]) -> list[str]:
    """The list, if it is one of limits."""
    limits(listed)
    return listed


class CppRunBenchmarksPlugin(PluginABC):
    """Runs a target that was built as RelWithDebInfo; the mean of each benchmark must keep its limit."""

    name = "cpp_run_benchmarks"

    class Args(PluginABC.Args):
        root: Path = Field(description="Where the build folders are")
        benchmark: str = Field(min_length=1, description="The target")
        timeout: float = Field(60, gt=0, description="Seconds for all benchmarks")
        args: list[str] = Field(default=[], description="More arguments of the program")
        benchmark_values: Annotated[list[str], AfterValidator(checked)] = Field(
            description="Benchmarks and seconds in turn: [sort, '0.05']. At most so long; below zero, at least so long"
        )

    def _run(self, args: Args, *, verbose: bool = False) -> PluginOutput:
        target = Target(args.benchmark, BENCHMARKED)
        build, seed = target.folder(args.root), catch2.new_seed()
        if not (build / target.name).is_file():
            raise PluginExecutionFailed(f"There is no program {target.name} in {build}: build it first")
        with tempfile.TemporaryDirectory(prefix="checker-report-") as name:
            folder = Path(name).resolve()
            command = [str((build / target.name).absolute()), *catch2.arguments(folder, seed, args.args)]
            program = Program(command, build, writable=[folder], readable=[build], hidden=[args.root, *repositories()], timeout=args.timeout)
            outcome = run(program)
            said = catch2.console(folder) + outcome.output
            if outcome.exit_code != 0:
                raise PluginExecutionFailed(f"{args.benchmark} {ending(outcome)}", output=said)
            means = catch2.read(folder, None if catch2.seeded(args.args) else seed).benchmarks
        if wrong := broken(means, limits(args.benchmark_values)):
            raise PluginExecutionFailed(f"{args.benchmark}: {wrong[0]}", output="\n".join([said, *wrong]))
        return PluginOutput("\n".join([said, *(f"{name}: {mean:g} s" for name, mean in means.items())]))


def broken(means: dict[str, float], limits: dict[str, float]) -> list[str]:
    """Which limits the benchmarks did not keep, a line each."""
    missing = [f"{name} did not run" for name in limits.keys() - means.keys()] + [f"{name} has no limit" for name in means.keys() - limits.keys()]
    slow = [f"{name} took {means[name]:g} s, more than {limit:g} s" for name, limit in limits.items() if 0 <= limit < means.get(name, 0)]
    fast = [f"{name} took {means[name]:g} s, less than {-limit:g} s" for name, limit in limits.items() if limit < 0 and means.get(name, math.inf) < -limit]
    return sorted(missing) + slow + fast
