"""`checker export`: students get the tasks of started groups, never a private file and never a solution."""

import json
import os
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.structure import Kind, Patterns
from tests.checker.courses import CHECKER, checker, git, make_course, manytask, task_files, with_checker, write

MARKED = "a = 1\n# SOLUTION BEGIN\nb = 2\n# SOLUTION END\n"


def tree(folder: Path) -> dict[str, str]:
    """Each file below the folder with its text."""
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file() and ".git" not in file.relative_to(folder).parts}


def exported(course: Path, command: str = "export") -> dict[str, str]:
    """What the command writes."""
    result = checker(command, course, course.parent / command)
    assert result.exit_code == 0, result.output
    return tree(course.parent / command)


PUBLIC = {
    "README.md": "# Course\n",
    **{
        f"{task}/{name}": text
        for task in ("basics/add", "basics/sub", "more/deep/mul")
        for name, text in (("solution.py", "to do\n"), ("test_public.py", "public\n"))
    },
}


def test_students_get_templates_and_public_files(tmp_path: Path) -> None:
    assert exported(make_course(tmp_path / "course")) == PUBLIC


def test_the_image_gets_the_private_files_and_no_solution(tmp_path: Path) -> None:
    written = exported(make_course(tmp_path / "course"), "export-private")

    assert written.items() >= PUBLIC.items()
    assert {name for name in written.keys() - PUBLIC.keys() if "private_test" in name} == {
        f"{task}/private_test.py" for task in ("basics/add", "basics/sub", "more/deep/mul")
    }
    assert {".checker.yml", ".manytask.yml", "basics/.group.yml", "basics/add/.task.yml", "tools/plugins/probe.py"} <= written.keys()
    assert "right\n" not in written.values()


@pytest.mark.parametrize("schedule", [{"enabled": False}, {"start": "2099-01-01 00:00"}])
def test_groups_that_are_disabled_or_to_come_are_left_out(tmp_path: Path, schedule: dict[str, object]) -> None:
    course = make_course(tmp_path / "course", {".manytask.yml": manytask({"basics": ["add", "sub"], "more": ["mul"]}, **schedule), "basics/notes.md": ""})

    assert exported(course) == {"README.md": "# Course\n"}


def test_a_disabled_task_and_one_that_the_schedule_does_not_know_are_left_out(tmp_path: Path) -> None:
    schedule = manytask({"basics": ["add"]})
    schedule["deadlines"]["schedule"][0]["tasks"].append({"task": "sub", "score": 1, "enabled": False})  # type: ignore[index]  # a mapping as YAML has it
    course = make_course(tmp_path / "course", {".manytask.yml": schedule})

    assert {name.split("/")[1] for name in exported(course) if "/" in name} == {"add"}


@pytest.mark.parametrize(
    ("templates", "files", "expected"),
    [
        ("search", {"x.cpp": "solved", "x.cpp.template": "starter"}, {"x.cpp": "starter"}),
        ("search", {"x.cpp": "solved", "x.cpp.template": ""}, {}),
        ("search", {"lib/a.py": "solved", "lib/b.py": "solved", "lib.template/c.py": "starter"}, {"lib/c.py": "starter"}),
        ("search", {"test_x.py": "solved", "test_x.py.template": "starter"}, {"test_x.py": "starter"}),
        ("search", {"x.py": "solved", "x.py.template": "s", "kept.pyc.template": "s", "kept.pyc": ""}, {"x.py": "s", "kept.pyc": "s"}),
        ("create", {"x.py": MARKED}, {"x.py": "a = 1\n# TODO: Your solution\n"}),
        ("create", {"x.py": MARKED, "y.py": "# SOLUTION BEGIN\nx\n# SOLUTION END"}, {"x.py": "a = 1\n# TODO: Your solution\n"}),
        ("search_or_create", {"x.py": MARKED, "y.py": "solved", "y.py.template": "s"}, {"x.py": "a = 1\n# TODO: Your solution\n", "y.py": "s"}),
    ],
)
def test_templates_stand_for_solutions(tmp_path: Path, templates: str, files: dict[str, str], expected: dict[str, str]) -> None:
    config = with_checker(export={"destination": "x", "templates": templates})
    course = write(
        tmp_path / "course",
        {
            ".checker.yml": config,
            ".manytask.yml": manytask({"g": ["t"]}),
            "g/.group.yml": "",
            "g/t/.task.yml": "",
            "tools/plugins/probe.py": "",
            **{f"g/t/{name}": text for name, text in files.items()},
        },
    )
    course.joinpath(".checker.yml").write_text(json.dumps({**config, "testing": {}}))

    assert exported(course) == {f"g/t/{name}": text for name, text in expected.items()}


def test_marks_that_do_not_match_export_nothing(tmp_path: Path) -> None:
    course = make_course(
        tmp_path / "course", {".checker.yml": with_checker(export={"destination": "x", "templates": "search_or_create"}), "notes.py": "SOLUTION BEGIN"}
    )
    write(tmp_path / "export", {"old": "kept"})

    result = checker("export", course, tmp_path / "export")

    assert result.exit_code == 1
    assert "notes.py, line 1: SOLUTION BEGIN without a SOLUTION END" in result.output
    assert tree(tmp_path / "export") == {"old": "kept"}


def test_what_was_there_goes_but_for_git(tmp_path: Path) -> None:
    write(tmp_path / "export", {"old/file": "", ".git/config": "kept"})
    (tmp_path / "export/link").symlink_to(tmp_path)

    assert exported(make_course(tmp_path / "course")) == PUBLIC
    assert (tmp_path / "export/.git/config").read_text() == "kept"


@pytest.mark.parametrize("place", [".", "..", "../.."])
def test_the_course_is_never_emptied(tmp_path: Path, place: str) -> None:
    course = make_course(tmp_path / "a/course")

    result = checker("export", course, course / place)

    assert result.exit_code == 1
    assert "holds the course itself" in result.output
    assert (course / "README.md").exists()


def test_an_export_inside_the_course_is_not_exported_again(tmp_path: Path) -> None:
    course = make_course(tmp_path / "course")

    for _ in range(2):
        assert checker("export", course, course / "out").exit_code == 0

    assert tree(course / "out") == PUBLIC


def test_modes_bytes_and_links_stay_as_they_are(tmp_path: Path) -> None:
    course = make_course(tmp_path / "course", {"run.sh": "#!/bin/sh\n", "image.png": b"\x89PNG\xff"})
    (course / "run.sh").chmod(0o755)
    (course / "link").symlink_to("basics/add/private_test.py")

    checker("export", course, tmp_path / "export")

    assert os.access(tmp_path / "export/run.sh", os.X_OK)
    assert (tmp_path / "export/image.png").read_bytes() == b"\x89PNG\xff"
    assert (tmp_path / "export/link").is_symlink()
    assert not (tmp_path / "export/link").exists()


def test_a_dry_run_lists_the_files_and_writes_none(tmp_path: Path) -> None:
    result = checker("export", make_course(tmp_path / "course"), tmp_path / "export", "--dry-run")

    assert "basics/add/solution.py (from basics/add/solution.py.template)" in result.output
    assert not (tmp_path / "export").exists()


@pytest.mark.parametrize("options", [True, False])
def test_a_commit_is_pushed_on_top_of_what_is_there_and_only_if_there_is_something_new(tmp_path: Path, options: bool) -> None:
    public = tmp_path / "public.git"
    git(tmp_path, "init", "--quiet", "--bare", str(public))
    git(public, "config", "receive.advertisePushOptions", str(options).lower())
    course = make_course(tmp_path / "course", {".checker.yml": with_checker(export={"destination": str(public)}), ".gitignore": "*.md\n"})

    # When the course is published, published again, and published with something new to a clone that has nothing
    outputs = [checker("export", course, tmp_path / "export", "--commit").output for _ in range(2)]
    write(course, {"basics/add/solution.py.template": "new starter\n"})
    outputs.append(checker("export", course, tmp_path / "elsewhere", "--commit").output)

    # Then there is a commit for each time that there was something new, with all files
    assert ["pushed to main" in output for output in outputs] == [True, False, True]
    assert git(public, "log", "--format=%s", "main").splitlines() == ["chore(auto): export new tasks"] * 2
    assert git(public, "show", "main:basics/add/solution.py") == "new starter\n"
    assert git(public, "show", "main:README.md") == "# Course\n"


def test_a_destination_that_refuses_is_told_in_its_words_without_its_password(tmp_path: Path) -> None:
    course = make_course(tmp_path / "course", {".checker.yml": with_checker(export={"destination": "http://oauth2:s3cret@127.0.0.1:1/public.git"})})

    result = checker("export", course, tmp_path / "export", "--commit")

    assert result.exit_code == 1
    assert "git ls-remote failed" in result.output
    assert "s3cret" not in result.output


NAMES = st.sampled_from(["a", "private_a", "test_a", "tools", ".a", "b.pyc", "x.template", "private_x.template"])


@given(st.lists(st.lists(NAMES, min_size=1, max_size=3).map(lambda parts: "/".join(parts)), min_size=1, max_size=6))
@settings(max_examples=25, deadline=None)
def test_no_private_file_is_ever_exported(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    root = tmp_path_factory.mktemp("course")
    course = make_course(root / "course", {".checker.yml": {**CHECKER, "testing": {}}})
    for name in names:
        file = course / "basics" / name
        if not file.exists() and all(not above.is_file() for above in file.parents):
            write(course, {f"basics/{name}": f"of {name}"})

    result = checker("export", course, root / "export")

    assert result.exit_code == 0, result.output
    patterns = Patterns(public=("test_*", ".gitignore"), private=(".*", "private_*", "tools"))
    for text in tree(root / "export").values():
        if text.startswith("of "):
            source = PurePosixPath(text.removeprefix("of "))
            assert all(patterns.kind(path, Kind.OTHER) is not Kind.PRIVATE for path in (source, *source.parents) if path.name), source


def test_schemas_are_written_for_editors(tmp_path: Path) -> None:
    checker("schema", tmp_path)

    schemas = {file.name: json.loads(file.read_text()) for file in tmp_path.iterdir()}
    assert schemas.keys() == {"schema-checker.json", "schema-task.json", "schema-group.json", "schema-manytask.json"}
    assert schemas["schema-checker.json"]["required"] == ["version", "export"]
    assert task_files("x")
