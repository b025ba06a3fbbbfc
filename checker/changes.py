"""Which tasks a push is about."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from checker.config.checker import Detection
from checker.course import Course, Task
from checker.exceptions import CheckerException
from checker.git import EMPTY_TREE, GitError, git, has_commit, succeeds

log = logging.getLogger(__name__)

REMOTE = "origin"
STEPS = ("--deepen=20", "--deepen=200", "--unshallow")
"""How a clone of one commit learns more, until it knows enough."""
BRANCH_VARIABLES = ("CI_COMMIT_REF_NAME", "GITHUB_HEAD_REF", "GITHUB_REF_NAME")


@dataclass(frozen=True)
class Push:
    """What is known of a push."""

    repository: Path
    environment: Mapping[str, str]
    """The CI job's variables."""
    branch: str | None = None
    """The branch's name, if somebody said it."""
    base_ref: str | None = None
    """What the push is compared with, if somebody said it."""


def changed_tasks(course: Course, push: Push) -> list[Task]:
    """The enabled tasks that the push is about, in the schedule's order, as the course's `changes_detection` finds them."""
    if not succeeds(push.repository, "rev-parse", "--git-dir"):
        raise CheckerException(f"{push.repository} is no git repository, so nobody knows what changed. Name tasks with --task, or take --all-tasks")
    if not has_commit(push.repository, "HEAD"):
        return []
    tasks = course.tasks()
    match course.config.testing.changes_detection:
        case Detection.BRANCH_NAME:
            name = branch_of(push)
            return [task for task in tasks if task.group == name] or [task for task in tasks if task.name == name]
        case Detection.COMMIT_MESSAGE:
            said = messages(push)
            return [task for task in tasks if is_named(task.name, said) or is_named(task.group, said)]
        case Detection.LAST_COMMIT_CHANGES:
            paths = changed_paths(push)
            return [task for task in tasks if any(path.is_relative_to(task.path) for path in paths)]


def is_named(name: str, text: str) -> bool:
    """Whether the text has the name as a word of its own: `sum` is neither in `sum_list` nor in `sum-list`, but in `Fix sum.`"""
    return re.search(rf"(?<![\w-])(?<!\w\.){re.escape(name)}(?![\w-]|\.\w)", text) is not None


def branch_of(push: Push) -> str:
    """The branch's name; CI jobs have no branch checked out, but tell its name."""
    if push.branch:
        return push.branch
    if succeeds(push.repository, "symbolic-ref", "-q", "HEAD"):
        return git(push.repository, "symbolic-ref", "--short", "HEAD").strip()
    for variable in BRANCH_VARIABLES:
        if name := push.environment.get(variable):
            return name
    raise CheckerException("No branch is checked out and CI does not tell its name: give it with --branch")


def messages(push: Push) -> str:
    """The messages of all commits of the push."""
    base = base_of(push)
    commits = ["HEAD", "-1"] if base == first_parent(push) else [f"{base}..HEAD"]
    return git(push.repository, "log", "--format=%B", *commits)


def changed_paths(push: Push) -> list[PurePosixPath]:
    """The paths, relative to the repository, that differ from what was there before the push."""
    names = git(push.repository, "diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--relative", base_of(push), "HEAD")
    return [PurePosixPath(name) for name in names.split("\0") if name]


def base_of(push: Push) -> str:
    """The commit, or tree, that the push is compared with.

    What `base_ref` names; else the commit that GitLab says was there before; else, on a new branch, where it left the default branch; else the first
    parent of the last commit. A merge brought what its first parent had not.
    """
    if push.base_ref and is_name(push.base_ref):
        if base := found(push.repository, push.base_ref):
            return base
        raise CheckerException(f"--base-ref {push.base_ref}: neither this clone nor its server has such a commit")
    before = push.environment.get("CI_COMMIT_BEFORE_SHA", "")
    if is_name(before):
        if base := found(push.repository, before):
            return base
        log.warning("The commit before this push, %.8s, is gone: only the last commit is looked at", before)
    elif before and (base := where_it_left(push)):
        return base
    return first_parent(push)


def is_name(commit: str) -> bool:
    """Whether this names a commit: CI says forty zeros for none."""
    return bool(commit.strip("0"))


def found(repository: Path, name: str) -> str | None:
    """The commit of this name, fetched if the clone is too shallow to have it; None if nobody has it."""
    if has_commit(repository, name):
        return commit_of(repository, name)
    for step in STEPS:
        if not is_shallow(repository) or not succeeds(repository, "fetch", "--quiet", step, REMOTE):
            break
        if has_commit(repository, name):
            return commit_of(repository, name)
    if succeeds(repository, "fetch", "--quiet", REMOTE, name):
        return commit_of(repository, "FETCH_HEAD")
    return None


def commit_of(repository: Path, name: str) -> str:
    """The commit's full name."""
    return git(repository, "rev-parse", "--verify", f"{name}^{{commit}}").strip()


def is_shallow(repository: Path) -> bool:
    """Whether the clone has a part of the history only."""
    return git(repository, "rev-parse", "--is-shallow-repository").strip() == "true"


def where_it_left(push: Push) -> str | None:
    """Where a new branch left the default branch, or None if that cannot be told."""
    default = push.environment.get("CI_DEFAULT_BRANCH")
    if not default or default == push.environment.get("CI_COMMIT_REF_NAME"):
        return None
    try:
        git(push.repository, "fetch", "--quiet", *(["--unshallow"] if is_shallow(push.repository) else []), REMOTE, default)
        return git(push.repository, "merge-base", "FETCH_HEAD", "HEAD").strip()
    except GitError as error:
        log.warning("Where this branch left %s is unknown, so only its last commit is looked at: %s", default, error)
        return None


def first_parent(push: Push) -> str:
    """The last commit's first parent, fetched if the clone has one commit only; of a first commit, the empty tree."""
    # From the commit itself: in a shallow clone, git's own list of parents ends where the clone does.
    header = git(push.repository, "cat-file", "commit", "HEAD").partition("\n\n")[0]
    parents = [line.split()[1] for line in header.splitlines() if line.startswith("parent ")]
    if not parents:
        return EMPTY_TREE
    if not has_commit(push.repository, parents[0]) and not found(push.repository, parents[0]):
        raise CheckerException(
            "This clone has a single commit and its server does not give the one before, so nobody knows what changed. "
            "Clone more: GIT_DEPTH: 20 in a GitLab CI file, fetch-depth: 20 for GitHub's actions/checkout"
        )
    return parents[0]
