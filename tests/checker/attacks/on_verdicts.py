"""Solutions that are wrong and want to pass."""

from tests.checker.attacks.attack import Attack

WRONG = "def add(a, b):\n    return 0\n"
ALL_FAIL = "0 of 3 tests passed"

EXITS = [
    Attack("os._exit on import", "import os\nos._exit(0)", "did not finish: the program ended before the first test with exit code 0"),
    Attack(
        "os._exit in a test",
        "import os\ndef add(a, b):\n    os._exit(0)",
        "did not finish: the program ended during task/test_solution.py::test_small with exit code 0",
    ),
    Attack("sys.exit on import", "import sys\nsys.exit(0)", "Not all of the tests were run"),
    Attack("sys.exit in a test", "import sys\ndef add(a, b):\n    sys.exit(0)", "test_small: SystemExit: 0"),
    Attack("pytest.exit on import", "import pytest\npytest.exit('done', returncode=0)", "task/test_solution.py: _pytest.outcomes.Exit: done"),
    Attack("pytest.exit in a test", "import pytest\ndef add(a, b):\n    pytest.exit('done', returncode=0)", "test_small: _pytest.outcomes.Exit: done"),
    Attack("os._exit at exit", f"import atexit, os\natexit.register(os._exit, 0)\n{WRONG}", ALL_FAIL),
    Attack(
        "exit functions that always say 0",
        f"import os, sys\nreal = os._exit\nos._exit = lambda code: real(0)\nsys.exit = lambda code=0: real(0)\n{WRONG}",
        ALL_FAIL,
    ),
    Attack(
        "os._exit in a thread",
        "import os, threading, time\ndef add(a, b):\n    threading.Timer(0, os._exit, [0]).start()\n    time.sleep(30)",
        "did not finish: the program ended during task/test_solution.py::test_small with exit code 0",
    ),
    Attack("a signal that is deadly", "import os, signal\ndef add(a, b):\n    os.kill(os.getpid(), signal.SIGKILL)", "with exit code 137"),
    Attack("another program in place of this one", "import os\ndef add(a, b):\n    os.execv('/bin/true', ['true'])", "with exit code 0"),
]

CONFTEST = """
import pytest

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    outcome.get_result().outcome = "passed"

def pytest_sessionfinish(session):
    session.exitstatus = 0
"""
SETTINGS = "python_functions = nothing\naddopts = --collect-only\n"
PLUGIN = "import os\nos._exit(0)\n"

FILES = [
    Attack("a conftest.py of their own", WRONG, ALL_FAIL, {"conftest.py": CONFTEST}),
    Attack("a sitecustomize.py and a usercustomize.py", WRONG, ALL_FAIL, {"sitecustomize.py": PLUGIN, "usercustomize.py": PLUGIN}),
    Attack("a pytest.ini of their own", WRONG, ALL_FAIL, {"pytest.ini": f"[pytest]\n{SETTINGS}"}),
    Attack("a pyproject.toml of their own", WRONG, ALL_FAIL, {"pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--collect-only"\n'}),
    Attack("a setup.cfg and a tox.ini of their own", WRONG, ALL_FAIL, {"setup.cfg": f"[tool:pytest]\n{SETTINGS}", "tox.ini": f"[pytest]\n{SETTINGS}"}),
    Attack(
        "a plugin of their own, as if it were installed",
        WRONG,
        ALL_FAIL,
        {"evil-1.0.dist-info/entry_points.txt": "[pytest11]\nevil = evil\n", "evil-1.0.dist-info/METADATA": "Name: evil\nVersion: 1.0\n", "evil.py": PLUGIN},
    ),
    Attack("modules named like Python's own and pytest's", WRONG, ALL_FAIL, {"pytest.py": PLUGIN, "json.py": PLUGIN, "pluggy.py": PLUGIN, "ast.py": PLUGIN}),
    Attack("tests of their own that pass", WRONG, ALL_FAIL, {"test_mine.py": "def test_small():\n    pass\n" * 9}),
]

MANIPULATIONS = [
    Attack(
        "an AssertionError that means a skip",
        f"import builtins, pytest\nbuiltins.AssertionError = pytest.skip.Exception\n{WRONG}",
        "The work changes how it is tested: builtins.AssertionError was replaced",
    ),
    Attack(
        "tests that are not run",
        f"import _pytest.python\n_pytest.python.Function.runtest = lambda self: None\n{WRONG}",
        "The work changes how it is tested: Function.runtest was replaced",
    ),
    Attack(
        "reports that are rewritten",
        f"import _pytest.reports\n_pytest.reports.TestReport.from_item_and_call = classmethod(lambda *_: None)\n{WRONG}",
        "The work changes how it is tested: TestReport.from_item_and_call was replaced",
    ),
    Attack(
        "a plugin that is registered from within",
        "import gc, pytest\nclass Evil:\n    @pytest.hookimpl(tryfirst=True)\n    def pytest_pyfunc_call(self):\n        return True\n"
        f"[one.register(Evil()) for one in gc.get_objects() if isinstance(one, pytest.PytestPluginManager)]\n{WRONG}",
        "The work changes how it is tested: the plugin Evil was added",
    ),
    Attack(
        "other tests in place of the real ones",
        "import sys\ndef add(a, b):\n    tests = sys._getframe(1).f_globals\n"
        "    for name in ('test_negative', 'test_large'):\n        tests[name].__code__ = (lambda: None).__code__\n    return a + b",
        "The work changes how it is tested: the test test_negative was replaced",
    ),
    Attack(
        "tests that are gone when they are collected",
        "import sys, threading\nframe = sys._getframe()\nwhile 'test_solution' not in frame.f_globals['__name__']:\n    frame = frame.f_back\n"
        "class Fewer(dict):\n    pass\nframe.f_globals['__test__'] = False\ndef add(a, b):\n    return a + b",
        "Not all of the tests were run, without: task/test_solution.py::test_large",
    ),
    Attack(
        "a mark that skips them",
        "import sys, pytest\nframe = sys._getframe()\nwhile 'test_solution' not in frame.f_globals['__name__']:\n    frame = frame.f_back\n"
        f"frame.f_globals['pytestmark'] = pytest.mark.skip\n{WRONG}",
        "test_small: it was skipped, which the course's tests never do",
    ),
    Attack(
        "a jump over what tests assert",
        "import sys\ndef over(frame, event, arg):\n    if event == 'line':\n        frame.f_lineno += 1\n    return over\n"
        "def add(a, b):\n    sys.settrace(over)\n    sys._getframe(1).f_trace = over\n    sys.settrace(None)\n    return 0\n",
        "The work changes how it is tested: sys.settrace was called",
    ),
    Attack(
        "approximations that are always right",
        f"import pytest\ntype(pytest.approx(1.0)).__eq__ = lambda *_: True\n{WRONG}",
        "The work changes how it is tested: ApproxScalar.__eq__ was replaced",
    ),
    Attack("other mathematics", f"import math\nmath.isclose = lambda *_, **__: True\n{WRONG}", "The work changes how it is tested: math.isclose was replaced"),
    Attack("a skip on import", "import pytest\npytest.skip('no', allow_module_level=True)", "task/test_solution.py: the work skips its own test"),
    Attack("a skip in a test", "import pytest\ndef add(a, b):\n    pytest.skip('no')", "test_small: the work skips its own test"),
    Attack("an expected failure", "import pytest\ndef add(a, b):\n    pytest.xfail('no')", "test_small: the work skips its own test"),
]

FORGERIES = [
    Attack("output as if all had passed", f"import os\nos.write(1, b'=== 3 passed in 0.01s ===\\n')\n{WRONG}", ALL_FAIL),
    Attack(
        "a report as if all had passed",
        """
import json, os
def add(a, b):
    for number in range(3, 1000):
        for message in (
            {"kind": "collected", "names": ["task/test_solution.py::test_small"]},
            {"kind": "finished", "code": 0, "coverage": None},
        ):
            try:
                os.write(number, json.dumps({"nonce": "0" * 32, **message}).encode() + b"\\n")
            except OSError:
                pass
    os._exit(0)
""",
        "Somebody else than the tests wrote into their report",
    ),
    Attack(
        "a report without the failures",
        f"import os\nwrite = os.write\nos.write = lambda file, data: len(data) if b'failed' in data else write(file, data)\n{WRONG}",
        ALL_FAIL,
    ),
    Attack(
        "a report without end",
        "import os\ndef add(a, b):\n    for number in range(3, 1000):\n        try:\n            while True:\n                os.write(number, b'x' * 65536)\n"
        "        except OSError:\n            pass",
        "it wrote more than",
    ),
]

HELPER = {
    "helper.py": "def same(a, b):\n    return a == b\n",
    "test_then.py": "from solution import add\nfrom helper import same\n\ndef test_then():\n    assert same(add(2, 2), 4)\n",
}
"""A second file of tests, and a module that it imports after the solution."""
NONE_PASS = "0 of 4 tests passed"
PROGRAM = """
import os
said = []
for name in ("mem", "fd"):
    try:
        os.listdir(f"/proc/{os.getppid()}/fd") if name == "fd" else open(f"/proc/{os.getppid()}/mem", "r+b")
        said.append(f"{name} is open")
    except PermissionError:
        said.append(f"{name} is closed")
print(*said, sep=", ")
"""
STARTS = """
import subprocess, sys

def test_program():
    assert subprocess.run([sys.executable, "-I", "task/program.py"], capture_output=True, text=True).stdout.strip() == "5"
"""
CASES = "import pytest\nfrom solution import add\n\n@pytest.mark.parametrize('x', [0, 1])\n"
ALWAYS = "def same(a, b):\n    return True\n"

REPLACEMENTS = [
    Attack(
        "other tests in a file that is still to come, which is then as it was",
        "import atexit, os\nname = 'task/test_then.py'\nreal, times = open(name).read(), os.stat(name)\n"
        "def put(text):\n    os.chmod(name, 0o600)\n    open(name, 'w').write(text)\n    os.utime(name, (times.st_atime, times.st_mtime))\n"
        f"put('def test_then():\\n    pass\\n')\natexit.register(put, real)\n{WRONG}",
        "The work changes how it is tested: it writes to test_then.py, which is the course's",
        course=HELPER,
    ),
    Attack("another folder in the place of the tests", f"import os\nos.rename('task', 'old')\n{WRONG}", "OSError: .*busy", course=HELPER),
    Attack(
        "a compiled module beside the course's",
        "import importlib._bootstrap_external as importing, os\nos.mkdir('task/__pycache__')\n"
        f"code = importing._code_to_hash_pyc(compile({ALWAYS!r}, 'helper.py', 'exec'), b'12345678', False)\n"
        f"open(importing.cache_from_source('task/helper.py'), 'wb').write(code)\n{WRONG}",
        NONE_PASS,
        course=HELPER,
    ),
    Attack(
        "a compiled test beside the course's",
        "import importlib.util as importing, marshal, os\nfrom _pytest.assertion import rewrite\nos.makedirs('task/__pycache__', exist_ok=True)\n"
        "source = open('task/test_then.py', 'rb').read()\n"
        "code = marshal.dumps(compile('def test_then():\\n    pass', 'test_then.py', 'exec'))\n"
        "with open(f'task/__pycache__/test_then{rewrite.PYC_TAIL}', 'wb') as file:\n"
        "    file.write(importing.MAGIC_NUMBER + bytes([3, 0, 0, 0]) + importing.source_hash(source)[:8] + code)\n"
        f"{WRONG}",
        NONE_PASS,
        course=HELPER,
    ),
    Attack("a package in the place of the course's module", WRONG, NONE_PASS, {"helper/__init__.py": ALWAYS}, course=HELPER),
    Attack(
        "a module as if it had been imported",
        f"import sys, types\nsys.modules['helper'] = types.SimpleNamespace(same=lambda a, b: True)\n{WRONG}",
        "The work changes how it is tested: helper was replaced",
        course=HELPER,
    ),
    Attack(
        "a function in the place of Python's, in the tests' module",
        "import sys\ndef add(a, b):\n    sys._getframe(1).f_globals['abs'] = lambda x: 0\n    return 0\n",
        "The work changes how it is tested: abs of test_solution was replaced",
    ),
    Attack(
        "a function in the place of one that the tests import",
        "import sys\ndef add(a, b):\n    sys._getframe(1).f_globals['same'] = lambda x, y: True\n    return 4\n",
        "The work changes how it is tested: same of test_then was replaced",
        course=HELPER,
    ),
    Attack(
        "a program that the tests start and that reads their memory",
        WRONG,
        "'mem is closed, fd is closed'",
        {"program.py": PROGRAM},
        {"test_program.py": STARTS},
    ),
    Attack(
        "fewer cases",
        "import pytest\nkind = type(pytest.mark)\n"
        "def once(self, names, cases):\n    del kind.parametrize\n    return pytest.mark.parametrize(names, cases[:1])\n"
        "kind.parametrize = once\ndef add(a, b):\n    return a + b",
        r"Not all of the tests were run, without: task/test_cases.py::test_cases",
        course={"test_cases.py": f"{CASES}def test_cases(x):\n    assert add(x, x) == 2 * x\n"},
    ),
    Attack(
        "a function in the place of the course's",
        f"import helper\nhelper.same = lambda a, b: True\n{WRONG}",
        "The work changes how it is tested: helper.same was replaced",
        course=HELPER,
    ),
]

ATTACKS = [*EXITS, *FILES, *MANIPULATIONS, *FORGERIES, *REPLACEMENTS]
