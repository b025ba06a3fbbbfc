"""cpp_clang_tidy: what clang-tidy says of a solution."""

import os
from pathlib import Path

from pydantic import Field

from checker.exceptions import PluginExecutionFailed
from checker.plugins.base import PluginABC, PluginOutput
from checker.plugins.cpp import matching, private, tool
from checker.plugins.environment import cleaned
from checker.plugins.jobs import Program, succeeded


class CppClangTidyPlugin(PluginABC):
    """Runs clang-tidy with the reference's `.clang-tidy`, never a student's own, over the compile commands of the build folder."""

    name = "cpp_clang_tidy"

    class Args(PluginABC.Args):
        reference_root: Path = Field(description="Where the build folder and the course's .clang-tidy are")
        task_path: Path = Field(description="The task's folder")
        lint_patterns: list[str] = Field(description="Glob patterns of its files")
        build_dir: Path = Field(Path("build-asan"), description="The folder of compile_commands.json, from reference_root")
        timeout: float = Field(600, gt=0, description="Seconds")

    def _run(self, args: Args, *, verbose: bool = False) -> PluginOutput:
        files = matching(args.task_path, args.lint_patterns)
        if not files:
            raise PluginExecutionFailed(f"No file of {args.task_path} matches {', '.join(args.lint_patterns)}")
        config = args.reference_root.absolute() / ".clang-tidy"
        options = ["-p", ".", "--use-color", "--quiet", *([f"--config-file={config}"] if config.exists() else [])]
        program = Program(
            [tool("clang-tidy"), *options, *(str(file.absolute()) for file in files)],
            args.reference_root / args.build_dir,
            cleaned(os.environ, None, {}),
            readable=[args.reference_root, args.task_path],
            hidden=private(args.reference_root),
            timeout=args.timeout,
        )
        output = succeeded(program, "clang-tidy")
        return PluginOutput(output if verbose else f"No issues in {len(files)} file{'' if len(files) == 1 else 's'}")
