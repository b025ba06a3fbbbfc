"""Where plugins come from, and what is said when one can't be had."""

import logging
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from checker.exceptions import BadConfig
from checker.plugins import load_plugins, loading
from checker.plugins.aggregate import AggregatePlugin

WriteModules = Callable[[dict[str, str]], Path]

CONTRACT = {"run_script", "safe_run_script", "check_regexps", "copy_files", "aggregate", "report_score_manytask"}
"""What course repositories rely on."""

PLUGIN = """
from __future__ import annotations
from typing import Optional
from checker.exceptions import PluginExecutionFailed
from checker.plugins import PluginABC, PluginOutput
from checker.plugins.scripts import RunScriptPlugin
from .base import PluginABC as Same

class {cls}(PluginABC):
    name = "{name}"

    class Args(PluginABC.Args):
        url: Optional[str] = None

    def _run(self, args: Args, *, verbose: bool = False) -> PluginOutput:
        if args.url is None:
            raise PluginExecutionFailed("No url", output="none", percentage=0.5)
        return PluginOutput(output=args.url, percentage=0.75)
"""
INSTALLED = PLUGIN.replace("from .base", "from checker.plugins.base")


@pytest.fixture
def write_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteModules:
    """Write modules into a folder of plugins and get the folder."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def write(modules: dict[str, str]) -> Path:
        for name, source in modules.items():
            file = tmp_path / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(source)
        return tmp_path

    return write


def test_the_contracts_plugins_are_built_in() -> None:
    assert load_plugins().keys() >= CONTRACT


def test_a_courses_own_plugin_is_found_and_runs(write_modules: WriteModules) -> None:
    plugin = load_plugins([write_modules({"urls.py": PLUGIN.format(cls="Urls", name="urls")})])["urls"]

    output = plugin().run({"url": "https://example.org"})

    assert (output.output, output.percentage) == ("https://example.org", 0.75)


def test_plugins_of_a_package_and_of_modules_that_import_each_other_are_found(write_modules: WriteModules) -> None:
    one = PLUGIN.format(cls="One", name="one").replace("from .base", "import shapes\nfrom .base") + "    sides = shapes.SIDES\n"
    part = INSTALLED.format(cls="More", name="more")
    folder = write_modules({"shapes.py": "SIDES = 3", "one.py": one, "more/__init__.py": "from .part import More", "more/part.py": part})

    plugins = load_plugins([folder])

    assert {"one", "more"} <= plugins.keys()
    assert vars(plugins["one"])["sides"] == 3


def test_a_courses_plugin_takes_the_place_of_a_built_in_one(write_modules: WriteModules, caplog: pytest.LogCaptureFixture) -> None:
    folder = write_modules({"mean.py": PLUGIN.format(cls="Mean", name="aggregate")})

    with caplog.at_level(logging.INFO):
        assert load_plugins([folder])["aggregate"].__qualname__ == "Mean"

    assert f"aggregate is the course's own, from {folder / 'mean.py'}" in caplog.messages
    assert load_plugins()["aggregate"] is AggregatePlugin


@pytest.mark.parametrize(
    ("modules", "error"),
    [
        ({"a.py": PLUGIN.format(cls="A", name="x"), "b.py": PLUGIN.format(cls="B", name="x")}, r"Two plugins are called x: A in \S+/a.py and B in \S+/b.py"),
        ({"a.py": PLUGIN.format(cls="A", name="")}, r"A in \S+/a.py has no name"),
        ({"a.py": "import nothing_of_this_name"}, r"search_plugins: \S+/a.py cannot be imported: ModuleNotFoundError: .*nothing_of_this_name"),
        ({"a.py": "class ("}, r"search_plugins: \S+/a.py cannot be imported: SyntaxError"),
    ],
)
def test_what_is_wrong_with_a_courses_plugin_is_said_with_its_file(write_modules: WriteModules, modules: dict[str, str], error: str) -> None:
    folder = write_modules(modules)

    with pytest.raises(BadConfig, match=error):
        load_plugins([folder])


def test_a_folder_that_is_not_there_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert load_plugins([tmp_path / "gone"]) == load_plugins()
    assert caplog.messages == [f"search_plugins: {tmp_path / 'gone'} is no folder; nothing is loaded from it"]


def offer(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a package that offers a plugin under the name `mine`."""
    monkeypatch.setattr(loading, "entry_points", lambda group: [EntryPoint("mine", value, group)])


def test_another_package_offers_plugins_by_entry_points(monkeypatch: pytest.MonkeyPatch, write_modules: WriteModules) -> None:
    sys.path.append(str(write_modules({"offered_plugins.py": INSTALLED.format(cls="Mine", name="mine")})))
    offer("offered_plugins:Mine", monkeypatch)

    assert load_plugins()["mine"].__qualname__ == "Mine"


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("offered_clash:Mine", "Two plugins are called aggregate: AggregatePlugin in .* and Mine in"),
        ("checker.plugins.aggregate:STRATEGIES", "The entry point mine must name a subclass"),
        ("nowhere:Plugin", "entry point mine, cannot be imported: ModuleNotFoundError"),
    ],
)
def test_what_is_wrong_with_an_entry_point_is_said(value: str, error: str, monkeypatch: pytest.MonkeyPatch, write_modules: WriteModules) -> None:
    sys.path.append(str(write_modules({"offered_clash.py": INSTALLED.format(cls="Mine", name="aggregate")})))
    offer(value, monkeypatch)

    with pytest.raises(BadConfig, match=error):
        load_plugins()
