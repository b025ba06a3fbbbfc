"""A solution that runs apart gets its task's values, and neither the tests nor their verdict: what a shared interpreter can't prevent fails here."""

import re
from pathlib import Path

import pytest

from checker import provenance
from checker.exceptions import BadConfig, PluginExecutionFailed
from checker.plugins.base import PluginOutput
from checker.plugins.run_pytest import RunPytest
from tests.checker.attacks.attack import Attack
from tests.checker.attacks.test_verdicts import QUICK, TESTS
from tests.checker.isolation import require_bubblewrap
from tests.waiting import PATIENCE

KINDS = """
import pytest
import solution
from solution import Stack, TooMuch, add, apply, countdown, sort_in_place

def test_values():
    for value in (None, True, -10**40, 1.5, "é\\ud800", b"\\xff", [1, (2, {3}, frozenset({4}))], {"a": {1: None}}, 2j):
        assert solution.echo(value) == value and type(solution.echo(value)) is type(value)

def test_objects():
    stack = Stack([1])
    stack.push(2)
    stack.limit = 3
    assert len(stack) == 2 and list(stack) == [1, 2] and stack[0] == 1 and 2 in stack and stack.limit == 3
    assert stack + Stack([3]) == Stack([1, 2, 3])
    assert stack != [1, 2]
    with stack as same:
        assert same == stack

def test_exceptions():
    with pytest.raises(TooMuch, match="9"):
        add(9, 9)
    with pytest.raises(ZeroDivisionError):
        solution.divide(1, 0)

def test_functions_of_the_tests_are_called():
    assert apply(lambda x: x + 1, 41) == 42
    with pytest.raises(RuntimeError, match="ValueError: invalid"):
        apply(lambda x: int("no"), 1)
    assert solution.total(iter([1, 2, 3])) == 6

def test_generators_and_changes():
    assert list(countdown(3)) == [3, 2, 1]
    data = [3, 1, 2]
    assert sort_in_place(data) is None and data == [1, 2, 3]

def test_what_is_the_tests_own_stays_here():
    with pytest.raises(Exception, match="can't be handed"):
        add(pytest, 1)
"""
SOLUTION = """
class TooMuch(ValueError):
    pass

class Stack:
    def __init__(self, items): self.items = items
    def push(self, item): self.items.append(item)
    def __len__(self): return len(self.items)
    def __iter__(self): return iter(self.items)
    def __getitem__(self, place): return self.items[place]
    def __contains__(self, item): return item in self.items
    def __add__(self, other): return Stack(self.items + other.items)
    def __eq__(self, other): return isinstance(other, Stack) and self.items == other.items
    def __enter__(self): return self
    def __exit__(self, *error): return None

def echo(value): return value
def add(a, b):
    if a == 9: raise TooMuch("9 is too much")
    return a + b
def divide(a, b): return a / b
def apply(function, value): return function(value)
def total(numbers):
    try:
        whole = 0
        while True: whole += numbers()
    except RuntimeError:
        return whole
def countdown(n):
    while n:
        yield n
        n -= 1
def sort_in_place(data): data.sort()
"""

ATTACKS = [
    Attack("a result that equals everything", "class Any:\n    __eq__ = lambda *_: True\ndef add(a, b):\n    return Any()", "0 of 3 tests passed"),
    Attack(
        "the nonce in the memory",
        "import gc, sys\ndef add(a, b):\n    found = [one for one in gc.get_objects() if isinstance(one, dict) and 'nonce' in one]\n"
        "    return found, 'pytest' in sys.modules, 'CHECKER_REPORT' in __import__('os').environ",
        "0 of 3 tests passed",
    ),
    Attack("the private tests", "def add(a, b):\n    return open('task/test_solution.py').read()", "PermissionError"),
    Attack("the end of the process", "import os\ndef add(a, b):\n    os._exit(0)", "SolutionEnded"),
    Attack("an exit", "def add(a, b):\n    raise SystemExit(0)", "0 of 3 tests passed"),
    Attack(
        "an answer of its own making",
        "import json, os, socket\ndef add(a, b):\n    for number in range(3, 300):\n        try:\n            channel = socket.socket(fileno=os.dup(number))\n"
        "        except OSError:\n            continue\n        channel.sendall((4).to_bytes(8, 'big') + b'true')\n    return 0",
        # What it says out of turn is taken for an answer, or ends the channel: it could have returned the same.
        "0 of 3 tests passed",
    ),
    Attack(
        "a call of what was not given",
        "import sys\ndef add(a, b):\n    server = sys.modules['__main__']\n    everything = __import__('gc').get_objects()\n"
        "    one = next(o for o in everything if isinstance(o, server.Solution))\n"
        "    return server.Callback(one, 0)()",
        "0 of 3 tests passed",
    ),
]


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    require_bubblewrap()
    monkeypatch.setenv(QUICK, "1")


def grade(folder: Path, solution: str, tests: str = TESTS, files: dict[str, str] | None = None) -> PluginOutput:
    task = folder / "tree" / "task"
    task.mkdir(parents=True)
    own = {"solution.py": solution, **(files or {})}
    for name, text in {**own, "test_solution.py": tests}.items():
        (task / name).write_text(text)
    provenance.record(task.parent, [Path("task", name) for name in own])
    args = {"origin": str(task.parent), "target": "task", "timeout": PATIENCE, "env_whitelist": ["PATH", QUICK], "apart": ["solution"]}
    return RunPytest().run(args)


def test_a_solution_that_runs_apart_is_tested_like_any_other(tmp_path: Path) -> None:
    assert grade(tmp_path, SOLUTION, KINDS).output.endswith("6 of 6 tests passed")


def test_a_solution_may_import_its_other_modules_and_the_tests_may_not(tmp_path: Path) -> None:
    tests = f"{TESTS}\ndef test_import():\n    import other\n"

    with pytest.raises(PluginExecutionFailed, match="3 of 4 tests passed") as failure:
        grade(tmp_path, "from other import add", tests, {"other.py": "def add(a, b):\n    return a + b\n"})
    assert "other is a file of the student's: only solution can be tested" in failure.value.output


def test_coverage_of_what_runs_apart_is_refused() -> None:
    with pytest.raises(BadConfig, match="coverage can't be measured of modules that run apart"):
        RunPytest.validate({"origin": ".", "target": ".", "apart": ["solution"], "coverage": 80})


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_an_attack_from_apart_fails(attack: Attack, tmp_path: Path) -> None:
    with pytest.raises(PluginExecutionFailed) as failure:
        grade(tmp_path, attack.solution)

    seen = f"{failure.value.message}\n{failure.value.output}"
    assert re.search(attack.sees, seen), seen[:3000]
    assert "3 of 3" not in seen
