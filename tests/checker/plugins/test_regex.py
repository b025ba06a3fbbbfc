"""check_regexps: forbidden text is found wherever a student puts it."""

import os
from pathlib import Path
from typing import Any

import pytest

from checker.exceptions import BadConfig, PluginExecutionFailed
from checker.plugins.regex import CheckRegexpsPlugin


def check(origin: Path, patterns: list[str], regexps: list[str]) -> str:
    """Run the plugin."""
    return CheckRegexpsPlugin().run({"origin": str(origin), "patterns": patterns, "regexps": regexps}).output


def test_each_forbidden_text_is_named_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\nexit(0)\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/b.py").write_bytes(b"\xff\xfe\nimport os\n")
    (tmp_path / "c.txt").write_text("exit(0)")

    with pytest.raises(PluginExecutionFailed) as raised:
        check(tmp_path, ["*.py", "**/*.py"], [r"exit\(0\)", "^import os$"])

    assert raised.value.output == "a.py:2 matches 'exit\\\\(0\\\\)'\nsub/b.py:2 matches '^import os$'"


@pytest.mark.parametrize(
    "source",
    ["x = 1\n\N{MATHEMATICAL MONOSPACE SMALL E}val(x)\n".encode(), b"# coding: utf-7\n+AGUAdgBhAGw-(x)\n"],
    ids=["in other letters", "in another encoding"],
)
def test_a_word_that_only_python_reads_as_forbidden_is_found(source: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(source)

    with pytest.raises(PluginExecutionFailed, match=r"a.py:2 matches"):
        check(tmp_path, ["*.py"], [r"\beval\("])


def test_clean_files_pass(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")

    assert check(tmp_path, ["**/*.py"], ["exit"]) == "No forbidden regexps found in 1 file"


def test_a_file_made_to_take_an_expression_for_ever_fails(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a" * 100 + "!")

    with pytest.raises(PluginExecutionFailed, match=r"The search took more than 0.1 s"):
        CheckRegexpsPlugin().run({"origin": str(tmp_path), "patterns": ["*"], "regexps": ["^(a+)+$"], "timeout": 0.1})


def test_nothing_to_look_into_passes_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "outside.py").symlink_to("/etc/passwd")

    assert check(tmp_path, ["*.py"], ["root"]) == "No forbidden regexps found in 0 files"
    assert "no file of" in caplog.text


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"regexps": ["("]}, "regexps: Value error, '\\(' is no regular expression"),
        ({"patterns": ["/etc/*"]}, "no pattern of files"),
        ({"origin": "/nowhere"}, "There is no folder /nowhere"),
    ],
)
def test_what_cannot_be_looked_for_is_said(tmp_path: Path, change: dict[str, Any], error: str) -> None:
    with pytest.raises((BadConfig, PluginExecutionFailed), match=error):
        CheckRegexpsPlugin().run({"origin": str(tmp_path), "patterns": ["*"], "regexps": ["x"]} | change)
