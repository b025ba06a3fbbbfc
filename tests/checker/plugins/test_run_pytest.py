"""run_pytest does what a course's configuration of pytest asks for, as far as its verdict can be believed."""

from pathlib import Path

import pytest

from checker.plugins.run_pytest import RunPytest
from tests.checker.isolation import require_bubblewrap


def test_a_course_that_asks_for_xdist_is_tested_in_one_process(tmp_path: Path) -> None:
    require_bubblewrap()
    pytest.importorskip("xdist")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -n 2\n")
    (tmp_path / "test_it.py").write_text("def test_a():\n    pass\n\ndef test_b():\n    pass\n")

    output = RunPytest().run({"origin": str(tmp_path), "target": "test_it.py", "timeout": 300, "plugins": ["xdist"]}).output

    assert output.endswith("2 of 2 tests passed")
