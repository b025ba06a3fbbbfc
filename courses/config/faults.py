"""What is wrong in a config, each fault with its place, all of them at once."""

from collections.abc import Iterable
from dataclasses import dataclass

MOST_FAULTS = 100
"""More than this many are not listed: nobody reads them, and the first ones usually cause the rest."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A fault on a `line` (from 1), at a `path` such as `deadlines.schedule[3].steps` (lists count from 0); the text says what was found and expected."""

    line: int
    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}. Line {self.line}."


class ConfigFaults(Exception):  # noqa: N818  # It carries many.
    """A config that cannot be loaded; as text, its faults one a line, in the order of the file."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        more = len(self.faults) - MOST_FAULTS
        lines = [str(fault) for fault in self.faults[:MOST_FAULTS]]
        super().__init__("\n".join([*lines, f"… and {more} more."] if more > 0 else lines))


def whole_file(text: str, line: int = 1) -> ConfigFaults:
    """The one fault of a file that cannot be read at all."""
    return ConfigFaults([Fault(line, "the file", text)])
