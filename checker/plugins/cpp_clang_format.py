"""cpp_clang_format: whether a solution looks as the course wants it to."""

import difflib
from pathlib import Path

from pydantic import Field

from checker.exceptions import PluginExecutionFailed
from checker.plugins.base import PluginABC, PluginOutput
from checker.plugins.cpp import matching, tool
from checker.plugins.files import content
from checker.plugins.jobs import Program, succeeded

SHOWN = 400
"""Lines of differences that are shown."""


class CppClangFormatPlugin(PluginABC):
    """Formats each file by the `.clang-format` of the reference and fails if that changes any.

    The file goes in by stdin under a name in no folder, so that a student's own `.clang-format` and `.clang-format-ignore` are not seen.
    """

    name = "cpp_clang_format"

    class Args(PluginABC.Args):
        reference_root: Path = Field(description="Where the course's .clang-format is; without one, the style is LLVM's")
        task_path: Path = Field(description="The task's folder")
        lint_patterns: list[str] = Field(description="Glob patterns of its files")

    def _run(self, args: Args, *, verbose: bool = False) -> PluginOutput:
        files = matching(args.task_path, args.lint_patterns)
        if not files:
            raise PluginExecutionFailed(f"No file of {args.task_path} matches {', '.join(args.lint_patterns)}")
        program, style = tool("clang-format"), args.reference_root.absolute() / ".clang-format"
        changes = [line for file in files for line in difference(program, style, file, file.relative_to(args.task_path))]
        if changes:
            more = [f"… {len(changes) - SHOWN} more lines"] if len(changes) > SHOWN else []
            raise PluginExecutionFailed("clang-format would change the code", output="\n".join(changes[:SHOWN] + more))
        return PluginOutput(f"{len(files)} file{'' if len(files) == 1 else 's'} formatted as they should be")


def difference(program: str, style: Path, file: Path, name: Path) -> list[str]:
    """What formatting changes in a file, as a unified diff."""
    source = content(file.resolve())
    command = [program, f"--style=file:{style}" if style.exists() else "--style=LLVM", f"--assume-filename=/nowhere/{name}"]
    formatted = succeeded(Program(command, file.parent, readable=[style], stdin=source), f"clang-format of {name}")
    before = source.decode(errors="replace")
    return list(difflib.unified_diff(before.splitlines(), formatted.splitlines(), str(name), f"{name} (formatted)", lineterm=""))
