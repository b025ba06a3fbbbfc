"""copy_files: from one folder into another."""

import shutil
from pathlib import Path, PurePath

from pydantic import Field, field_validator

from checker.exceptions import PluginExecutionFailed
from checker.plugins import folders
from checker.plugins.base import PluginABC, PluginOutput
from checker.plugins.files import matches
from checker.provenance import assign, tree_of


class CopyFilesPlugin(PluginABC):
    """Copies what matches the patterns, folders with all that is in them, and keeps the paths.

    The source may be a student's, and so may be what lies in the target already: a symbolic link that leads out of either would read or write any
    file of this machine. So links are followed to files of the source alone, and the output names what is left out.
    """

    name = "copy_files"

    class Args(PluginABC.Args):
        source_dir: Path = Field(description="Where from")
        target_dir: Path = Field(description="Where to; made if it is not there")
        patterns: list[str] = Field(description="Glob patterns of files and folders to copy")
        ignore_patterns: list[str] = Field(default=[], description="Glob patterns of what not to copy, at any depth")

        @field_validator("patterns", "ignore_patterns", mode="before")
        @classmethod
        def listed(cls, patterns: object) -> object:
            """A lone pattern is a list of one."""
            return [patterns] if isinstance(patterns, str) else patterns

    def _run(self, args: Args, *, verbose: bool = False) -> PluginOutput:
        source, target = args.source_dir, args.target_dir
        if not source.is_dir():
            raise PluginExecutionFailed(f"There is no folder {source} to copy from")
        target.mkdir(parents=True, exist_ok=True)
        names = sorted({name for pattern in args.patterns for entry in matches(source, pattern) for name in files_of(entry, source)})
        wanted = [name for name in names if not ignored(name, args.ignore_patterns)]
        obstacles = {name: obstacle for name in wanted if (obstacle := obstacle_of(name, source, target))}
        for name in wanted:
            if name not in obstacles:
                copy(source / name, target / name)
                assign([target / name], students=is_students(source / name))
        copied = [str(name) for name in wanted if name not in obstacles]
        lines = [f"{len(copied)} file{'' if len(copied) == 1 else 's'} copied", *(copied if verbose else ())]
        return PluginOutput("\n".join([*lines, *(f"Not copied: {name} {obstacle}" for name, obstacle in obstacles.items())]))


def is_students(path: Path) -> bool:
    """Whether a file is the student's: out of the student's repository, or of those of the tested tree that are."""
    real, run_folders = path.resolve(), folders.current()
    if run_folders is not None and real.is_relative_to(run_folders.reference.resolve()):
        return False
    out_of_repository = run_folders is not None and real.is_relative_to(run_folders.repository.resolve())
    return out_of_repository or real in tree_of(real.parent).students


def files_of(entry: Path, source: Path) -> list[Path]:
    """The file, or the files in the folder, by their paths from the source."""
    inside = [entry] if not entry.is_dir() or entry.is_symlink() else [path for path in entry.rglob("*") if path.is_symlink() or not path.is_dir()]
    return [path.relative_to(source) for path in inside]


def ignored(name: PurePath, patterns: list[str]) -> bool:
    """Whether a pattern matches the file or a folder that it lies in."""
    bare = [pattern.strip("/").removeprefix("**/").removesuffix("/**") for pattern in patterns]
    return any(part.match(pattern) for part in (name, *name.parents) if part.name for pattern in bare)


def obstacle_of(name: Path, source: Path, target: Path) -> str | None:
    """Why a file may not be copied."""
    origin = (source / name).resolve()
    if not origin.is_relative_to(source.resolve()):
        return f"is a symbolic link out of {source}"
    if not origin.is_file():
        return "is no regular file"
    if not (target / name).parent.resolve().is_relative_to(target.resolve()):
        return f"would go through a symbolic link out of {target}"
    if blocking := next((parent for parent in name.parents if (target / parent).exists() and not (target / parent).is_dir()), None):
        return f"would lie in {blocking}, which is a file in {target}"
    return None


def copy(origin: Path, destination: Path) -> None:
    """Copy a file in the place of what is there, unless that is the file itself."""
    if origin.resolve() == destination.resolve():
        return
    destination.parent.mkdir(parents=True, exist_ok=True)
    if destination.is_symlink() or destination.exists():
        remove(destination)
    shutil.copy(origin, destination)


def remove(path: Path) -> None:
    """Make room for a file."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
