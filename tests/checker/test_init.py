"""`checker init`: a small course that is in order as it stands."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from checker.init import init
from tests.checker.courses import checker

BEGAN = datetime.now(UTC) - timedelta(days=20)

needs_tools = pytest.mark.skipif(not (shutil.which("bwrap") and shutil.which("g++")), reason="needs bwrap and g++; Debian, Ubuntu: apt install bubblewrap g++")


def make_example(folder: Path) -> Path:
    """The example of a course that began twenty days ago."""
    init(folder, BEGAN.date())
    return folder


def test_a_new_course_is_in_order_and_no_file_is_written_over(tmp_path: Path) -> None:
    assert checker("init", tmp_path / "course").exit_code == 0
    (tmp_path / "course/README.md").write_text("mine")

    valid, again = checker("validate", tmp_path / "course"), checker("init", tmp_path / "course")

    assert valid.exit_code == 0
    assert "Not set here, so the stages that use them could not be checked to the end: REPORT_URL, TESTER_TOKEN" in valid.output
    assert valid.output.count("warning") == 1
    assert again.exit_code == 1
    assert (tmp_path / "course/README.md").read_text() == "mine"


@needs_tools
def test_the_solutions_of_a_new_course_pass_and_its_starters_fail(tmp_path: Path) -> None:
    course = make_example(tmp_path / "course")
    checker("export", course, tmp_path / "fork")

    solutions, starters = checker("check", course, "-p"), checker("check", tmp_path / "fork", course)

    assert "3 of 3 tasks passed" in solutions.output
    assert "warning" not in solutions.output
    assert solutions.exit_code == 0
    assert "0 of 3 tasks passed" in starters.output
    (tmp_path / "fork/programs/fibonacci/solution.cpp").write_text('#include "test_private.py"\n')
    assert "test_private.py: Permission denied" in checker("check", tmp_path / "fork", course, "-t", "fibonacci").output
    assert not {path.name for path in (tmp_path / "fork").rglob("*")} & {
        "test_private.py",
        ".task.yml",
        ".checker.yml",
        ".manytask.yml",
        "course.yml",
        "Dockerfile",
    }
