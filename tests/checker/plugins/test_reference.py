"""docs/checker-plugins.md tells of every plugin and every argument of it."""

import re
from pathlib import Path

import pytest

from checker.plugins import PluginABC, load_plugins

DOCS = Path(__file__).parents[3] / "docs/checker-plugins.md"
SECTIONS = dict(re.findall(r"^#{2,3} `(\w+)`\n(.*?)(?=^#{2,3} |\Z)", DOCS.read_text(), re.MULTILINE | re.DOTALL))


def test_every_plugin_has_its_section() -> None:
    assert SECTIONS.keys() == load_plugins().keys()


@pytest.mark.parametrize(("name", "plugin"), sorted(load_plugins().items()))
def test_every_argument_is_told_of_and_no_other(name: str, plugin: type[PluginABC]) -> None:
    told = {word for row in re.findall(r"^\| (`.*?) \|", SECTIONS[name], re.MULTILINE) for word in re.findall(r"`(\w+)`", row)}

    assert told == plugin.Args.model_fields.keys()
