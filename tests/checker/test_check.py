"""`checker check`: a teacher's run over the solutions of a course."""

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.checker.courses import READS_SOLUTION, checker, make_course, with_checker, with_tasks_pipeline


def test_all_tasks_are_tested(tmp_path: Path) -> None:
    result = checker("check", make_course(tmp_path))

    assert result.exit_code == 0
    assert "3 of 3 tasks passed" in result.output


def test_failures_are_collected_and_named_at_the_end(tmp_path: Path) -> None:
    make_course(tmp_path, {"basics/add/solution.py": "wrong: 1 + 1 = 3\n"})

    result = checker("check", tmp_path)

    assert result.exit_code == 1
    assert "wrong: 1 + 1 = 3" in result.output
    assert "2 of 3 tasks passed" in result.output
    assert result.output.splitlines()[-1] == 'error: add failed at "Tests"'


@pytest.mark.parametrize("options", [[], ["-p", "-n", "2"]])
def test_a_log_with_colours_is_no_terminal_and_has_nothing_that_moves(tmp_path: Path, options: list[str]) -> None:
    output = checker("check", make_course(tmp_path), *options, env={"FORCE_COLOR": "1", "CI": ""}).output

    assert "\x1b[1madd\x1b[0m" in output
    assert not re.search(r"\x1b\[[0-9;?]*[A-Zhl]", output)


@pytest.mark.parametrize(
    ("options", "tasks"),
    [(["-t", "add"], ["add"]), (["-g", "basics"], ["add", "sub"]), (["-t", "mul", "-t", "add"], ["add", "mul"]), (["-g", "more", "-t", "sub"], ["sub", "mul"])],
)
def test_some_tasks_can_be_picked(tmp_path: Path, options: list[str], tasks: list[str]) -> None:
    checker("check", make_course(tmp_path / "course"), *options, "--json", tmp_path / "results.json")

    assert [task["task"] for task in json.loads((tmp_path / "results.json").read_text())["tasks"]] == tasks


def test_an_unknown_task_is_told_with_what_was_meant(tmp_path: Path) -> None:
    result = checker("check", make_course(tmp_path), "-t", "ad")

    assert result.exit_code == 1
    assert 'No enabled task is called "ad". Did you mean "add"?' in result.output


def test_tasks_run_side_by_side_and_each_log_is_in_one_piece(tmp_path: Path) -> None:
    # Given tasks that end only when they meet another
    met = tmp_path / "met"
    met.mkdir()
    course = make_course(tmp_path / "course")
    for folder, mine, other in (("basics/add", "add", "sub"), ("basics/sub", "sub", "add")):
        stages = [
            {"name": f"{mine} meets", "run": "probe", "args": {"meets": [str(met / mine), str(met / other)]}},
            {"name": f"{mine} fails", "run": "probe", "args": {"fail": True}},
        ]
        (course / folder / ".task.yml").write_text(json.dumps({"version": 1, "task_pipeline": stages}))

    # When both run at a time
    result = checker("check", course, "-g", "basics", "-p", "-n", "2")

    # Then both passed their meeting, and no line of one is among the lines of the other
    lines = [line.strip() for line in result.output.splitlines() if "✗" in line or "✓" in line or line in ("add", "sub")]
    assert [line.split()[0] for line in lines if line in ("add", "sub")] == [line.split()[1] for line in lines if "✓" in line]
    assert [line.split()[1] for line in lines if "✓" in line] == [line.split()[1] for line in lines if "✗" in line]
    assert len(lines) == 6


def test_a_process_of_a_task_that_dies_fails_the_run_and_does_not_hang_it(tmp_path: Path) -> None:
    make_course(tmp_path, {".checker.yml": with_tasks_pipeline({"name": "Die", "run": "probe", "args": {"exits": True}})})

    result = checker("check", tmp_path, "-p", "-n", "2")

    assert result.exit_code == 1
    assert "a process that ran tasks died" in result.output


def test_results_are_there_for_programs(tmp_path: Path) -> None:
    course = make_course(tmp_path / "course", {"basics/add/solution.py": b"wrong \x1b[31mred\x1b[0m \x07 \xf0\x9f\x98\x80\n"})

    checker("check", course, "--json", tmp_path / "out/results.json", "--junit", tmp_path / "out/results.xml")

    results = json.loads((tmp_path / "out/results.json").read_text())
    assert results["failed"] is True
    assert [(task["task"], task["group"], task["failed"]) for task in results["tasks"]] == [
        ("add", "basics", True),
        ("sub", "basics", False),
        ("mul", "more", False),
    ]
    assert results["tasks"][0]["stages"][0]["reason"] == "it is wrong"
    suites = ElementTree.parse(tmp_path / "out/results.xml").getroot()
    assert [(suite.get("name"), suite.get("failures")) for suite in suites] == [("add", "1"), ("sub", "0"), ("mul", "0")]
    failure = suites[0].find("testcase/failure")
    assert failure is not None
    assert failure.text == "wrong red  😀\n"


def test_what_runs_before_all_tasks_ends_the_run_if_it_fails(tmp_path: Path) -> None:
    make_course(
        tmp_path,
        {".checker.yml": with_tasks_pipeline(READS_SOLUTION, global_pipeline=[{"name": "Prepare", "run": "probe", "args": {"fail": True, "say": "no disk"}}])},
    )

    result = checker("check", tmp_path)

    assert result.exit_code == 1
    assert "no disk" in result.output
    assert 'what runs before all tasks failed: "Prepare"' in result.output
    assert "add" not in result.output


def test_a_plugin_that_breaks_is_one_line(tmp_path: Path) -> None:
    make_course(tmp_path, {".checker.yml": with_tasks_pipeline({"name": "Break", "run": "probe", "args": {"crash": True}})})

    result = checker("check", tmp_path, "-t", "add")

    assert result.exit_code == 1
    assert "the plugin probe broke: ZeroDivisionError: a bug of the course's own plugin" in result.output


def test_a_dry_run_shows_the_stages_and_runs_none(tmp_path: Path) -> None:
    make_course(tmp_path, {".checker.yml": with_tasks_pipeline({"name": "Fails", "run": "probe", "args": {"fail": True, "say": "${{ env.HOME }}"}})})

    result = checker("check", tmp_path, "--dry-run")

    assert result.exit_code == 0
    assert "would run probe with {'fail': True, 'say': '${{ env.HOME }}'}" in result.output
    assert "passed" not in result.output


def test_the_tree_can_be_kept_to_look_at(tmp_path: Path) -> None:
    result = checker("check", make_course(tmp_path), "-t", "add", "--no-clean")

    tree = Path(next(line for line in result.output.splitlines() if "tested tree" in line).split()[-1])
    assert (tree / "basics/add/private_test.py").read_text() == "secret\n"
    assert not (tree / "basics/add/solution.py.template").exists()
    shutil.rmtree(tree)


def test_an_error_of_the_checker_itself_is_one_line_and_a_trace_on_demand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr("checker.cli.run", broken)
    make_course(tmp_path)

    quiet, loud = checker("check", tmp_path), checker("check", tmp_path, env={"CHECKER_DEBUG": "1"})

    assert quiet.exit_code == loud.exit_code == 1
    assert "error: the checker itself broke: RuntimeError: no such luck" in quiet.output
    assert "Traceback" not in quiet.output
    assert "Traceback" in loud.output


def test_a_wrong_option_is_a_fault_of_the_command_line(tmp_path: Path) -> None:
    assert checker("check", make_course(tmp_path), "--no-such").exit_code == 2


def test_parameters_and_pipelines_of_a_task_beat_its_groups_and_those_the_courses(tmp_path: Path) -> None:
    says = {"name": "Say", "run": "probe", "args": {"say": "${{ parameters.a }}${{ parameters.b }}${{ parameters.c }}", "fail": True}}
    course = {**with_tasks_pipeline(says), "default_parameters": {"a": "root ", "b": "root ", "c": "root "}}
    make_course(
        tmp_path,
        {
            ".checker.yml": course,
            "basics/.group.yml": {"version": 1, "parameters": {"b": "group ", "c": "group "}},
            "basics/add/.task.yml": {"version": 1, "parameters": {"c": "task "}},
            "more/.group.yml": {"version": 1, "task_pipeline": []},
        },
    )

    result = checker("check", tmp_path)

    assert "root group task" in result.output
    assert "root group group" in result.output
    assert "root root root" not in result.output
    assert with_checker()["version"] == 1
