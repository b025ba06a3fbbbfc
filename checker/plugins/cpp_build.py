"""cpp_build: compile targets with CMake and Ninja."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from checker.exceptions import PluginExecutionFailed
from checker.plugins.base import PluginABC, PluginOutput
from checker.plugins.cpp import Target, checked, targets, tool
from checker.plugins.environment import cleaned
from checker.plugins.jobs import Program, succeeded

BENCHMARKED = "RelWithDebInfo"
"""How benchmarks are built."""


class CppBuildPlugin(PluginABC):
    """Builds each target in `build-<build type>` below the root, which CMake configures first if nobody has."""

    name = "cpp_build"

    class Args(PluginABC.Args):
        root: Path = Field(description="Where the course's CMakeLists.txt is")
        tests: Annotated[list[str], AfterValidator(checked)] = Field(description="Targets and build types in turn: [test_sum, asan, test_sum, tsan]")
        benchmark: str | None = Field(None, description="A target that is built as RelWithDebInfo")
        timeout: float = Field(600, gt=0, description="Seconds for each target")
        lock_network: bool = Field(True, description="Whether CMake has no network when it configures; FetchContent needs one")

    def _run(self, args: Args, *, verbose: bool = False) -> PluginOutput:
        wanted = targets(args.tests) + ([Target(args.benchmark, BENCHMARKED)] if args.benchmark else [])
        if not wanted:
            raise PluginExecutionFailed("There is nothing to build: tests is empty, and there is no benchmark")
        built = []
        for target in wanted:
            folder = target.folder(args.root)
            command = [tool("ninja", "ninja-build"), *(["-v"] if verbose else []), target.name]
            with prepared(folder, args.root):
                configure(target, args)
                output = succeeded(compiling(command, folder, args), f"Building {target.name} ({target.build_type})")
            built.append(f"Built {target.name} ({target.build_type})\n{output if verbose else ''}")
        return PluginOutput("".join(built))


@contextlib.contextmanager
def prepared(folder: Path, root: Path) -> Iterator[None]:
    """A build folder for one task at a time: Ninja spoils one that two of it write to, and all tasks share theirs."""
    if not folder.is_dir():
        if not (root / "CMakeLists.txt").exists():
            raise PluginExecutionFailed(f"Neither {folder} nor a CMakeLists.txt to make it with is in {root}")
        folder.mkdir(exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def configure(target: Target, args: CppBuildPlugin.Args) -> None:
    """Let CMake write what Ninja needs into the build folder, unless it is there."""
    folder = target.folder(args.root)
    if (folder / "build.ninja").exists():
        return
    command = [tool("cmake"), "-S", str(args.root.absolute()), "-B", str(folder.absolute()), "-G", "Ninja", f"-DCMAKE_BUILD_TYPE={target.build_type}"]
    succeeded(compiling(command, folder, args, network=not args.lock_network), f"Configuring {target.build_type}")


def compiling(command: list[str], folder: Path, args: CppBuildPlugin.Args, network: bool = False) -> Program:
    """A compiler's run: it reads the whole course, private tests among it, for it compiles those, and writes to its folder alone."""
    environment = cleaned(os.environ, None, {"CLICOLOR_FORCE": "1"})
    return Program(command, folder, environment, writable=[folder], readable=[args.root], network=network, timeout=args.timeout)
