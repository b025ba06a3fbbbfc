"""docs/security.md names tests; each of them is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def names_of_tests() -> set[str]:
    """The names of all tests."""
    trees = (ast.parse(file.read_text()) for file in (ROOT / "tests").rglob("test_*.py"))
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_test_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "security.md").read_text()))

    assert named
    assert named - names_of_tests() == set()
