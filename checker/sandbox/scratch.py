"""Copies of folders for a job to write to, and whether it left alone in them what it should."""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from checker.sandbox.base import MIB, Job
from checker.sandbox.users import hand_over

LARGE = 8 * MIB
"""Bytes; a larger file is not copied, and only there to be read."""
WHOLE = (".git", "node_modules")
"""So are folders of these names, and environments of Python: many files that no test writes to."""


class Scratch:
    """The copies of a job's folders."""

    def __init__(self, withdrawable: Mapping[Path, bytes] | None = None) -> None:
        self._instead = withdrawable or {}
        self.sources: dict[str, str] = {}
        """Where to mount, to be written to, what. Folders that hold what must stay are mounts by themselves: nobody can move a mount away."""
        self.originals: list[Path] = []
        """What is not copied, and read where it is."""
        self.places: list[Path] = []
        self._kept: dict[Path, Path] = {}
        self._marks: dict[Path, tuple[int, int] | None] = {}

    def copy(self, folder: Path, place: Path, may_change: Collection[Path], readable: Collection[Path] = ()) -> None:
        """Copy a folder; folders in it that are `readable` by themselves are not copied."""
        self.places.append(place)
        self.sources[str(folder)] = str(place)
        for above, names, files in os.walk(folder):
            here = place / os.path.relpath(above, folder)
            here.mkdir(exist_ok=True)
            for whole in [name for name in names if is_whole(Path(above, name)) or Path(above, name) in readable]:
                names.remove(whole)
                (here / whole).mkdir()
                self.originals.append(Path(above, whole))
            links = [name for name in names if os.path.islink(os.path.join(above, name))]
            kept = [name for name in files if self.copy_file(Path(above, name), here / name, may_change)]
            for name in links:
                os.symlink(os.readlink(os.path.join(above, name)), here / name)
            if kept:
                self.pin(Path(above), folder, place)

    def copy_file(self, file: Path, target: Path, may_change: Collection[Path]) -> bool:
        """Copy a file, or a link as a link; whether it must stay as it is. What is neither is left out."""
        status = file.lstat()
        if stat.S_ISLNK(status.st_mode):
            os.symlink(os.readlink(file), target)
        elif not stat.S_ISREG(status.st_mode):
            return False
        elif status.st_size > LARGE:
            target.touch()
            self.originals.append(file)
        else:
            shutil.copyfile(file, target)
            # Written to through memory, a file need not show it; so that must not begin without a change of its mode, which shows.
            mode = stat.S_IMODE(status.st_mode)
            target.chmod(mode | 0o600 if file in may_change else mode & ~0o222)
        if file in may_change:
            return False
        self._kept[file] = target
        return True

    def pin(self, above: Path, folder: Path, place: Path) -> None:
        """Make mounts of a folder and of those above it."""
        for one in (above, *above.parents):
            if str(one) in self.sources:
                break
            self.sources[str(one)] = str(place / one.relative_to(folder))

    def mark(self) -> None:
        """Note what the files are like now, before the job runs."""
        self._marks = {file: mark_of(target) for file, target in self._kept.items()}

    def withdraw(self, file: Path) -> None:
        """Put something else in the place of a file's content, for whoever has it open, too; not of one that was changed, which counts more. Raises OSError."""
        if file not in self._instead or file not in self._marks:
            return
        descriptor = os.open(self._kept[file], os.O_RDONLY | os.O_NOFOLLOW)
        try:
            status = os.fstat(descriptor)
            if (status.st_ino, status.st_ctime_ns) == self._marks[file]:
                os.fchmod(descriptor, 0o600)
                Path(f"/proc/self/fd/{descriptor}").write_bytes(self._instead[file])
                os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
                self._marks[file] = mark_of(self._kept[file])
        finally:
            os.close(descriptor)

    def changed(self) -> list[Path]:
        """The files that must stay and are no longer what they were, or where."""
        return sorted(file for file, mark in self._marks.items() if mark_of(self._kept[file]) != mark)


def is_whole(folder: Path) -> bool:
    """Whether a folder is one that nobody writes to."""
    return folder.name in WHOLE or os.path.exists(folder / "pyvenv.cfg")


def mark_of(file: Path) -> tuple[int, int] | None:
    """What is another after whatever is done to a file, even if it is undone: the kernel sets the time of a change, and nobody else can."""
    try:
        status = file.lstat()
    except OSError:
        return None
    return status.st_ino, status.st_ctime_ns


@contextlib.contextmanager
def scratch_of(job: Job, user: int | None) -> Iterator[Scratch]:
    """The copies for a job that runs as `user`; gone afterwards."""
    scratch = Scratch(job.withdrawable)
    if not job.scratch:
        yield scratch
        return
    with tempfile.TemporaryDirectory(prefix="checker-scratch-", ignore_cleanup_errors=True) as place:
        for number, (folder, may_change) in enumerate(job.scratch.items()):
            scratch.copy(folder, Path(place, str(number)), may_change, job.readable)
        if user is not None:
            hand_over(scratch.places, user)
        scratch.mark()
        yield scratch


def watched(folders: Mapping[Path, Collection[Path]]) -> Scratch:
    """The folders themselves, for who can't put copies in their place."""
    scratch = Scratch()
    for folder, may_change in folders.items():
        files = (Path(above, name) for above, _, names in os.walk(folder) for name in names)
        scratch._kept |= {file: file for file in files if file not in may_change}
    scratch.mark()
    return scratch
