"""What a path is by the course's patterns."""

from pathlib import PurePosixPath

import pytest

from checker.config.checker import Structure
from checker.structure import Kind, Patterns

PATTERNS = Patterns(ignored=("*.pyc", "build"), public=("test_public.py", "tools", ".gitignore", "data/*.txt"), private=(".*", "test_*", "private", "secret*"))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("solution.py", Kind.OTHER),
        ("a/b/solution.py", Kind.OTHER),
        ("test_public.py", Kind.PUBLIC),
        ("a/test_public.py", Kind.PUBLIC),
        ("a/test_more.py", Kind.PRIVATE),
        (".gitignore", Kind.PUBLIC),
        (".task.yml", Kind.PRIVATE),
        ("a/b.pyc", Kind.IGNORED),
        ("build/test_public.py", Kind.IGNORED),
        (".git/config", Kind.IGNORED),
        ("a/.git", Kind.IGNORED),
        ("tools/run.sh", Kind.PUBLIC),
        ("tools/deep/run.sh", Kind.PUBLIC),
        ("tools/secret.txt", Kind.PRIVATE),
        ("tools/test_public.py", Kind.PUBLIC),
        ("private/a.py", Kind.PRIVATE),
        ("private/test_public.py", Kind.PRIVATE),
        ("private/tools/run.sh", Kind.PRIVATE),
        ("data/a.txt", Kind.PUBLIC),
        ("a/data/a.txt", Kind.PUBLIC),
        ("data/a/b.txt", Kind.OTHER),
    ],
)
def test_ignored_beats_public_beats_private_and_nothing_private_becomes_public_by_where_it_lies(path: str, kind: Kind) -> None:
    found = Kind.OTHER
    for depth in range(1, len(PurePosixPath(path).parts) + 1):
        found = PATTERNS.kind(PurePosixPath(*PurePosixPath(path).parts[:depth]), found)

    assert found is kind


def test_a_folders_own_list_takes_the_place_of_the_one_above() -> None:
    below = PATTERNS.below(Structure(public_patterns=["mine"], ignore_patterns=[]))

    assert below == Patterns(ignored=(), public=("mine",), private=PATTERNS.private)
