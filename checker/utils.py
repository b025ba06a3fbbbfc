"""Where courses' own plugins import print_info from; the checker itself has no use for it."""

import sys
from typing import Any, TextIO

import click

COLOURS = {"red": "red", "green": "green", "blue": "blue", "yellow": "yellow", "orange": "yellow", "white": "white", "grey": "bright_black"}


def print_info(*values: object, color: str | None = None, file: TextIO | None = None, **options: Any) -> None:
    """Print to stderr, or to `file`, on a terminal in a colour; otherwise as `print` does."""
    stream = file or sys.stderr
    colour = COLOURS.get(color or "") if stream.isatty() else None
    print(*(values if colour is None else [click.style(str(value), fg=colour) for value in values]), file=stream, **options)
