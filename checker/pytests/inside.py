"""Runs in the sandbox, as a program: pytest on the course's tests, and a report of each result to the trusted parent.

It needs pytest alone. Unless it runs apart, a student's code runs in this very process, so that whatever is said here can be forged by
who tries hard enough; what this module does is to make every cheap way fail, and to show the parent where a run broke off.
"""

import importlib
import json
import os
import site
import socket
import sys
import types
import unittest
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import _pytest.assertion.rewrite
import _pytest.config
import _pytest.outcomes
import pluggy
import pytest

TRACING = ("sys.settrace", "sys.setprofile", "sys.monitoring.register_callback")
PYTEST = Path(_pytest.__file__).parent
Send = Callable[..., None]
Watching = Generator[None, pluggy.Result[Any], None]
"""A hook around all others of its kind, which gets what they came to."""


def sender(descriptor: int, nonce: str) -> Send:
    """What tells the parent, with this run's nonce; it keeps the functions as they are before a student's code is there."""
    write, encode = os.write, json.JSONEncoder().encode

    def send(kind: str, **facts: Any) -> None:
        data = encode({"nonce": nonce, "kind": kind, **facts}).encode() + b"\n"
        while data:
            data = data[write(descriptor, data) :]

    return send


def raised_in(error: "pytest.ExceptionInfo[BaseException]") -> str | None:
    """The file in which an exception was raised, as far as pytest did not raise it itself."""
    files = [Path(entry.path) for entry in error.traceback]
    outside = [file for file in files if not file.is_relative_to(PYTEST)]
    return str(outside[-1]) if outside else None


def described(error: "pytest.ExceptionInfo[BaseException]") -> str:
    """An exception in a line; of one in a module that pytest imported, the last."""
    lines = error.exconly(tryshort=True).strip().splitlines() or [error.typename]
    line = lines[-1].removeprefix("E").strip() if error.errisinstance(pytest.Collector.CollectError) else lines[0]
    return line[:300]


class Reporter:
    """The plugin that watches the run from outside of every other one."""

    def __init__(self, send: Send, settings: dict[str, Any], private: Any) -> None:
        self.send = send
        self.private = private
        self.finder = finder_of(settings)
        self.conftests = frozenset(settings["conftests"])
        self.modules = ours("modules").CourseModules(frozenset(settings["modules"]))
        self.names_of, self.strangers = ours("globals").names_of, ours("globals").strangers
        self.students = frozenset(settings["students"])
        self.paths = settings["paths"]
        self.installed = settings["installed"]
        self.snapshot = ours("guarded").snapshot
        self.honest = self.snapshot()
        self.plugins: set[int] = set()
        self.settled = False
        self.codes: dict[str, tuple[object, object]] = {}
        self.names: dict[types.ModuleType, Any] = {}
        self.tampered: set[str] = set()

    def tamper(self, what: str) -> None:
        """Tell of a manipulation, once."""
        if what not in self.tampered:
            self.tampered.add(what)
            self.send("tampered", what=what)

    def audit(self, event: str, args: tuple[object, ...]) -> None:
        """See who wants to trace the tests, which could jump over their lines, and what code runs; no later code can remove this."""
        if event == "exec" and self.private is not None and isinstance(args[0], types.CodeType):
            self.private.note(args[0].co_filename)
        if event in TRACING and self.settled:
            frame: types.FrameType | None = sys._getframe(1)
            while frame is not None:
                if frame.f_code.co_filename in self.students or frame.f_code.co_filename == "<string>":
                    self.tamper(f"{event} was called")
                    return
                frame = frame.f_back

    def check(self) -> None:
        """Look whether everything is as it was before the student's code ran."""
        now = self.snapshot()
        for key, value in self.honest.items():
            if now.get(key) is not value:
                self.tamper(f"{'.'.join(key)} was replaced")
        for name in self.modules.replaced():
            self.tamper(f"{name} was replaced")

    def check_test(self, item: pytest.Item) -> None:
        """Look whether a test and what its module calls by name are what they were, and everything else."""
        self.check()
        if code_of(item) != self.codes.get(item.nodeid):
            self.tamper(f"the test {item.name} was replaced")
        module = getattr(item, "module", None)
        if module in self.names:
            for name in self.strangers(module, self.names[module], self.students):
                self.tamper(f"{name} of {module.__name__} was replaced")

    def pytest_cmdline_main(self, config: pytest.Config) -> None:
        # What the workers of xdist say, nobody could believe: the course's `-n` counts for nothing, and all tests run here.
        if hasattr(config.option, "dist"):
            config.option.dist, config.option.tx, config.option.numprocesses = "no", [], None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        # After installed plugins were found, which a folder of the student's could hold as well.
        if self.installed is not None:
            site.addsitedir(self.installed)
        sys.path[:0] = self.paths
        # After pytest's own finder, which is for tests.
        sys.meta_path.insert(1, self.modules)
        if self.finder is not None:
            sys.meta_path.insert(0, self.finder)

    def pytest_plugin_registered(self, plugin: object) -> None:
        file = getattr(plugin, "__file__", None)
        if not self.settled or file in self.conftests:
            self.plugins.add(id(plugin))
        elif not isinstance(plugin, pytest.Session) and not type(plugin).__module__.startswith("_pytest."):
            self.tamper(f"the plugin {getattr(plugin, '__name__', type(plugin).__name__)} was added")

    def pytest_collection(self) -> None:
        self.settled = True

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Watching:
        outcome = yield
        report = outcome.get_result()
        if report.outcome != "passed":
            error = report.call.excinfo if getattr(report, "call", None) else None
            facts = {"text": described(error), "where": raised_in(error)} if error is not None else {"text": "", "where": None}
            self.send("uncollected", name=collector.nodeid, outcome=report.outcome, **facts)

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        self.send("deselected", names=[item.nodeid for item in items])

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.codes = {item.nodeid: code_of(item) for item in session.items}
        modules = {module for item in session.items if (module := getattr(item, "module", None)) is not None}
        self.names = {module: self.names_of(Path(module.__file__).read_text("utf-8", "replace")) for module in modules}
        self.send("collected", names=[item.nodeid for item in session.items])
        if self.private is not None:
            self.private.close()
            # From now on before pytest's own, which reads the file whatever it is by now.
            sys.meta_path.remove(self.modules)
            sys.meta_path.insert(0, self.modules)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Watching:
        self.check_test(item)
        for hook in ("pytest_runtest_call", "pytest_pyfunc_call", "pytest_runtest_makereport", "pytest_runtest_protocol"):
            for caller in getattr(item.config.hook, hook).get_hookimpls():
                if id(caller.plugin) not in self.plugins:
                    self.tamper(f"{hook} was taken over")
        self.send("started", name=item.nodeid)
        yield
        self.check_test(item)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Watching:
        outcome = yield
        error = outcome.excinfo
        # Reports can be rewritten; that the test raised is seen here first.
        if (
            error is not None
            and not issubclass(error[0], _pytest.outcomes.Skipped | _pytest.outcomes.XFailed | unittest.SkipTest)
            and item.get_closest_marker("xfail") is None
        ):
            info = pytest.ExceptionInfo.from_exception(error[1])
            self.send("test", name=item.nodeid, when="call", outcome="failed", text=described(info), where=raised_in(info))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Watching:
        outcome = yield
        report = outcome.get_result()
        facts = {"text": "", "where": None}
        if call.excinfo is not None:
            facts = {"text": described(call.excinfo), "where": raised_in(call.excinfo)}
        self.send("test", name=item.nodeid, when=report.when, outcome=report.outcome, **facts)


def ours(name: str) -> Any:
    """A module of the checker's own; its folder is not left among those that are imported from."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    try:
        return importlib.import_module(f"checker.pytests.{name}")
    finally:
        sys.path.pop(0)


def finder_of(settings: dict[str, Any]) -> Any:
    """What finds the student's modules in another process, if they run apart."""
    if not settings["apart"]:
        return None
    apart = ours("apart")
    return apart.Finder(apart.Connection(socket.socket(fileno=settings["channel"])), settings["apart"], frozenset(settings["students"]))


def code_of(item: pytest.Item) -> tuple[object, object]:
    """A test's function and its code, which a solution could put another in the place of."""
    function = getattr(item, "function", None)
    return function, getattr(function, "__code__", None)


def with_conftests_of_the_course_alone(conftests: frozenset[str]) -> None:
    """Have pytest take any other conftest.py for an empty one."""
    manager = _pytest.config.PytestPluginManager
    original = manager._importconftest

    def only_the_courses(self: Any, path: Path, *args: Any, **kwargs: Any) -> types.ModuleType:
        return original(self, path, *args, **kwargs) if str(path) in conftests else types.ModuleType("conftest")

    manager._importconftest = only_the_courses  # type: ignore[method-assign, assignment] # There is no public way, and its arguments differ between versions.


def covered(settings: dict[str, Any]) -> Any:
    """Measure the coverage of the student's files, if that is wanted."""
    if not settings["coverage"]:
        return None
    import coverage

    measuring = coverage.Coverage(data_file=None, config_file=False, source=[settings["coverage"]], omit=settings["tests"], messages=False)
    measuring.start()
    return measuring


def main() -> None:
    """Run pytest as the parent says on stdin, and end with its exit code, whatever else wants to run at exit."""
    exit_now = os._exit
    private = ours("private")
    private.close_memory()
    settings = json.loads(sys.stdin.buffer.read())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    descriptor = int(os.environ.pop("CHECKER_REPORT"))
    os.set_inheritable(descriptor, False)
    send = sender(descriptor, settings.pop("nonce"))
    with_conftests_of_the_course_alone(frozenset(settings["conftests"]))
    # A compiled test that lies beside a test may be anybody's.
    _pytest.assertion.rewrite._read_pyc = lambda *args, **kwargs: None
    if settings["early"]:
        # The course's stages installed what the course says, pytest's plugins maybe. Of other folders that those name, nothing counts yet.
        sys.path.append(settings["installed"])
    measuring = covered(settings)
    channel = os.environ.pop("CHECKER_WITHDRAW", None)
    reporter = Reporter(send, settings, private.PrivateModules(settings["private"], int(channel)) if channel else None)
    sys.addaudithook(reporter.audit)
    code = int(pytest.main(settings["arguments"], plugins=[reporter]))
    percent = None
    if measuring is not None:
        measuring.stop()
        percent = measuring.report(file=sys.stdout, show_missing=True, skip_covered=False) if code in (0, 1) else 0.0
    sys.stdout.flush()
    sys.stderr.flush()
    send("finished", code=code, coverage=percent)
    exit_now(code)


if __name__ == "__main__":
    main()
