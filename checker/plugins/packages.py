"""Python packages that a run's stages install: into an environment of the run's own, gone afterwards, so that nothing installed changes the machine."""

import fcntl
import os
import re
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from checker.plugins import folders
from checker.provenance import tree_of

INSTALLS = re.compile(r"(\bpip[\d.]*|\buv|\bpoetry|\bpdm|\bflit|setup\.py)['\"]?\s(.*\s)?['\"]?(install|develop|sync|add)\b")
"""What a command that installs Python packages looks like."""
DESCRIPTIONS = re.compile(
    r"setup\.(py|cfg)|pyproject\.toml|Pipfile.*|(.*requirements|constraints).*\.(txt|in)|.*\.(whl|tar\.gz|zip)|(uv|poetry|pdm)\.(lock|toml)"
)
"""What says what is installed, or is."""
VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
STUDENTS = "students"
"""A file that says that a student's own files had a say in what is installed."""


@dataclass(frozen=True)
class Packages:
    """An environment below the checker's own: what that has is there, too.

    Its Python comes first on PATH, and what else was installed last, so that nothing that a student installs stands in a linter's place.
    """

    root: Path

    @property
    def site(self) -> Path:
        """Where packages lie."""
        return self.root / "lib" / VERSION / "site-packages"

    @property
    def programs(self) -> Path:
        """Where their commands lie."""
        return self.root / "bin"

    @property
    def are_the_courses(self) -> bool:
        """Whether all that is installed is what the course's files say."""
        return not (self.root / STUDENTS).exists()

    def path(self, path: str) -> str:
        """PATH with the environment in it."""
        return os.pathsep.join([str(self.root / "first"), path, str(self.programs)])

    def make(self) -> None:
        """Write what makes a folder an environment, unless somebody did."""
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if not (self.root / "pyvenv.cfg").exists():
                self.write()
        finally:
            os.close(descriptor)

    def write(self) -> None:
        """The environment's own files."""
        python = Path(sys.base_prefix, "bin", VERSION)
        first = self.root / "first"
        for folder in (self.site, self.programs, first):
            folder.mkdir(parents=True)
        for name in ("python", "python3", VERSION):
            for folder in (first, self.programs):
                (folder / name).symlink_to(python)
        for name in ("pip", "pip3"):
            (first / name).write_text(f'#!/bin/sh\nexec "{first}/python" -m pip "$@"\n')
            (first / name).chmod(0o755)
        above = [sysconfig.get_path(kind) for kind in ("purelib", "platlib")]
        (self.site / "checker.pth").write_text("".join(f"import site; site.addsitedir({folder!r})\n" for folder in dict.fromkeys(above)))
        (self.root / "pyvenv.cfg").write_text(
            f"home = {python.parent}\ninclude-system-site-packages = true\nversion = {'.'.join(map(str, sys.version_info[:3]))}\n"
        )


def installing(command: str | Sequence[str], origin: Path) -> Packages | None:
    """The run's environment, made if need be, for a command that installs something; None for any other, and outside a run."""
    run_folders = folders.current()
    text = command if isinstance(command, str) else " ".join(command)
    if run_folders is None or run_folders.packages is None or not INSTALLS.search(text):
        return None
    packages = Packages(run_folders.packages)
    packages.make()
    tree = tree_of(origin)
    named = {Path(word).name for word in text.split()}
    if tree.root != run_folders.temporary.resolve() or any(DESCRIPTIONS.fullmatch(file.name) or file.name in named for file in tree.students):
        (packages.root / STUDENTS).touch()
    return packages


def installed() -> Packages | None:
    """The run's environment, if a stage installed something."""
    run_folders = folders.current()
    if run_folders is None or run_folders.packages is None or not (run_folders.packages / "pyvenv.cfg").exists():
        return None
    return Packages(run_folders.packages)
