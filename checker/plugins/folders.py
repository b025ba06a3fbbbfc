"""The folders of a run, for plugins: what their programs may read, and what is not theirs to write."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Folders:
    """Where a run's files lie; `global.ref_dir`, `global.repo_dir` and `global.temp_dir` in expressions."""

    reference: Path
    repository: Path
    temporary: Path
    packages: Path | None = None
    """Where what stages install is kept for the run."""

    def kept(self, path: Path) -> bool:
        """Whether the path is the course's or the student's own, which no program may change."""
        real = path.resolve()
        inside = real.is_relative_to(self.reference.resolve()) or real.is_relative_to(self.repository.resolve())
        return inside and not real.is_relative_to(self.temporary.resolve())


_current: Folders | None = None


def current() -> Folders | None:
    """The folders of the run that this process does; None outside one."""
    return _current


@contextlib.contextmanager
def running(folders: Folders) -> Iterator[None]:
    """A run with these folders; processes forked meanwhile have them, too."""
    global _current
    before, _current = _current, folders
    try:
        yield
    finally:
        _current = before
