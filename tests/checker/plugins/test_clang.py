"""cpp_clang_format, cpp_clang_tidy and cpp_forbidden: how the tools are called, by stand-ins on PATH that do what the tools' manuals say."""

import os
from pathlib import Path
from typing import Any

import pytest

from checker.exceptions import PluginExecutionFailed
from checker.plugins.cpp_clang_format import CppClangFormatPlugin
from checker.plugins.cpp_clang_tidy import CppClangTidyPlugin
from checker.plugins.cpp_forbidden import CppForbiddenPlugin

FORMAT = """#!/bin/sh
# Prints stdin formatted, by the style of the file that it is told; the name that it is to assume is nowhere.
[ ! -e "${2#--assume-filename=}" ] || exit 9
case "$1" in --style=file:*) cat "${1#--style=file:}" >/dev/null || exit 8;; --style=LLVM) ;; *) exit 7;; esac
sed 's/  */ /g'
"""
LINT = """#!/bin/sh
# Fails if any of the files has the word BAD; prints how it was called.
echo "in ${PWD##*/}: $*"
for file; do [ ! -f "$file" ] || ! grep -H BAD "$file" || bad=1; done
cat "$PWD/../task/test_private.cpp" "$PWD/../task/.task.yml" 2>/dev/null
exit ${bad:-0}
"""


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with a task, and the tools."""
    root = tmp_path / "course"
    for name, text in {
        "task/sum.cpp": "int sum;\n",
        "task/sum.h": "int sum;\n",
        "task/_deps/other.cpp": "int  BAD;\n",
        "task/test_private.cpp": "PRIVATE",
        "task/.task.yml": "PRIVATE",
        "build-asan/compile_commands.json": "[]",
        "build-relwithdebinfo/compile_commands.json": "[]",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for name, script in {"clang-format-18": FORMAT, "clang-tidy-18": LINT, "forbidden": LINT}.items():
        (tmp_path / "bin" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "bin" / name).write_text(script)
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    # Where the real tools are installed, the stand-ins are taken all the same.
    monkeypatch.setattr("checker.plugins.cpp.which", lambda name: None)
    return root


def args_of(course: Path, **more: Any) -> dict[str, Any]:
    """The arguments of each of the three."""
    return {"reference_root": course, "task_path": course / "task", "lint_patterns": ["*.cpp", "**/*.cpp", "*.h"]} | more


def test_files_that_are_formatted_pass(course: Path) -> None:
    (course / ".clang-format").write_text("BasedOnStyle: Google")
    (course / "task/.clang-format").write_text("DisableFormat: true")

    assert CppClangFormatPlugin().run(args_of(course)).output == "3 files formatted as they should be"


def test_what_formatting_changes_is_shown_as_a_difference(course: Path) -> None:
    (course / "task/sum.cpp").write_text("int  sum;\nint  more;\n")

    with pytest.raises(PluginExecutionFailed) as raised:
        CppClangFormatPlugin().run(args_of(course))

    assert raised.value.message == "clang-format would change the code"
    assert raised.value.output.splitlines()[3:] == ["-int  sum;", "-int  more;", "+int sum;", "+int more;"]


def test_clang_tidy_runs_where_the_build_is_with_the_courses_configuration(course: Path) -> None:
    config = course / ".clang-tidy"
    config.write_text("Checks: '*'")
    (course / "task/.clang-tidy").write_text("Checks: '-*'")

    output = CppClangTidyPlugin().run(args_of(course, lint_patterns=["*.cpp"]), verbose=True).output

    files = f"{course}/task/sum.cpp {course}/task/test_private.cpp"
    assert output.splitlines()[0] == f"in build-asan: -p . --use-color --quiet --config-file={config} {files}"
    assert "PRIVATE" not in output
    assert CppClangTidyPlugin().run(args_of(course)).output == "3 files".join(["No issues in ", ""])


def test_what_clang_tidy_finds_fails_the_stage(course: Path) -> None:
    (course / "task/sum.cpp").write_text("int BAD;\n")

    with pytest.raises(PluginExecutionFailed) as raised:
        CppClangTidyPlugin().run(args_of(course))

    assert raised.value.message == "clang-tidy failed with exit code 1"
    assert f"{course}/task/sum.cpp:int BAD;" in raised.value.output


def test_what_is_forbidden_is_looked_for_in_what_students_write(course: Path) -> None:
    args = args_of(course, forbidden=["std::sort"], forbidden_files=["algorithm"], allow_change=["sum.*"], white_list=["*.h"])
    checker = str(course.parent / "bin/forbidden")

    def run(**more: Any) -> str:
        return CppForbiddenPlugin().run(args | {"forbidden_checker": checker} | more, verbose=True).output

    assert run() == f"in build-relwithdebinfo: -p . -f std::sort -ff algorithm {course}/task/sum.cpp\n"
    assert run(forbidden=[], forbidden_files=[]) == "Nothing is forbidden"
    (course / "task/sum.cpp").write_text("int BAD;\n")
    for more, said in (
        ({}, "The check for what is forbidden failed with exit code 1"),
        ({"allow_change": "none.*"}, "There is nothing to check"),
        ({"forbidden_checker": "no-such-checker"}, "The program no-such-checker is not here"),
    ):
        with pytest.raises(PluginExecutionFailed, match=said):
            run(**more)


@pytest.mark.parametrize("plugin", [CppClangFormatPlugin, CppClangTidyPlugin])
def test_no_files_and_no_tool_are_said(course: Path, plugin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PluginExecutionFailed, match=r"No file of .*/task matches \*.rs"):
        plugin().run(args_of(course, lint_patterns=["*.rs"]))
    monkeypatch.setenv("PATH", str(course))
    with pytest.raises(PluginExecutionFailed, match=r"is not installed here\. On Debian or Ubuntu: apt install clang-"):
        plugin().run(args_of(course))
