"""Which tasks a push is about: by branch, by message, by paths; of the whole push, in shallow clones, with merges."""

from pathlib import Path

import pytest

from checker.changes import Push, changed_tasks, is_named
from checker.course import load
from checker.exceptions import CheckerException
from tests.checker.courses import git, make_course, with_tasks_pipeline
from tests.checker.test_grade import make_fork, push


@pytest.fixture
def fork(tmp_path: Path) -> Path:
    return make_fork(tmp_path / "fork")


def changed(fork: Path, how: str = "last_commit_changes", **facts: str) -> list[str]:
    """The names of the tasks that are found; upper-case facts are variables of the CI job."""
    course = fork.parent / "course"
    if not course.exists():
        make_course(course)
    make_course(course, {".checker.yml": with_tasks_pipeline(changes_detection=how)})
    variables = {name: value for name, value in facts.items() if name.isupper()}
    return [task.name for task in changed_tasks(load(course), Push(fork, variables, facts.get("branch"), facts.get("base_ref")))]


def head(fork: Path) -> str:
    return git(fork, "rev-parse", "HEAD").strip()


def one_commit_clone(fork: Path) -> Path:
    """A clone as CI makes it: of the last commit, on no branch."""
    clone = fork.parent / "clone"
    git(fork.parent, "clone", "--quiet", "--depth", "1", fork.as_uri(), str(clone))
    git(clone, "checkout", "--quiet", "--detach")
    return clone


def test_a_task_changed_if_a_file_in_its_folder_did(fork: Path) -> None:
    push(fork, {"basics/add/solution.py": "1", "basics/addition/solution.py": "1", "more/deep/mul/new/file": "1"})

    assert changed(fork) == ["add", "mul"]


def test_a_file_that_is_gone_or_moved_is_a_change(fork: Path) -> None:
    git(fork, "mv", "basics/add/solution.py", "basics/sub/moved.py")
    push(fork, {})

    assert changed(fork) == ["add", "sub"]


def test_the_whole_push_counts(fork: Path) -> None:
    before = head(fork)
    push(fork, {"basics/add/solution.py": "1"})
    push(fork, {"basics/sub/solution.py": "1"})
    push(fork, {})

    assert changed(fork) == []
    assert changed(fork, CI_COMMIT_BEFORE_SHA=before) == ["add", "sub"]
    assert changed(fork, base_ref="HEAD~2") == ["sub"]


def test_a_first_commit_brings_all_that_is_in_it(fork: Path) -> None:
    assert changed(fork) == ["add", "sub", "mul"]


def test_a_merge_brings_what_its_first_parent_had_not(fork: Path) -> None:
    git(fork, "checkout", "--quiet", "-b", "topic")
    push(fork, {"basics/add/solution.py": "1"})
    git(fork, "checkout", "--quiet", "main")
    push(fork, {"more/deep/mul/solution.py": "1"})
    git(fork, "merge", "--quiet", "--no-edit", "topic")

    assert changed(fork) == ["add"]


def test_a_clone_of_one_commit_learns_what_it_needs(fork: Path) -> None:
    before = head(fork)
    push(fork, {"basics/add/solution.py": "1"})
    push(fork, {"basics/sub/solution.py": "1"})

    assert changed(one_commit_clone(fork), CI_COMMIT_BEFORE_SHA=before) == ["add", "sub"]


def test_a_clone_of_one_commit_without_a_word_of_ci_learns_the_commit_before(fork: Path) -> None:
    push(fork, {"basics/add/solution.py": "1"})

    assert changed(one_commit_clone(fork)) == ["add"]


def test_a_clone_whose_server_gives_no_more_says_what_to_set(fork: Path) -> None:
    push(fork, {"basics/add/solution.py": "1"})
    clone = one_commit_clone(fork)
    git(clone, "remote", "set-url", "origin", "/nowhere")

    with pytest.raises(CheckerException, match="GIT_DEPTH: 20"):
        changed(clone)


def test_after_a_forced_push_whose_commit_is_gone_the_last_commit_counts(fork: Path, caplog: pytest.LogCaptureFixture) -> None:
    push(fork, {"basics/add/solution.py": "1"})

    assert changed(fork, CI_COMMIT_BEFORE_SHA="1" * 40) == ["add"]
    assert "is gone: only the last commit" in caplog.text


def test_a_new_branch_brings_what_it_has_since_it_left_the_default_branch(fork: Path) -> None:
    git(fork, "checkout", "--quiet", "-b", "topic")
    push(fork, {"basics/add/solution.py": "1"})
    push(fork, {"basics/sub/solution.py": "1"})
    clone = one_commit_clone(fork)

    assert changed(clone, CI_COMMIT_BEFORE_SHA="0" * 40, CI_DEFAULT_BRANCH="main", CI_COMMIT_REF_NAME="topic") == ["add", "sub"]


def test_a_base_that_nobody_has_is_an_error(fork: Path) -> None:
    with pytest.raises(CheckerException, match="--base-ref no-such: neither this clone nor its server"):
        changed(fork, base_ref="no-such")


@pytest.mark.parametrize(("branch", "tasks"), [("sub", ["sub"]), ("basics", ["add", "sub"]), ("main", []), ("deep", [])])
def test_a_branch_is_called_as_its_task_or_group(fork: Path, branch: str, tasks: list[str]) -> None:
    assert changed(fork, "branch_name", branch=branch) == tasks
    git(fork, "checkout", "--quiet", "-B", branch)
    assert changed(fork, "branch_name") == tasks
    git(fork, "checkout", "--quiet", "--detach")
    assert changed(fork, "branch_name", CI_COMMIT_REF_NAME=branch) == tasks


def test_no_branch_at_all_asks_for_one(fork: Path) -> None:
    git(fork, "checkout", "--quiet", "--detach")

    with pytest.raises(CheckerException, match="--branch"):
        changed(fork, "branch_name")


def test_messages_of_the_whole_push_name_tasks_and_groups(fork: Path) -> None:
    before = head(fork)
    push(fork, {}, "add: start")
    push(fork, {}, "more, at last")

    assert changed(fork, "commit_message") == ["mul"]
    assert changed(fork, "commit_message", CI_COMMIT_BEFORE_SHA=before) == ["add", "mul"]


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("sum", "Fix sum.", True),
        ("sum", "sum", True),
        ("sum", "sum: done", True),
        ("sum", "(sum)", True),
        ("sum", "sum_list", False),
        ("sum", "sum-list", False),
        ("sum", "my sums", False),
        ("sum", "sum.py", False),
        ("1.First", "all of 1.First!", True),
        ("First", "1.First", False),
        ("a+b", "a+b works", True),
    ],
)
def test_a_name_is_a_word_of_its_own(name: str, text: str, named: bool) -> None:
    assert is_named(name, text) is named
