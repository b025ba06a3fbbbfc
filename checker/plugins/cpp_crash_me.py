"""cpp_crash_me: whether a student's input makes the course's program crash."""

import os
import tempfile
from pathlib import Path

from pydantic import Field

from checker.exceptions import PluginExecutionFailed
from checker.plugins.base import PluginABC, PluginOutput
from checker.plugins.cpp import private
from checker.plugins.environment import cleaned
from checker.plugins.files import content
from checker.plugins.jobs import Program, ending, repositories, run, succeeded

INPUT = "input.txt"


class CppCrashMePlugin(PluginABC):
    """Compiles the course's program and feeds it the student's `input.txt`: passes if the program does not end with 0.

    One that is stopped by a limit, such as its time, did not crash.
    """

    name = "cpp_crash_me"

    class Args(PluginABC.Args):
        reference_root: Path = Field(description="The course, whose private files the program does not see")
        task_path: Path = Field(description="The task's folder, where both start")
        binary_name: str = Field(pattern=r"^[\w.+-]+$", description="The program's file")
        script: list[str] = Field(min_length=1, description="The command that compiles it; the program's path follows, as in [g++, main.cpp, -o]")
        paths_whitelist: list[str] = Field(default=[], description="What of reference_root compiling may read")
        exec_args: list[str] = Field(default=[], description="Arguments of the program; they are not shown")
        timeout: float = Field(60, gt=0, description="Seconds for compiling, and for running")

    def _run(self, args: Args, *, verbose: bool = False) -> PluginOutput:
        stdin = content(args.task_path / INPUT)
        hidden = [*private(args.reference_root), *repositories(args.reference_root, args.task_path)]
        with tempfile.TemporaryDirectory(prefix="checker-crash-") as name:
            folder = Path(name).resolve()
            binary = folder / args.binary_name
            compiling = Program(
                [*args.script, str(binary)],
                args.task_path,
                cleaned(os.environ, ["PATH"], {}),
                writable=[folder],
                readable=[args.reference_root / path for path in args.paths_whitelist],
                hidden=hidden,
                timeout=args.timeout,
            )
            succeeded(compiling, "Compiling")
            if not binary.is_file() or not os.access(binary, os.X_OK):
                raise PluginExecutionFailed(f"The script made no program {args.binary_name}: a path must be able to follow it, as in [g++, main.cpp, -o]")
            outcome = run(Program([str(binary), *args.exec_args], args.task_path, hidden=hidden, stdin=stdin, timeout=args.timeout))
        if outcome.broken is not None or outcome.exit_code == 0:
            how = "ended with 0" if outcome.exit_code == 0 else ending(outcome)
            raise PluginExecutionFailed(f"The program did not crash: it {how}", output=outcome.output)
        return PluginOutput(f"The program crashed: it {ending(outcome)}\n{outcome.output}")
