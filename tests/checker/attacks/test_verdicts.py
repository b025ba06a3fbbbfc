"""Wrong solutions that attack their tests don't pass, and the student is told why."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from checker import provenance
from checker.exceptions import PluginExecutionFailed
from checker.plugins.base import PluginOutput
from checker.plugins.run_pytest import RunPytest
from tests.checker.attacks.attack import Attack
from tests.checker.attacks.on_verdicts import ATTACKS, HELPER
from tests.checker.isolation import require_bubblewrap
from tests.waiting import PATIENCE

TESTS = """
from solution import add

def test_small():
    assert add(1, 1) == 2

def test_negative():
    assert add(-1, -2) == -3

def test_large():
    assert add(10**30, 1) == 10**30 + 1
"""
WRITES = """
from pathlib import Path
import pytest

def test_files_are_written_here_and_beside():
    Path("out.txt").write_text("here")
    Path(__file__).with_name("beside.txt").write_text("beside")
    Path("task/data/out.txt").write_text("in a folder")
    with open("task/notes.txt", "a") as notes:
        notes.write(" and theirs")
    assert Path("task/notes.txt").read_text() == "mine and theirs"

def test_what_is_the_courses_stays():
    with pytest.raises(OSError):
        Path("task/data/in.txt").write_text("x")
    assert Path("out.txt").read_text() == "here"
"""
QUICK = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
"""What this project's tests have installed takes seconds to import."""


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    require_bubblewrap()
    monkeypatch.setenv(QUICK, "1")
    monkeypatch.setenv("REPORT_TOKEN", "a-secret-token")


def hand_in(folder: Path, solution: str, files: Mapping[str, str], course: Mapping[str, str]) -> Path:
    """A tree with the course's tests and what a student handed in; its task's folder."""
    task = folder / "tree" / "task"
    own = {"solution.py": solution, **files}
    for name, text in {**own, "test_solution.py": TESTS, **course}.items():
        file = task / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    provenance.record(task.parent, [Path("task", name) for name in own])
    return task


def grade(task: Path, timeout: float = PATIENCE) -> PluginOutput:
    """Run the stage as a student's CI does."""
    whitelist = ["PATH", QUICK]
    return RunPytest().run({"origin": str(task.parent), "target": task.name, "timeout": timeout, "env_whitelist": whitelist})


def test_a_right_solution_passes_and_tests_may_write_where_they_run(tmp_path: Path) -> None:
    task = hand_in(tmp_path, "def add(a, b):\n    return a + b\n", {"notes.txt": "mine"}, {**HELPER, "data/in.txt": "the course's", "test_files.py": WRITES})
    before = {path: path.read_text() for path in sorted(task.rglob("*")) if path.is_file()}

    output = grade(task)

    assert output.percentage == 1.0
    assert output.output.endswith("6 of 6 tests passed")
    assert {path: path.read_text() for path in sorted(task.rglob("*")) if path.is_file()} == before


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_an_attack_on_the_verdict_fails(attack: Attack, tmp_path: Path) -> None:
    task = hand_in(tmp_path, attack.solution, attack.files, attack.course)

    with pytest.raises(PluginExecutionFailed) as failure:
        grade(task)

    seen = f"{failure.value.message}\n{failure.value.output}"
    assert re.search(attack.sees, seen), seen[:2000]
    assert os.environ["REPORT_TOKEN"] not in seen


def test_what_is_not_private_in_other_tasks_is_there_to_be_read(tmp_path: Path) -> None:
    tests = """
from pathlib import Path
import pytest

def test_other():
    assert Path("other/data.txt").read_text() == "theirs"
    with pytest.raises(PermissionError):
        Path("other/private.txt").read_text()
    with pytest.raises(OSError):
        Path("other/new.txt").touch()
    Path("task/data/new.txt").touch()
    Path("new.txt").touch()
"""
    task = hand_in(tmp_path, "def add(a, b):\n    return a + b\n", {}, {".task.yml": "", "data/in.txt": "", "test_other.py": tests})
    (task.parent / "other").mkdir()
    (task.parent / "other/data.txt").write_text("theirs")
    (task.parent / "other/private.txt").write_text("private")
    provenance.record(task.parent, [Path("task/solution.py")], {Path("task"): [], Path("other"): [Path("other/private.txt")]})

    assert grade(task).output.endswith("4 of 4 tests passed")
