"""Where the course lies among programs, such as /opt, a student's program still sees nothing of it."""

from pathlib import Path

import pytest

from checker import provenance
from checker.exceptions import PluginExecutionFailed
from checker.plugins import folders
from checker.plugins.folders import Folders
from checker.plugins.run_pytest import RunPytest
from checker.sandbox import view
from tests.checker.attacks.test_verdicts import QUICK
from tests.checker.courses import checker, make_course, with_tasks_pipeline
from tests.checker.isolation import require_bubblewrap
from tests.waiting import PATIENCE

READS = """
from pathlib import Path

def seen():
    return ["SECRET" in path.read_text() for path in map(Path, PATHS) if path.is_file()]
"""
TESTS = "from solution import seen\n\ndef test_seen():\n    assert seen() == 'shown'\n"


@pytest.mark.parametrize("apart", [False, True], ids=["beside its tests", "apart"])
def test_the_course_is_not_to_be_read(apart: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apart, nor are the tests of other tasks."""
    require_bubblewrap()
    monkeypatch.setenv(QUICK, "1")
    monkeypatch.setattr(view, "SYSTEM", (*view.SYSTEM, str(tmp_path / "opt")))
    course, tree = tmp_path / "opt/course", tmp_path / "tree"
    secrets = [course / "task/test_private.py", course / "data.txt", *([tree / "other/test_private.py"] if apart else [])]
    for path in secrets:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("'SECRET'\n")
    (tree / "task").mkdir(parents=True)
    (tree / "task/solution.py").write_text(READS.replace("PATHS", repr([*map(str, secrets), "/etc/passwd"])))
    (tree / "task/test_solution.py").write_text(TESTS)
    provenance.record(tree, [Path("task/solution.py")])
    args = {"origin": str(tree / "task"), "target": ".", "timeout": PATIENCE, "env_whitelist": ["PATH", QUICK], "apart": ["solution"] if apart else []}

    with folders.running(Folders(course, tmp_path / "fork", tree)), pytest.raises(PluginExecutionFailed) as failure:
        RunPytest().run(args)

    assert "assert [False] == 'shown'" in failure.value.output


NEEDS = """
from pathlib import Path
from solution import seen

def test_seen():
    assert [Path(name).read_text().strip() for name in ("tools/data.txt", "basics/sub/test_public.py")] == ["shared", "public"]
    assert seen() == "nothing"
"""
OTHERS = ["basics/sub/private_test.py", "basics/sub/private_data/numbers.txt", "more/deep/mul/private_test.py"]
LOOKS = f"""
def seen():
    found = []
    for name in {OTHERS}:
        try:
            found.append(open(name).read())
        except PermissionError:
            pass
    return found or "nothing"
"""


def test_private_files_of_other_tasks_are_not_to_be_read_and_what_tests_need_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_bubblewrap()
    monkeypatch.setenv(QUICK, "1")
    args = {"origin": "${{ global.temp_dir }}", "target": "${{ task.task_sub_path }}", "timeout": PATIENCE, "env_whitelist": ["PATH", QUICK]}
    files = {
        ".checker.yml": with_tasks_pipeline({"name": "Tests", "run": "run_pytest", "args": args}),
        "tools/data.txt": "shared",
        "basics/add/solution.py": LOOKS,
        "basics/add/test_public.py": NEEDS,
        "basics/add/private_test.py": "def test_private():\n    pass\n",
        "basics/sub/private_data/numbers.txt": "secret",
    }

    result = checker("check", make_course(tmp_path / "course", files), "--task", "add")

    assert result.exit_code == 0, result.output
    assert "1 of 1 tasks passed" in result.output
