"""What no honest solution changes of Python and pytest, in the tests' process, and a dishonest one would.

It needs pytest alone, for it runs in the sandbox.
"""

import builtins
import functools
import itertools
import json
import math
import operator
import sys
import types
import unittest

import _pytest.assertion.rewrite
import _pytest.nodes
import _pytest.outcomes
import _pytest.python
import _pytest.reports
import _pytest.runner
import pluggy
import pytest

COMPARING = [module for name in ("_pytest.approx", "_pytest.python_api", "_pytest.raises") if (module := sys.modules.get(name))]
"""Where `approx` and `raises` are, by version."""
GUARDED: tuple[types.ModuleType | type, ...] = (
    builtins,
    functools,
    itertools,
    math,
    operator,
    json,
    pytest,
    _pytest.assertion.rewrite,
    _pytest.assertion.rewrite.AssertionRewritingHook,
    _pytest.nodes.Item,
    _pytest.nodes.Node,
    _pytest.outcomes,
    _pytest.python,
    _pytest.python.Function,
    _pytest.python.Module,
    _pytest.reports.TestReport,
    _pytest.runner,
    _pytest.runner.CallInfo,
    pluggy.HookCaller,
    pluggy.PluginManager,
    sys.modules["pluggy._callers"],
    unittest.TestCase,
    *COMPARING,
    *(kind for module in COMPARING for kind in vars(module).values() if isinstance(kind, type) and "pytest" in kind.__module__),
)


def snapshot() -> dict[tuple[str, str], object]:
    """The functions and classes of all that is guarded."""
    kinds = (types.FunctionType, types.BuiltinFunctionType, type, property, classmethod, staticmethod)
    return {
        (getattr(place, "__qualname__", place.__name__), name): value
        for place in GUARDED
        for name, value in vars(place).items()
        if isinstance(value, kinds) and name not in ("_reprcompare", "_assertion_pass")
    }
