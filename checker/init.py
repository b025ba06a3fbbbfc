"""`checker init`: a small course to begin with, which is in order as it stands."""

from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

from checker.exceptions import CheckerException

SUFFIX = ".example"
"""What the files of the example end in here, so that nothing takes them for a part of the checker."""
NAMES = {"github_workflows": ".github/workflows"}
DOT = "dot_"
"""What a leading dot is written as: packages leave hidden files out."""


def init(folder: Path, today: date) -> list[PurePosixPath]:
    """Write the example into a folder, with groups that start today; the paths that were written.

    Raises CheckerException, and writes nothing, if one of them is there already.
    """
    texts = {target(path): source.read_text(encoding="utf-8").replace("TODAY", today.isoformat()) for path, source in sources(files("checker") / "example")}
    if taken := [str(path) for path in texts if (folder / path).exists()]:
        raise CheckerException(f"{folder} has {', '.join(taken)} already: take an empty folder")
    for path, text in texts.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return list(texts)


TOP = PurePosixPath()


def sources(folder: Traversable, above: PurePosixPath = TOP) -> Iterator[tuple[PurePosixPath, Traversable]]:
    """Each file of the example with its path there."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from sources(entry, above / entry.name)
        elif entry.name.endswith(SUFFIX):
            yield above / entry.name.removesuffix(SUFFIX), entry


def target(path: PurePosixPath) -> PurePosixPath:
    """Where a file of the example goes."""
    parts = (NAMES.get(part, part) for part in path.parts)
    return PurePosixPath(*("." + part.removeprefix(DOT) if part.startswith(DOT) else part for part in parts))
