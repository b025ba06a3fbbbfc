"""`checker grade`: a student's push is tested with the course's tests, whatever the student's repository says."""

import json
from pathlib import Path

import pytest

from tests.checker.courses import READS_SOLUTION, checker, git, make_course, task_files, with_checker, with_tasks_pipeline, write


def make_fork(folder: Path) -> Path:
    """A student's repository of one commit, in which nothing is solved."""
    files = {f"{task}/solution.py": "to do: wrong\n" for task in ("basics/add", "basics/sub", "more/deep/mul")}
    write(folder, {"README.md": "# Mine\n", **files})
    git(folder, "init", "--quiet")
    return push(folder, {})


def push(folder: Path, files: dict[str, object], message: str = "work") -> Path:
    """Commit files."""
    write(folder, files)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return folder


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return make_course(tmp_path / "course")


@pytest.fixture
def fork(tmp_path: Path) -> Path:
    return make_fork(tmp_path / "fork")


def graded(fork: Path, course: Path, *options: object, env: dict[str, str] | None = None) -> tuple[list[str], int]:
    """The names of the tasks that were graded, and the exit code."""
    results = fork.parent / "results.json"
    outcome = checker("grade", fork, course, "--json", results, *options, env={"CI_COMMIT_BEFORE_SHA": "", **(env or {})})
    return [task["task"] for task in json.loads(results.read_text())["tasks"]], outcome.exit_code


def test_a_right_solution_passes_and_a_wrong_one_fails_with_its_output(course: Path, fork: Path) -> None:
    push(fork, {"basics/add/solution.py": "right\n"})
    assert graded(fork, course) == (["add"], 0)

    push(fork, {"basics/add/solution.py": "wrong, sorry\n"})
    result = checker("grade", fork, course)

    assert result.exit_code == 1
    assert "wrong, sorry" in result.output
    assert 'add failed at "Tests"' in result.output


def test_a_push_that_changes_no_task_ends_well(course: Path, fork: Path) -> None:
    push(fork, {"README.md": "# Mine, all mine\n"})

    assert graded(fork, course) == ([], 0)


def test_the_tests_are_the_courses_whatever_the_student_pushed(course: Path, fork: Path) -> None:
    # Given a course that looks at the tests that it runs
    looks = {"name": "Look", "run": "probe", "args": {"reads": "${{ global.temp_dir }}/basics/add/${{ parameters.file }}", "fail": True}}
    write(course, {".checker.yml": {**with_tasks_pipeline(looks), "default_parameters": {"file": "test_public.py"}}})

    # When a student brings other tests, other settings and other plugins
    push(
        fork,
        {
            "basics/add/test_public.py": "mine",
            "basics/add/.task.yml": {"version": 1, "task_pipeline": []},
            ".checker.yml": "no",
            "tools/plugins/probe.py": "no",
        },
    )

    # Then they count for nothing
    assert "public" in checker("grade", fork, course).output
    write(course, {".checker.yml": {**with_tasks_pipeline(looks), "default_parameters": {"file": "private_test.py"}}})
    assert "secret" in checker("grade", fork, course).output


def test_a_link_to_the_private_tests_is_not_followed(course: Path, fork: Path) -> None:
    (fork / "basics/add/solution.py").unlink()
    (fork / "basics/add/solution.py").symlink_to(course / "basics/add/private_test.py")
    (fork / "basics/add/folder").symlink_to(course)
    push(fork, {})

    result = checker("grade", fork, course)

    assert result.exit_code == 1
    assert "basics/add/solution.py is a link that leads to no file of this repository" in result.output
    assert "secret" not in result.output


def test_a_link_inside_the_repository_is_its_file(course: Path, fork: Path) -> None:
    (fork / "basics/add/solution.py").unlink()
    (fork / "basics/add/solution.py").symlink_to("mine.py")
    push(fork, {"basics/add/mine.py": "right\n"})

    assert graded(fork, course) == (["add"], 0)


def test_a_file_where_the_course_has_a_folder_has_to_go(tmp_path: Path, fork: Path) -> None:
    course = make_course(tmp_path / "other", {"basics/add/private_data/in.txt": "1"})
    push(fork, {"basics/add/private_datb": "x", "basics/add/solution.py": "right\n"})
    (course / "basics/add/private_data").rename(course / "basics/add/data")
    write(course, {".checker.yml": with_checker(structure={"private_patterns": ["in.txt"], "public_patterns": []})})
    push(fork, {"basics/add/data": "a file"})

    assert graded(fork, course) == (["add"], 0)


def test_whatever_a_pattern_says_a_file_with_a_template_is_the_students(tmp_path: Path, fork: Path) -> None:
    course = make_course(
        tmp_path / "other", {".checker.yml": with_checker(structure={"public_patterns": ["*"], "private_patterns": [".*"], "ignore_patterns": [".git"]})}
    )
    push(fork, {"basics/add/solution.py": "wrong of the student\n"})

    assert "wrong of the student" in checker("grade", fork, course).output


def test_what_is_reported_waits_for_a_pass_and_for_being_asked(tmp_path: Path, fork: Path) -> None:
    report = {
        "name": "Report",
        "run": "probe",
        "args": {"say": "${{ global.username }} ${{ task.task_name }} ${{ outputs.tests.percentage * task.task_score_percent }}"},
    }
    tests = {**READS_SOLUTION, "register_output": "tests"}
    course = make_course(tmp_path / "other", {".checker.yml": with_tasks_pipeline(tests, report_pipeline=[report])})
    push(fork, {"basics/add/solution.py": "right\n", "basics/sub/solution.py": "wrong\n"})

    asked, unasked = checker("grade", fork, course, "--submit-score", "--username", "ann"), checker("grade", fork, course)

    assert "ann add 1.0" in asked.output
    assert "ann sub" not in asked.output
    assert "ann" not in unasked.output
    late = checker("grade", fork, course, "--submit-score", "--username", "ann", "--timestamp", "2100-01-01 00:00")
    assert "ann add 0.0" in late.output


def test_a_score_is_not_submitted_by_the_students_own_rules(fork: Path) -> None:
    result = checker("grade", fork, "--submit-score")

    assert result.exit_code == 2
    assert "--submit-score needs REFERENCE, the course's own files" in result.output


def test_a_report_that_fails_fails_the_job(tmp_path: Path, fork: Path) -> None:
    course = make_course(
        tmp_path / "other", {".checker.yml": with_tasks_pipeline(report_pipeline=[{"name": "Report", "run": "probe", "args": {"fail": True}}])}
    )
    push(fork, {"basics/add/solution.py": "right\n"})

    assert graded(fork, course, "--submit-score") == (["add"], 1)


@pytest.mark.parametrize(("timestamp", "code"), [("2026-09-01T18:00:00Z", 0), ("2026-09-01 18:00:00+03:00", 0), ("yesterday", 2)])
def test_the_time_of_the_work_is_an_iso_time(course: Path, fork: Path, timestamp: str, code: int) -> None:
    push(fork, {"basics/add/solution.py": "right\n"})

    assert checker("grade", fork, course, "--timestamp", timestamp).exit_code == code


def test_tasks_can_be_named_where_no_git_is(course: Path, tmp_path: Path) -> None:
    loose = write(tmp_path / "loose", {"basics/add/solution.py": "right\n"})

    assert checker("grade", loose, course).output.startswith(f"error: {loose} is no git repository")
    assert graded(loose, course, "--task", "add") == (["add"], 0)


def test_an_image_without_the_tasks_to_come_grades_those_that_are_there(course: Path, fork: Path, tmp_path: Path) -> None:
    write(course, {".manytask.yml": (course / ".manytask.yml").read_text().replace("2026-01-01 00:00", "2026-01-01 00:00", 1)})
    future = (course / ".manytask.yml").read_text().rpartition("2026-01-01 00:00")
    write(course, {".manytask.yml": future[0] + "2099-01-01 00:00" + future[2]})
    checker("export-private", course, tmp_path / "image")
    push(fork, {"basics/add/solution.py": "right\n", "more/deep/mul/solution.py": "right\n"})

    assert not (tmp_path / "image/more").exists()
    assert graded(fork, tmp_path / "image") == (["add"], 0)


def test_output_cannot_clear_the_log_or_write_over_it(course: Path, fork: Path) -> None:
    push(fork, {"basics/add/solution.py": "wrong\x1b[2J\x1b[1A\rok, \x1b[32mall passed\x1b[0m\x1b]0;title\x07\n"})

    output = checker("grade", fork, course).output

    assert "wrong\nok, \x1b[32mall passed\x1b[0m\n" in output


def test_output_gives_no_orders_to_githubs_runner(course: Path, fork: Path) -> None:
    push(fork, {"basics/add/solution.py": "wrong\n::add-path::/tmp\n"})

    lines = checker("grade", fork, course, env={"GITHUB_ACTIONS": "true"}).output.splitlines()

    stop, order = (next(line for line in lines if line.startswith(start)) for start in ("::stop-commands::", "::add-path::/tmp"))
    assert lines.index(stop) < lines.index(order) < lines.index(f"::{stop.removeprefix('::stop-commands::')}::")


def test_files_of_every_kind_arrive(tmp_path: Path, fork: Path) -> None:
    course = make_course(tmp_path / "other", task_files("basics/größe"))
    push(fork, {"basics/add/solution.py": b"right \xff\xfe\n", "basics/add/dät\u0430 \U0001f600.bin": b"\0\1", "basics/add/-rf": ""})

    assert graded(fork, course, "--task", "sub") == (["sub"], 1)
