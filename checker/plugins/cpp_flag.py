"""cpp_flag: whether a student found a task's secret word."""

import hmac
from pathlib import Path

from pydantic import Field

from checker.exceptions import PluginExecutionFailed
from checker.plugins.base import PluginABC, PluginOutput
from checker.plugins.files import text

FILE = "flag.txt"


class CppFlagPlugin(PluginABC):
    """Compares the first line of the student's `flag.txt` with the flag."""

    name = "cpp_flag"

    class Args(PluginABC.Args):
        task_path: Path = Field(description="The task's folder")
        flag: str | int | None = Field(description="What the first line must be")

    def _run(self, args: Args, *, verbose: bool = False) -> PluginOutput:
        if args.flag is None:
            raise PluginExecutionFailed("The course set no flag for this task")
        lines = text(args.task_path / FILE).splitlines()
        found = lines[0] if lines else ""
        if not hmac.compare_digest(found.encode(), str(args.flag).encode()):
            raise PluginExecutionFailed(f"Wrong flag in {FILE}")
        return PluginOutput("Correct flag")
