"""Where the course lies among programs, such as /opt, a student's program still sees nothing of it."""

from pathlib import Path

import pytest

from checker import provenance
from checker.exceptions import PluginExecutionFailed
from checker.plugins import folders
from checker.plugins.folders import Folders
from checker.plugins.run_pytest import RunPytest
from checker.sandbox import view
from tests.checker.attacks.test_verdicts import PATIENCE, QUICK
from tests.checker.isolation import require_bubblewrap

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
