"""The C++ set: real CMake, compilers and sanitizers once, and programs that cheat."""

import os
import shutil
import stat
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from checker.exceptions import BadConfig, PluginExecutionFailed
from checker.plugins.cpp import private, tool
from checker.plugins.cpp_build import CppBuildPlugin
from checker.plugins.cpp_crash_me import CppCrashMePlugin
from checker.plugins.cpp_flag import CppFlagPlugin
from checker.plugins.cpp_run_benchmarks import CppRunBenchmarksPlugin
from checker.plugins.cpp_run_tests import CppRunTestsPlugin

WHOLE = """
<Catch2TestRun name="t" rng-seed="SEED" xml-format-version="3" catch2-version="3.7.0">
  <TestCase name="adds"><OverallResult success="true" skips="0"/></TestCase>
  <OverallResults successes="9" failures="0" expectedFailures="0" skips="0"/>
  <OverallResultsCases successes="{passed}" failures="{failed}" expectedFailures="0" skips="0"/>
</Catch2TestRun>"""
PASSED = WHOLE.format(passed=3, failed=0)

CATCH2 = r"""
// Takes the arguments of Catch2 3 and writes its reports, for the one test that there is.
#include <cstdio>
#include <cstring>
#include "solution.h"
int main(int count, char** arguments) {
    const char *xml = "", *seed = "";
    for (int i = 1; i + 1 < count; ++i) {
        if (!strncmp(arguments[i + 1], "xml::out=", 9)) xml = arguments[i + 1] + 9;
        if (!strcmp(arguments[i], "--rng-seed")) seed = arguments[i + 1];
    }
    bool passed = sum(2, 3) == 5;
    std::puts(passed ? "All tests passed" : "sum(2, 3) == 5 FAILED");
    std::FILE* report = std::fopen(xml, "w");
    std::fprintf(report, "<Catch2TestRun rng-seed='%s'><OverallResultsCases successes='%d' failures='%d'/></Catch2TestRun>", seed, passed, !passed);
    std::fclose(report);
    return !passed;
}
"""
CMAKE = """
cmake_minimum_required(VERSION 3.18)
project(course CXX)
set(CMAKE_CXX_FLAGS_ASAN "-g -fsanitize=address")
add_executable(test_sum test.cpp)
"""


def program(path: Path, script: str) -> Path:
    """A program, by a shell script; $folder is where its reports go, $seed its seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parse = 'folder=${2#xml::out=}; folder=${folder%/*}; seed=$(echo "$*" | sed -n "s/.*--rng-seed \\([0-9]*\\).*/\\1/p")\n'
    path.write_text("#!/bin/sh\n" + parse + textwrap.dedent(script))
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return path


def report(xml: str) -> str:
    """The shell command that writes a report of this run."""
    return f"cat > $folder/report.xml <<END\n{xml.replace('SEED', '$seed').strip()}\nEND\n"


def run_tests(root: Path, **args: Any) -> str:
    """Run the target `test_sum`."""
    return CppRunTestsPlugin().run({"root": str(root), "tests": ["test_sum", "asan"], "timeout": 20} | args).output


def test_a_task_is_configured_built_and_tested_with_sanitizers(tmp_path: Path) -> None:
    if missing := [name for name in ("cmake", "ninja", "g++") if shutil.which(name) is None]:
        pytest.skip(f"{', '.join(missing)} is not installed")
    (tmp_path / "CMakeLists.txt").write_text(CMAKE)
    (tmp_path / "test.cpp").write_text(CATCH2)
    build = {"root": str(tmp_path), "tests": ["test_sum", "asan"]}

    (tmp_path / "solution.h").write_text("int sum(int a, int b) { return a + b }")
    with pytest.raises(PluginExecutionFailed) as broken:
        CppBuildPlugin().run(build)
    assert broken.value.message == "Building test_sum (asan) failed with exit code 1"
    assert "error: expected" in broken.value.output

    (tmp_path / "solution.h").write_text("int sum(int a, int b) { return a + b; }")
    assert CppBuildPlugin().run(build).output == "Built test_sum (asan)\n"
    assert run_tests(tmp_path) == "test_sum (asan): 1 passed\nAll tests passed\n"

    (tmp_path / "solution.h").write_text("int sum(int a, int b) { int* n = new int[2]{a, b}; int s = n[a]; s = n[0] + n[1]; delete[] n; return s; }")
    CppBuildPlugin().run(build)
    with pytest.raises(PluginExecutionFailed) as overflow:
        run_tests(tmp_path)
    assert "heap-buffer-overflow" in overflow.value.output


def test_two_tasks_build_in_the_same_folder_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin/ninja", "mkdir busy || exit 1; sleep 0.3; rmdir busy")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    (tmp_path / "build-asan").mkdir()
    (tmp_path / "build-asan/build.ninja").touch()

    with ThreadPoolExecutor() as pool:
        built = [pool.submit(CppBuildPlugin().run, {"root": tmp_path, "tests": [name, "asan"]}) for name in ("a", "b", "c")]

    assert [one.result().output for one in built] == [f"Built {name} (asan)\n" for name in ("a", "b", "c")]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 0", "test_sum (asan): The program left no report"),
        (
            f"{report(PASSED)} sed -i 's/seed=\"/seed=\"1/' $folder/report.xml",
            "The report of the tests is not whole: the program ended before they did (it is not this run's)",
        ),
        (report("<Catch2TestRun rng-seed='SEED'><TestCase name='adds'>"), "The report of the tests is not whole"),
        (report("<Catch2TestRun rng-seed='SEED'></Catch2TestRun>"), "it has no end"),
        (report(f"<!DOCTYPE x [<!ENTITY a 'aaaa'>]>{PASSED}"), "it has a DOCTYPE"),
        (report(WHOLE.format(passed=0, failed=0)), "no test ran, though"),
        (report(WHOLE.format(passed=3, failed=1)), "1 tests failed, though"),
        ("ln -s /etc/passwd $folder/report.xml", "it is a symbolic link"),
        ("mkfifo $folder/report.xml", "no regular file"),
        (f"{report(PASSED)} exit 3", "test_sum (asan) failed with exit code 3"),
        (f"{report(PASSED)} kill -SEGV $$", "test_sum (asan) was killed by SIGSEGV"),
        (f"{report(PASSED)} sleep 99", "test_sum (asan) was stopped by its limit of time"),
    ],
)
def test_a_program_passes_only_by_its_exit_code_and_a_whole_report_of_this_run(tmp_path: Path, script: str, said: str) -> None:
    program(tmp_path / "build-asan/test_sum", script)

    with pytest.raises(PluginExecutionFailed) as raised:
        run_tests(tmp_path, timeout=1.5)

    assert said in raised.value.message


def test_a_failed_run_keeps_the_share_that_passed_and_shows_what_sanitizers_say(tmp_path: Path) -> None:
    tail = "echo told > $folder/report.txt; echo 'ERROR: leak' > $folder/asan.77; echo stdout; exit 1"
    program(tmp_path / "build-asan/test_sum", report(WHOLE.format(passed=3, failed=1)) + tail)

    with pytest.raises(PluginExecutionFailed) as raised:
        run_tests(tmp_path)

    assert raised.value.percentage == 0.75
    assert raised.value.output.split() == ["told", "ERROR:", "leak", "stdout"]


def test_a_program_sees_its_build_folder_and_the_whitelist_and_not_the_rest_of_the_course(tmp_path: Path) -> None:
    for name in ("task/data.txt", "task/test_private.cpp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    root = tmp_path
    program(
        root / "build-asan/test_sum", f"cat {root}/task/data.txt; cat {root}/task/test_private.cpp; echo x > {root}/build-asan/x; echo $0 $*; {report(PASSED)}"
    )

    said = run_tests(tmp_path, paths_whitelist=["task/data.txt"], args=["[fast]"])

    assert "task/data.txt" in said.splitlines()[1]
    assert "task/test_private.cpp\n" not in said
    assert said.rstrip().endswith("[fast]")
    assert os.listdir(root / "build-asan") == ["test_sum"]


@pytest.mark.parametrize(
    ("means", "values", "said"),
    [
        ({"sort": 4e6}, ["sort", "0.005"], "sort: 0.004 s"),
        ({"sort": 6e6}, ["sort", "0.005"], "sort took 0.006 s, more than 0.005 s"),
        ({"sort": 6e6}, ["sort", "-0.005"], "sort: 0.006 s"),
        ({"sort": 4e6}, ["sort", "-0.005"], "sort took 0.004 s, less than 0.005 s"),
        ({"sort": 4e6}, ["sort", "1", "find", "1"], "find did not run"),
        ({"sort": 4e6, "find": 1}, ["sort", "1"], "find has no limit"),
        ({"sort": -1}, ["sort", "1"], "a benchmark took no time that there is"),
    ],
)
def test_benchmarks_keep_their_limits(tmp_path: Path, means: dict[str, float], values: list[str], said: str) -> None:
    results = "".join(f'<BenchmarkResults name="{name}"><mean value="{mean}"/></BenchmarkResults>' for name, mean in means.items())
    program(tmp_path / "build-relwithdebinfo/bench_sum", report(PASSED.replace("<OverallResults ", f"{results}<OverallResults ")))
    try:
        output = CppRunBenchmarksPlugin().run({"root": tmp_path, "benchmark": "bench_sum", "timeout": 20, "args": [], "benchmark_values": values}).output
    except PluginExecutionFailed as failed:
        output = failed.message

    assert said in output


@pytest.mark.parametrize(
    ("plugin", "args", "error"),
    [
        (CppRunTestsPlugin, {"tests": ["a"]}, "tests: Value error, a target and its build type take turns"),
        (CppBuildPlugin, {"tests": ["a"]}, "tests: Value error, a target and its build type take turns"),
        (CppRunBenchmarksPlugin, {"benchmark": "b", "benchmark_values": ["a", "fast"]}, "could not convert string to float: 'fast'"),
        (CppRunBenchmarksPlugin, {"benchmark": "b", "benchmark_values": ["a", "1", "a", "2"]}, "a benchmark is named twice"),
    ],
)
def test_wrong_arguments_are_named(plugin: Any, args: dict[str, Any], error: str) -> None:
    with pytest.raises(BadConfig, match=error):
        plugin.validate({"root": "."} | args)


@pytest.mark.parametrize(
    ("plugin", "args", "said"),
    [
        (CppRunTestsPlugin, {"tests": ["a", "asan"]}, "There is no program a in .*: build it first"),
        (CppRunTestsPlugin, {"tests": []}, "tests is empty"),
        (CppBuildPlugin, {"tests": []}, "tests is empty"),
        (CppBuildPlugin, {"tests": ["a", "asan"]}, "Neither .*build-asan nor a CMakeLists.txt"),
        (CppRunBenchmarksPlugin, {"benchmark": "b", "benchmark_values": []}, "There is no program b"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, plugin: Any, args: dict[str, Any], said: str) -> None:
    with pytest.raises(PluginExecutionFailed, match=said):
        plugin().run({"root": tmp_path} | args)


def test_a_tool_is_found_by_its_newest_version_or_missed_by_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PluginExecutionFailed, match=r"ninja is not installed here\. On Debian or Ubuntu: apt install ninja-build"):
        tool("ninja", "ninja-build")

    for name in ("clang-tidy-9", "clang-tidy-18", "clang-tidy-diff-20"):
        program(tmp_path / name, "exit 0")
    assert tool("clang-tidy") == str(tmp_path / "clang-tidy-18")
    program(tmp_path / "clang-tidy", "exit 0")
    assert tool("clang-tidy") == str(tmp_path / "clang-tidy")


def test_private_files_are_found_at_every_depth(tmp_path: Path) -> None:
    secret = ["task/.task.yml", "task/test_private.cpp", "private/all/x", "a/b/c/d/private_data"]
    for name in (*secret, "task/test.cpp", "a/task.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    assert {str(path.relative_to(tmp_path)) for path in private(tmp_path)} == {*secret[:2], "private", secret[3]}


@pytest.mark.parametrize(
    ("text", "flag", "said"),
    [
        ("s3cret\nmore", "s3cret", "Correct flag"),
        ("42", 42, "Correct flag"),
        ("wrong", "s3cret", "Wrong flag in flag.txt"),
        ("", "s3cret", "Wrong flag in flag.txt"),
        ("ünï", "ünï", "Correct flag"),
        ("x", None, "The course set no flag"),
        (None, "s3cret", "There is no file flag.txt"),
    ],
)
def test_a_flag_is_compared_and_never_shown(tmp_path: Path, text: str | None, flag: str | int | None, said: str) -> None:
    if text is not None:
        (tmp_path / "flag.txt").write_text(text)
    try:
        output = CppFlagPlugin().run({"task_path": tmp_path, "flag": flag}).output
    except PluginExecutionFailed as failed:
        output = failed.message + failed.output

    assert said in output
    assert "s3cret" not in output


def test_a_flag_behind_a_link_is_none(tmp_path: Path) -> None:
    (tmp_path / "solution").write_text("s3cret")
    (tmp_path / "flag.txt").symlink_to("solution")

    with pytest.raises(PluginExecutionFailed, match="it is a symbolic link"):
        CppFlagPlugin().run({"task_path": tmp_path, "flag": "s3cret"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("crash", "The program crashed: it was killed by SIGSEGV"),
        ("fail", "The program crashed: it failed with exit code 2"),
        ("work", "The program did not crash: it ended with 0"),
        ("hang", "The program did not crash: it was stopped by its limit of time"),
    ],
)
def test_a_crash_by_the_students_input_passes(tmp_path: Path, text: str, said: str) -> None:
    task = tmp_path / "task"
    task.mkdir()
    (task / "main.sh").write_text("#!/bin/sh\nread what; case $what in crash) kill -SEGV $$;; fail) exit 2;; hang) sleep 99;; esac")
    (task / "input.txt").write_text(text)
    args = {"reference_root": tmp_path, "task_path": task, "binary_name": "main", "script": ["install", "-m", "755", "main.sh"], "timeout": 1.5}
    try:
        output = CppCrashMePlugin().run(args).output
    except PluginExecutionFailed as failed:
        output = failed.message

    assert said in output
    assert sorted(path.name for path in task.iterdir()) == ["input.txt", "main.sh"]


def test_a_program_that_was_not_made_did_not_crash(tmp_path: Path) -> None:
    (tmp_path / "input.txt").touch()

    for script, said in ((["true"], "The script made no program main"), (["false"], "Compiling failed with exit code 1")):
        with pytest.raises(PluginExecutionFailed, match=said):
            CppCrashMePlugin().run({"reference_root": tmp_path, "task_path": tmp_path, "binary_name": "main", "script": script})
