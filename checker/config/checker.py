"""`.checker.yml`, and `.task.yml` and `.group.yml`, which say otherwise for a folder."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from checker.config.reading import Section

CHECKER_FILE = ".checker.yml"
TASK_FILE = ".task.yml"
GROUP_FILE = ".group.yml"


def first_version(version: int) -> int:
    """The version of a file's format, of which there is one."""
    if version != 1:
        raise ValueError("must be 1, the only version of this file there is")
    return version


def glob_pattern(pattern: str) -> str:
    """A pattern for one name or a few from the end of a path, such as `*.pyc` or `tests/private_*`."""
    if "**" in pattern:
        raise ValueError(f'"{pattern}": ** is not needed, every pattern counts at any depth')
    if not pattern.strip("/"):
        raise ValueError("a pattern may not be empty")
    return pattern.rstrip("/")


Version = Annotated[int, AfterValidator(first_version)]
Patterns = list[Annotated[str, AfterValidator(glob_pattern)]]


class Structure(Section):
    """Which paths are ignored, public or private; the rest are the student's. Absent: as in the folder above."""

    ignore_patterns: Patterns | None = None
    private_patterns: Patterns | None = None
    public_patterns: Patterns | None = None


class Templates(StrEnum):
    """How students get something else than the solution."""

    SEARCH = "search"
    CREATE = "create"
    SEARCH_OR_CREATE = "search_or_create"


class Export(Section):
    """Where and how the public tree is published."""

    destination: str = Field(min_length=1)
    default_branch: str = "main"
    commit_message: str = "chore(auto): export new tasks"
    templates: Templates = Templates.SEARCH
    push_options: list[str] = ["ci.skip"]


class Fail(StrEnum):
    """What a failed stage does to its pipeline."""

    FAST = "fast"
    AFTER_ALL = "after_all"
    NEVER = "never"


class Stage(Section):
    """A step of a pipeline: which plugin runs, with which arguments, and when."""

    name: str
    run: str
    args: dict[str, Any] = {}
    run_if: bool | str | None = None
    fail: Fail = Fail.FAST
    register_output: str | None = None


class Detection(StrEnum):
    """How `grade` finds the tasks that a push is about."""

    BRANCH_NAME = "branch_name"
    COMMIT_MESSAGE = "commit_message"
    LAST_COMMIT_CHANGES = "last_commit_changes"


class Backend(StrEnum):
    """What students' code runs in."""

    BUBBLEWRAP = "bubblewrap"
    MINIJAIL = "minijail"
    RLIMITS = "rlimits"


class Testing(Section):
    """How work is tested."""

    __test__ = False  # pytest takes classes called Test… for tests.

    changes_detection: Detection = Detection.LAST_COMMIT_CHANGES
    search_plugins: list[str] = []
    sandbox: Backend | None = None
    global_pipeline: list[Stage] = []
    tasks_pipeline: list[Stage] = []
    report_pipeline: list[Stage] = []


class CheckerConfig(Section):
    """`.checker.yml`."""

    version: Version
    default_parameters: dict[str, Any] = {}
    structure: Structure = Structure()
    export: Export
    testing: Testing = Testing()


class FolderConfig(Section):
    """`.task.yml` or `.group.yml`: what its folder does differently."""

    version: Version
    structure: Structure = Structure()
    parameters: dict[str, Any] = {}
    task_pipeline: list[Stage] | None = None
    report_pipeline: list[Stage] | None = None
