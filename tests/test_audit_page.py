"""docs/audit.md says of each action that the code records when it is."""

import ast
import re
from collections.abc import Iterator

from project.settings import FEATURES, ROOT


def actions() -> Iterator[str]:
    """The names of actions that are written out where they are recorded; those that are put together there are not read."""
    for package in (*FEATURES, "project"):
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                    yield from re.findall(r"'([a-z_]+(?:\.[a-z_]+)?)'", ast.unparse(node.args[0]))


def named() -> Iterator[str]:
    """The actions that the table names, as regular expressions: `.copied` after `course.created` is course's, and `…` stands for anything."""
    for row in re.findall(r"^\| (`.*?`) \|", (ROOT / "docs" / "audit.md").read_text(), re.MULTILINE):
        noun = ""
        for action in re.findall(r"`([^`]+)`", row):
            noun = noun if action.startswith(".") else action.partition(".")[0]
            yield re.escape(noun + action if action.startswith(".") else action).replace("…", ".*")


def test_every_action_that_is_recorded_is_named() -> None:
    found, patterns = set(actions()), list(named())

    assert len(found) > 50
    assert {action for action in found if not any(re.fullmatch(pattern, action) for pattern in patterns)} == set()
