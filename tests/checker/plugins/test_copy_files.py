"""copy_files: what is copied, and that no link leads out."""

import os
from pathlib import Path

import pytest

from checker.exceptions import PluginExecutionFailed
from checker.plugins.copy_files import CopyFilesPlugin


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A student's folder."""
    for name in ("a.py", "a.pyc", "README.md", "src/b.py", "src/deep/c.py", "src/deep/c.pyc", "build/x.py"):
        file = tmp_path / "source" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return tmp_path / "source"


def copied(source: Path, target: Path, patterns: list[str] | str, ignored: list[str] | str = "nothing") -> tuple[list[str], str]:
    """The files that are in the target afterwards, and what the stage said."""
    output = CopyFilesPlugin().run({"source_dir": source, "target_dir": target, "patterns": patterns, "ignore_patterns": ignored}).output
    return sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()), output


@pytest.mark.parametrize(
    ("patterns", "ignored", "names"),
    [
        (["*.py"], [], ["a.py"]),
        ("a.*", "*.pyc", ["a.py"]),
        (["**/*.py"], [], ["a.py", "build/x.py", "src/b.py", "src/deep/c.py"]),
        (["src"], ["*.pyc"], ["src/b.py", "src/deep/c.py"]),
        (["*"], ["**/*.pyc", "build/", "deep"], ["README.md", "a.py", "src/b.py"]),
        (["src/*/c.py"], [], ["src/deep/c.py"]),
        (["nothing"], [], []),
    ],
)
def test_what_matches_is_copied_with_its_path(source: Path, tmp_path: Path, patterns: list[str] | str, ignored: list[str] | str, names: list[str]) -> None:
    assert copied(source, tmp_path / "new/target", patterns, ignored) == (names, f"{len(names)} file{'' if len(names) == 1 else 's'} copied")


def test_what_is_there_is_overwritten_and_the_rest_stays(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    for name in ("a.py/was_a_folder", "src/deep/other.py"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text("old")

    assert copied(source, target, ["a.py", "src/deep/c.py"])[0] == ["a.py", "src/deep/c.py", "src/deep/other.py"]
    assert (target / "a.py").read_text() == "a.py"


def test_a_folder_onto_itself_changes_nothing(source: Path) -> None:
    assert "a.py" in copied(source, source, ["a.py"])[0]
    assert (source / "a.py").read_text() == "a.py"


def test_links_out_of_the_source_and_what_is_no_file_are_left_out_and_named(source: Path, tmp_path: Path) -> None:
    secret = tmp_path / "private_test.py"
    secret.write_text("secret")
    (source / "stolen.py").symlink_to(secret)
    (source / "all").symlink_to(tmp_path)
    (source / "src/inside.py").symlink_to("b.py")
    os.mkfifo(source / "pipe.py")

    names, output = copied(source, tmp_path / "target", ["*.py", "all", "src/*.py"])

    assert names == ["a.py", "src/b.py", "src/inside.py"]
    assert not (tmp_path / "target/src/inside.py").is_symlink()
    assert output.splitlines() == [
        "3 files copied",
        f"Not copied: all is a symbolic link out of {source}",
        "Not copied: pipe.py is no regular file",
        f"Not copied: stolen.py is a symbolic link out of {source}",
    ]


def test_nothing_is_written_through_a_link_that_lies_in_the_target(source: Path, tmp_path: Path) -> None:
    reference, target = tmp_path / "reference", tmp_path / "target"
    for folder in (reference, target):
        folder.mkdir()
    (reference / "a.py").write_text("the reference's")
    (target / "src").symlink_to(reference)
    (target / "a.py").symlink_to(reference / "a.py")
    (target / "build").write_text("in the way")

    _, output = copied(source, target, ["a.py", "src/b.py", "build"])

    assert (reference / "a.py").read_text() == "the reference's"
    assert sorted(reference.iterdir()) == [reference / "a.py"]
    assert (target / "a.py").read_text() == "a.py"
    assert "Not copied: src/b.py would go through a symbolic link" in output
    assert "Not copied: build/x.py would lie in build, which is a file" in output


def test_a_source_that_is_not_there_fails_the_stage(tmp_path: Path) -> None:
    with pytest.raises(PluginExecutionFailed, match="There is no folder"):
        copied(tmp_path / "gone", tmp_path / "target", ["*"])
