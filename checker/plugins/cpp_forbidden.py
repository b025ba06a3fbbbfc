"""cpp_forbidden: functions, types and headers that a solution may not use, by a course's own checker of them."""

import os
import shutil
from pathlib import Path

from pydantic import Field, field_validator

from checker.exceptions import PluginExecutionFailed
from checker.plugins.base import PluginABC, PluginOutput
from checker.plugins.cpp import matching, private
from checker.plugins.environment import cleaned
from checker.plugins.jobs import Program, succeeded


class CppForbiddenPlugin(PluginABC):
    """Runs `forbidden_checker -p . -f <forbidden>… -ff <forbidden file>… <files>` in the build folder; it fails unless that ends with 0."""

    name = "cpp_forbidden"

    class Args(PluginABC.Args):
        reference_root: Path = Field(description="Where the build folder is")
        task_path: Path = Field(description="The task's folder")
        allow_change: list[str] = Field(description="Glob patterns of what students write")
        white_list: list[str] = Field(default=[], description="Glob patterns of what of it is not checked")
        lint_patterns: list[str] = Field(default=["**/*"], description="Glob patterns of what of it is C++")
        forbidden: list[str] = Field(default=[], description="Names that are forbidden")
        forbidden_files: list[str] = Field(default=[], description="Headers that are forbidden")
        forbidden_checker: str = Field(min_length=1, description="The program: a path, or a name on PATH")
        build_dir: Path = Field(Path("build-relwithdebinfo"), description="The folder of compile_commands.json, from reference_root")
        timeout: float = Field(600, gt=0, description="Seconds")

        @field_validator("allow_change", "white_list", "lint_patterns", mode="before")
        @classmethod
        def listed(cls, patterns: object) -> object:
            """A lone pattern is a list of one."""
            return [patterns] if isinstance(patterns, str) else patterns

    def _run(self, args: Args, *, verbose: bool = False) -> PluginOutput:
        if not args.forbidden and not args.forbidden_files:
            return PluginOutput("Nothing is forbidden")
        written = set(matching(args.task_path, args.allow_change)) & set(matching(args.task_path, args.lint_patterns))
        files = sorted(written - set(matching(args.task_path, args.white_list)))
        if not files:
            raise PluginExecutionFailed(f"There is nothing to check: no file of {args.task_path} matches {', '.join(args.allow_change)}")
        checker = shutil.which(args.forbidden_checker)
        if checker is None:
            raise PluginExecutionFailed(f"The program {args.forbidden_checker} is not here, or may not be run")
        names = [part for name in args.forbidden for part in ("-f", name)] + [part for name in args.forbidden_files for part in ("-ff", name)]
        program = Program(
            [os.path.abspath(checker), "-p", ".", *names, *(str(file.absolute()) for file in files)],
            args.reference_root / args.build_dir,
            cleaned(os.environ, None, {}),
            readable=[args.reference_root, args.task_path],
            hidden=private(args.reference_root),
            timeout=args.timeout,
        )
        output = succeeded(program, "The check for what is forbidden")
        return PluginOutput(output if verbose else f"Nothing forbidden in {len(files)} file{'' if len(files) == 1 else 's'}")
