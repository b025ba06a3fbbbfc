"""What the checker writes for people: colours and progress on a terminal, plain lines in a CI log."""

import logging
import os
import re
import secrets
import sys
from collections.abc import Mapping

import rich.console
from rich.markup import escape

COLOUR = r"\x1b\[[0-9;]*m"
CONTROL = r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
"""What moves the cursor, clears the log, renames the terminal, or cannot be shown."""
NOT_PRINTABLE = re.compile(f"({COLOUR})|{CONTROL}")


def printable(text: str) -> str:
    """A program's text without what a log could be faked with; colours stay."""
    return NOT_PRINTABLE.sub(lambda found: found[1] or "", text.replace("\r\n", "\n"))


def plain(text: str) -> str:
    """The same without colours."""
    return NOT_PRINTABLE.sub("", text.replace("\r\n", "\n"))


def in_ci(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this is a CI job, whose log nobody watches live."""
    return environment.get("CI", "").lower() in ("true", "1")


class Console:
    """Where the checker writes; one to a process."""

    def __init__(self, *, colour: bool | None = None) -> None:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # A log in ASCII shows a tick as \u2713 instead of ending the run.
                stream.reconfigure(errors="backslashreplace")
        # The logs of both show colours, though they are no terminals.
        ci_colours = any(name in os.environ for name in ("GITLAB_CI", "GITHUB_ACTIONS")) or None
        self._rich = rich.console.Console(force_terminal=ci_colours if colour is None else colour, highlight=False, soft_wrap=True)

    @property
    def colour(self) -> bool:
        """Whether it writes colours."""
        return self._rich.is_terminal

    @property
    def animated(self) -> bool:
        """Whether somebody watches: a real terminal, and no CI job's."""
        return self._rich.file.isatty() and not in_ci()

    @property
    def rich(self) -> rich.console.Console:
        """What progress bars are drawn on."""
        return self._rich

    def line(self, text: str, style: str = "") -> None:
        """A line of the checker's own."""
        self._rich.print(escape(printable(text)), style=style or None)

    def title(self, text: str) -> None:
        """A line that something begins with."""
        self._rich.print()
        self.line(text, "bold")

    def output(self, text: str) -> None:
        """What a stage said, as it said it."""
        if text.strip():
            shown = printable(text).rstrip("\n") + ("\x1b[0m" if self.colour else "") + "\n"
            if "GITHUB_ACTIONS" in os.environ:
                # There a line that begins with two colons is a command to the runner, whoever writes it.
                end = secrets.token_hex(16)
                shown = f"::stop-commands::{end}\n{shown}::{end}::\n"
            self._rich.file.write(shown)
            self._rich.file.flush()

    def warning(self, text: str) -> None:
        """Something odd, and no error."""
        for line in text.splitlines():
            self.line(f"warning: {line}", "yellow")

    def error(self, text: str) -> None:
        """Why the command failed."""
        for line in text.splitlines():
            self.line(f"error: {line}", "bold red")


class ToConsole(logging.Handler):
    """Shows what modules log as warnings."""

    def __init__(self, console: Console) -> None:
        super().__init__(logging.WARNING)
        self._console = console
        self._told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Show it once: a stage's odd argument is found again for each task."""
        text = record.getMessage()
        if text not in self._told:
            self._told.add(text)
            self._console.warning(text)
