"""What the C++ plugins share: targets and their build folders, tools, and what students' programs must not read."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from checker.exceptions import PluginExecutionFailed
from checker.plugins.files import found

DEPTH = 6
"""How deep below a course's root private files are looked for."""


@dataclass(frozen=True)
class Target:
    """What CMake builds, and how."""

    name: str
    build_type: str

    def folder(self, root: Path) -> Path:
        """Where it is built."""
        return root / f"build-{self.build_type.lower()}"


def targets(listed: list[str]) -> list[Target]:
    """The targets of a list of names and build types in turn, as courses write them."""
    if len(listed) % 2:
        raise ValueError("a target and its build type take turns, such as [test_sum, asan, test_sum, tsan]")
    return [Target(name, build_type) for name, build_type in zip(listed[::2], listed[1::2], strict=True)]


def checked(listed: list[str]) -> list[str]:
    """The list, if it is one of targets."""
    targets(listed)
    return listed


def tool(name: str, package: str | None = None) -> str:
    """The program of this name on PATH, else the newest with a version in its name, such as clang-tidy-18."""
    if (path := which(name)) is not None:
        return path
    versions = {int(match[1]): program for program in programs() if (match := re.fullmatch(re.escape(name) + r"-(\d+)", program.name))}
    if not versions:
        raise PluginExecutionFailed(f"{name} is not installed here. On Debian or Ubuntu: apt install {package or name}")
    return str(versions[max(versions)])


def programs() -> Iterator[Path]:
    """Every program on PATH."""
    for folder in os.get_exec_path():
        if os.path.isdir(folder):
            yield from (path for path in Path(folder).iterdir() if os.access(path, os.X_OK))


def private(root: Path) -> list[Path]:
    """What no student's program may read: a task's settings, and whatever has `private` in its name."""
    secrets: list[Path] = []
    for folder, folders, files in os.walk(root):
        secret = [name for name in (*folders, *files) if "private" in name or name.startswith(".task.")]
        secrets += [Path(folder, name) for name in secret]
        deep = len(Path(folder).relative_to(root).parts) + 1 >= DEPTH
        folders[:] = [] if deep else [name for name in folders if name not in secret]
    return secrets


def matching(root: Path, patterns: list[str]) -> list[Path]:
    """The files of a task to look at; fetched dependencies are not its own."""
    return [path for path in found(root, patterns) if "_deps" not in path.parts]
