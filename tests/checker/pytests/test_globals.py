"""What names mean in a module of tests is what its source says; what an honest course does with them is no manipulation."""

import importlib
import sys
from pathlib import Path

import pytest

from checker.pytests.globals import names_of, strangers

SOURCE = """
import json
import os.path as paths
import xml.dom
from math import floor, pi
from helper import VALUE, work
try:
    import tomllib
except ImportError:
    tomllib = None
from statistics import mean
mean = round
input = None

def sum(values):
    return 0
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    (tmp_path / "helper.py").write_text("VALUE = 1\ndef work():\n    pass\n")
    (tmp_path / "a_module_of_tests.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("a_module_of_tests")
    for name in ("a_module_of_tests", "helper"):
        sys.modules.pop(name, None)


def found(module: object, students: frozenset[str] = frozenset()) -> set[str]:
    return set(strangers(module, names_of(SOURCE), students))  # type: ignore[arg-type] # It is one.


def test_an_honest_module_has_no_strangers(module: object) -> None:
    assert found(module) == set()

    sys.modules["helper"].VALUE = 2  # type: ignore[attr-defined] # A number that counts something.
    assert found(module) == set()


def test_a_name_that_means_something_else_is_one(module: object, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("json", "floor", "work", "paths", "abs", "print"):
        monkeypatch.setattr(module, name, len, raising=False)

    assert found(module) == {"json", "floor", "work", "paths", "abs", "print"}
    assert found(module, frozenset({str(sys.modules["helper"].__file__)})) == {"json", "floor", "paths", "abs", "print"}


def test_who_imports_all_of_a_module_may_get_any_name(module: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "abs", len, raising=False)

    assert set(strangers(module, names_of(f"from helper import *\n{SOURCE}"), frozenset())) == set()  # type: ignore[arg-type] # It is one.
    assert names_of("no source at all").starred
