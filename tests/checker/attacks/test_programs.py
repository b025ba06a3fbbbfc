"""A student's program that the tests start finds nothing of what they expect; and the tests miss nothing of what was put out of its reach."""

import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from checker import provenance
from checker.exceptions import PluginExecutionFailed
from checker.plugins.base import PluginOutput
from checker.plugins.run_pytest import RunPytest
from tests.checker.attacks.test_verdicts import QUICK
from tests.checker.isolation import require_bubblewrap
from tests.waiting import PATIENCE

SEARCHER = Path(__file__).with_name("searcher.c").read_text()
SKIPPED = ["/usr", "/proc", "/sys", *(path for place in (sys.prefix, sys.base_prefix) for path in (place, os.path.realpath(place)))]
"""Where no file of a course lies; processes are looked at by themselves."""
STARTS = f"""
import subprocess

def found(number):
    command = ["/tmp/searcher", str(number), *{SKIPPED}]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()

def build():
    subprocess.run(["cc", "-o", "/tmp/searcher", "task/searcher.c"], check=True)
"""
EXPECTS = """
import multiprocessing
from common.starting import build, found
from private_values import VALUE

def twice(x):
    return 2 * x

def test_program():
    build()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(twice, (2,)) == 4
        assert found(1) == VALUE == "EXPECTED-1"

def test_what_is_loaded_later():
    import private_later
    assert found(2) == private_later.VALUE
"""
VALUES = {"task/private_values.py": 'VALUE = "EXPECTED-1"\n', "task/private_later.py": 'VALUE = "EXPECTED-2"\n'}


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    require_bubblewrap()
    monkeypatch.setenv(QUICK, "1")


def run_tests(folder: Path, students: Mapping[str, str], private: Mapping[str, str], **args: object) -> PluginOutput:
    """What the stage says of a task with these files; private ones outside of its folder are of no task."""
    tree = folder / "tree"
    for name, text in {"task/.task.yml": "", **students, **private}.items():
        file = tree / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    own = [Path(name) for name in private if name.startswith("task/")]
    provenance.record(tree, map(Path, students), {Path("task"): own}, [Path(name) for name in private if not name.startswith("task/")])
    whitelist = ["PATH", QUICK, "PYTHONPATH"]
    return RunPytest().run({"origin": str(tree), "target": "task", "timeout": PATIENCE, "env_whitelist": whitelist, **args}, verbose=True)


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler: apt install gcc")
@pytest.mark.parametrize(("keeps", "sees"), [(False, ["found nothing"]), (True, ["found in .*/task/private_values.py", "found in .*/task/test_private.py"])])
def test_a_program_that_searches_files_and_processes_for_the_answer(keeps: bool, sees: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "task")
    private = {"task/test_private.py": EXPECTS, "common/starting.py": STARTS, **VALUES}

    with pytest.raises(PluginExecutionFailed) as failure:
        run_tests(tmp_path, {"task/searcher.c": SEARCHER}, private, keep_private=keeps)

    assert failure.value.message.startswith("0 of 2 tests passed")
    assert all(re.search(line, failure.value.output) for line in sees), failure.value.output
    assert keeps or "found in" not in failure.value.output


NEEDS_SOURCE = """
import importlib, importlib.util, inspect, multiprocessing, sys, traceback
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
import pytest
import private_helper
from private_helper import divide
from solution import add

HERE = Path(__file__)
METHODS = ["fork", "forkserver", "spawn"]

def halve(x):
    return divide(x, 2)

@pytest.mark.parametrize("method", METHODS)
def test_pools_import_what_they_call(method):
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        assert pool.map(halve, [2, 4]) == [1, 2]
        assert pool.apply(add, (1, 2)) == 3
    with ProcessPoolExecutor(1, context) as pool:
        error = pool.submit(divide, 1, 0).exception()
    assert "return a / b  # as in school" in str(error.__cause__)

def test_sources_are_shown():
    assert inspect.getsource(test_sources_are_shown).startswith("def test_sources_are_shown")
    assert "as in school" in inspect.getsource(private_helper)
    with pytest.raises(ZeroDivisionError) as error:
        divide(1, 0)
    assert "as in school" in "".join(traceback.format_exception(error.value))

def test_modules_are_loaded_again():
    assert importlib.reload(private_helper).divide(4, 2) == 2
    assert importlib.reload(sys.modules[__name__]).halve(4) == 2
    spec = importlib.util.spec_from_file_location("another", HERE.with_name("private_helper.py"))
    another = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(another)
    assert another.divide(4, 2) == 2

def test_the_file_says_why():
    assert "keep_private: true" in HERE.read_text()

def test_wrong():
    wrong = halve(6)
    assert wrong == 4, "halved"
"""
HELPER = "def divide(a, b):\n    return a / b  # as in school\n"


def test_tests_miss_nothing_of_what_is_withdrawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "task")
    private = {"task/test_private.py": NEEDS_SOURCE, "task/private_helper.py": HELPER, "task/conftest.py": "import private_helper\n"}

    with pytest.raises(PluginExecutionFailed) as failure:
        run_tests(tmp_path, {"task/solution.py": "def add(a, b):\n    return a + b\n"}, private)

    output = failure.value.output
    assert failure.value.message == "6 of 7 tests passed", output
    assert re.search(r"task/test_private.py:\d+: in test_wrong\n    assert wrong == 4, .halved.\nE   AssertionError: halved\nE   assert 3.0 == 4", output), (
        output
    )
