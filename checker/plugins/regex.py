"""check_regexps: what may not stand in a solution."""

import contextlib
import io
import logging
import re
import signal
import tokenize
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from pydantic import Field, field_validator

from checker.exceptions import PluginExecutionFailed
from checker.plugins.base import PluginABC, PluginOutput
from checker.plugins.files import content, found

log = logging.getLogger(__name__)


class CheckRegexpsPlugin(PluginABC):
    """Fails if any of the files matches any of the regular expressions; `^` and `$` are the ends of lines."""

    name = "check_regexps"

    class Args(PluginABC.Args):
        origin: Path = Field(description="The folder to look in")
        patterns: list[str] = Field(description="Glob patterns of the files to look into")
        regexps: list[str] = Field(description="Python regular expressions, none of which may be found")
        timeout: float = Field(60, gt=0, description="Seconds for all of it: on a text made for it, an expression may try for years")

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
        with within(args.timeout):
            hits = [hit for file in files for hit in forbidden(file, file.relative_to(args.origin), args.regexps)]
        if hits:
            raise PluginExecutionFailed(f"Forbidden: {hits[0]}", output="\n".join(hits))
        return PluginOutput(f"No forbidden regexps found in {len(files)} file{'' if len(files) == 1 else 's'}")


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail the stage if this takes longer. Python's search for an expression looks at signals meanwhile; stages run in their process's main thread."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise PluginExecutionFailed(f"The search took more than {seconds:g} s. Is a line of the files made to take long?")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def forbidden(file: Path, name: Path, regexps: list[str]) -> list[str]:
    """One line for each regular expression that the file matches, with where it does first."""
    readings = readings_of(content(file.resolve()))
    hits = [(regexp, reading, match) for regexp in regexps for reading in readings if (match := re.search(regexp, reading, re.MULTILINE))]
    lines = {regexp: reading.count("\n", 0, match.start()) + 1 for regexp, reading, match in reversed(hits)}
    return [f"{name}:{lines[regexp]} matches {regexp!r}" for regexp in regexps if regexp in lines]


def readings_of(data: bytes) -> list[str]:
    """A file as the ways that its text can be read: as UTF-8, in the encoding that it names as Python's files do, and with names as Python takes them."""
    encodings = ["utf-8"]
    with contextlib.suppress(SyntaxError, UnicodeDecodeError):
        encodings.append(tokenize.detect_encoding(io.BytesIO(data).readline)[0])
    texts = [data.decode(encoding, errors="replace") for encoding in encodings]
    # Python takes other letters for those that they are variants of.
    return list(dict.fromkeys([*texts, *(unicodedata.normalize("NFKC", text) for text in texts)]))
