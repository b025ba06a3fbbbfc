"""check_regexps: what may not stand in a solution."""

import logging
import re
from pathlib import Path

from pydantic import Field, field_validator

from checker.exceptions import PluginExecutionFailed
from checker.plugins.base import PluginABC, PluginOutput
from checker.plugins.files import found, text

log = logging.getLogger(__name__)


class CheckRegexpsPlugin(PluginABC):
    """Fails if any of the files matches any of the regular expressions; `^` and `$` are the ends of lines."""

    name = "check_regexps"

    class Args(PluginABC.Args):
        origin: Path = Field(description="The folder to look in")
        patterns: list[str] = Field(description="Glob patterns of the files to look into")
        regexps: list[str] = Field(description="Python regular expressions, none of which may be found")

        @field_validator("regexps")
        @classmethod
        def compile(cls, regexps: list[str]) -> list[str]:
            """Refuse what is no regular expression."""
            for regexp in regexps:
                try:
                    re.compile(regexp)
                except re.error as error:
                    raise ValueError(f"{regexp!r} is no regular expression: {error}") from None
            return regexps

    def _run(self, args: Args, *, verbose: bool = False) -> PluginOutput:
        if not args.origin.is_dir():
            raise PluginExecutionFailed(f"There is no folder {args.origin} to look for regular expressions in")
        files = found(args.origin, args.patterns)
        if not files:
            log.warning("check_regexps: no file of %s matches %s", args.origin, ", ".join(args.patterns))
        hits = [hit for file in files for hit in forbidden(file, file.relative_to(args.origin), args.regexps)]
        if hits:
            raise PluginExecutionFailed(f"Forbidden: {hits[0]}", output="\n".join(hits))
        return PluginOutput(f"No forbidden regexps found in {len(files)} file{'' if len(files) == 1 else 's'}")


def forbidden(file: Path, name: Path, regexps: list[str]) -> list[str]:
    """One line for each regular expression that the file matches, with where it does first."""
    content = text(file.resolve())
    found = [(regexp, match) for regexp in regexps if (match := re.search(regexp, content, re.MULTILINE))]
    return [f"{name}:{content.count(chr(10), 0, match.start()) + 1} matches {regexp!r}" for regexp, match in found]
