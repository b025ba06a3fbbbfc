"""`checker validate`: a course in order says so; every fault is told with its place."""

from pathlib import Path

import pytest

from tests.checker.courses import READS_SOLUTION, checker, make_course, manytask, with_checker, with_tasks_pipeline


def test_a_course_in_order_is_said_to_be(tmp_path: Path) -> None:
    result = checker("validate", make_course(tmp_path))

    assert result.exit_code == 0
    assert "3 tasks are in order" in result.output


def test_a_group_without_a_folder_is_odd_and_a_task_without_one_is_wrong(tmp_path: Path) -> None:
    make_course(tmp_path, {".manytask.yml": manytask({"nowhere": ["add"], "more": ["mul", "lost"]})})

    result = checker("validate", tmp_path)

    assert result.exit_code == 1
    assert 'Task "lost" is in the schedule and enabled, but' in result.output


def test_a_group_without_a_folder_and_a_task_that_the_schedule_forgot_are_warnings(tmp_path: Path) -> None:
    make_course(tmp_path, {".manytask.yml": manytask({"nowhere": ["add"]})})

    result = checker("validate", tmp_path)

    assert result.exit_code == 0
    assert 'warning: Group "nowhere" has no folder' in result.output
    assert "The schedule names no such task, so students get nothing of these, and they are not tested: basics/sub, more/deep/mul" in result.output


SCHEDULE = """\
version: 1
deadlines:
  timezone: Europe/Moscow
  schedule:
    - group: basics
      start: 2026-01-01 00:00
      steps: {0.5: 7d}
      end: 2026-02-01 00:00
      tasks: [{task: add, score: 1}]
"""


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        (".checker.yml", None, ".checker.yml is missing"),
        (".checker.yml", "a: [", "no YAML"),
        (".checker.yml", "- 1", ".checker.yml, line 1: must be a mapping"),
        (".checker.yml", with_checker(version=2), ".checker.yml, line 1, version: must be 1"),
        (".checker.yml", {"version": 1}, "export: is missing"),
        (".checker.yml", with_checker(structure={"public_patterns": ["a/**"]}), '"a/**": ** is not needed'),
        (".checker.yml", with_tasks_pipeline({"name": "A", "run": "probe", "fail": "later"}), "line 22, testing.tasks_pipeline[0].fail: should be 'fast'"),
        (".checker.yml", with_tasks_pipeline({"name": "A", "run": "prob"}), 'stage "A": there is no plugin "prob"'),
        (".checker.yml", with_tasks_pipeline({"name": "A", "run": "probe", "args": {"fail": "maybe"}}), "tasks_pipeline, stage"),
        (".checker.yml", with_tasks_pipeline({"name": "A", "run": "probe", "args": {"say": "${{ task.name_ }}"}}), 'there is no "name_" here'),
        (".checker.yml", with_tasks_pipeline({"name": "A", "run": "probe", "run_if": "${{ 1 + 1 }}"}), "must come to true or false"),
        (".checker.yml", with_tasks_pipeline({"name": "A", "run": "probe", "args": {"say": "${{ 1 + }}"}}), "${{ 1 + }}"),
        (".manytask.yml", SCHEDULE.replace("Moscow", "Mosco"), "line 3, deadlines.timezone: 'Europe/Mosco' is not the name"),
        (".manytask.yml", SCHEDULE.replace("7d", "soon"), "line 7, deadlines.schedule[0].steps.0.5: 'soon' is neither a date"),
        (".manytask.yml", SCHEDULE.replace("7d", "70d"), 'line 5, deadlines.schedule[0]: group "basics": steps: 0.5 (2026-03-11 21:00 UTC) must come after'),
        (".manytask.yml", SCHEDULE.replace("0.5: 7d", "0.5: 7d, 0.7: 8d"), "shares may only fall"),
        (".manytask.yml", SCHEDULE.replace("{task: add, score: 1}", "{task: add, score: 1}, {task: add, score: 2}"), 'another task is called "add"'),
        (".manytask.yml", SCHEDULE.replace("end: 2026", "end: 2025"), "its end, 2025-01-31 21:00, must come after its start"),
        ("basics/add/.task.yml", "version: one", "basics/add/.task.yml, line 1, version: should be a valid integer"),
        ("basics/add/solution.py.template", None, "basics/add: students would get the solution"),
        ("basics/add/lost.py.template", "", "the file that it stands for, lost.py, is missing"),
        ("basics/add/other.py", "# SOLUTION BEGIN", 'marked with SOLUTION BEGIN, but export.templates is "search"'),
        ("more/add/.task.yml", "", 'Task "add" has more than one folder: basics/add, more/add'),
        ("tools/plugins/broken.py", "import nothing_of_the_name", "broken.py cannot be imported"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, file: str, content: object, said: str) -> None:
    make_course(tmp_path, {} if content is None else {file: content})
    if content is None:
        (tmp_path / file).unlink()

    result = checker("validate", tmp_path)

    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    make_course(tmp_path, {".checker.yml": with_checker(version="x", default_parameters=3)})

    lines = [line for line in checker("validate", tmp_path).output.splitlines() if line.startswith("error: ")]

    assert len(lines) == 2


def test_a_stage_that_is_wrong_in_every_task_is_told_once(tmp_path: Path) -> None:
    make_course(tmp_path, {".checker.yml": with_tasks_pipeline({"name": "A", "run": "nothing"})})

    output = checker("validate", tmp_path).output

    assert output.count("there is no plugin") == 1
    assert "(in every task)" in output


def test_a_key_that_nobody_knows_is_told_with_what_was_meant(tmp_path: Path) -> None:
    make_course(tmp_path, {".checker.yml": with_tasks_pipeline({**READS_SOLUTION, "runif": True})})

    result = checker("validate", tmp_path)

    assert result.exit_code == 0
    assert 'testing.tasks_pipeline[0].runif: the checker knows no such key and ignores it. Did you mean "run_if"?' in result.output


def test_what_needs_a_secret_of_ci_is_not_wrong_on_a_teachers_machine(tmp_path: Path) -> None:
    report = {"name": "Report", "run": "probe", "args": {"fail": "${{ env.SECRET_OF_CI }}"}}
    make_course(tmp_path, {".checker.yml": with_tasks_pipeline(READS_SOLUTION, report_pipeline=[report])})

    here, there = checker("validate", tmp_path), checker("validate", tmp_path, env={"SECRET_OF_CI": "no boolean"})

    assert here.exit_code == 0
    assert "could not be checked to the end: SECRET_OF_CI" in here.output
    assert there.exit_code == 1
    assert "no boolean" not in there.output


def test_a_file_that_is_the_students_by_its_template_and_the_courses_by_a_pattern_is_odd(tmp_path: Path) -> None:
    make_course(tmp_path, {".checker.yml": with_checker(structure={"public_patterns": ["solution.py"], "private_patterns": [".*", "tools"]})})

    result = checker("validate", tmp_path)

    assert result.exit_code == 0
    assert "basics/add/solution.py has a template, and a pattern calls it public" in result.output


def test_a_key_without_a_value_is_as_good_as_none(tmp_path: Path) -> None:
    make_course(tmp_path, {"basics/add/.task.yml": "version: 1\nparameters:\n#  timeout: 3\nstructure:\n", "basics/sub/.task.yml": "# nothing yet\n"})

    assert checker("validate", tmp_path).exit_code == 0
