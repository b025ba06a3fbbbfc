"""Files that a student may have made: what is in them is untrusted, and so is what they are."""

import os
import stat
from pathlib import Path

from checker.exceptions import PluginExecutionFailed

MIB = 1024 * 1024
LIMIT = 16 * MIB
"""Bytes of a file that are read at most."""


def content(path: Path, limit: int = LIMIT) -> bytes:
    """What is in a student's file.

    A symbolic link could name any file of this machine, and a pipe has no end: both fail the stage, and so does a file over `limit` bytes.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise PluginExecutionFailed(f"There is no file {path.name}") from None
    except OSError as error:
        reason = "it is a symbolic link" if path.is_symlink() else error.strerror
        raise PluginExecutionFailed(f"{path.name} cannot be read: {reason}") from None
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise PluginExecutionFailed(f"{path.name} is no regular file")
        read = file.read(limit + 1)
    if len(read) > limit:
        raise PluginExecutionFailed(f"{path.name} is larger than {limit:,} bytes")
    return read


def text(path: Path, limit: int = LIMIT) -> str:
    """`content` as text, with � for what is no UTF-8."""
    return content(path, limit).decode(errors="replace")


def found(root: Path, patterns: list[str]) -> list[Path]:
    """The files below `root` that match any of the glob patterns, each once, sorted; files that a symbolic link leads out to are none of them."""
    home = root.resolve()
    files = {path for pattern in patterns for path in matches(root, pattern) if path.is_file()}
    return sorted(path for path in files if path.resolve().is_relative_to(home))


def matches(root: Path, pattern: str) -> list[Path]:
    """What a glob pattern finds; one that is none fails the stage."""
    try:
        return list(root.glob(pattern))
    except (ValueError, NotImplementedError) as error:
        raise PluginExecutionFailed(f"{pattern!r} is no pattern of files below {root}: {error}") from None
