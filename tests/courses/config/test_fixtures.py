"""The configs in tests/fixtures load unchanged, and say what their authors meant."""

import re
from datetime import UTC, datetime

import pytest

from courses.config.model import CourseConfig, TaskConfig
from courses.config.reader import read_config
from courses.deadlines import DeadlineKind, Step
from courses.statuses import CourseStatus
from project.settings import ROOT

FIXTURES = {file.name.partition(".")[0]: file for file in (ROOT / "tests" / "fixtures").glob("*.manytask.yml")}
KEYS = re.findall(
    r"\w+",
    """
    version status settings course_name gitlab_base_url public_repo students_group ui task_url_template links deadlines timezone max_submissions
    submission_penalty window schedule group enabled start steps end tasks task score min_score special is_bonus is_large is_special url grades mr_review
    """,
)


def fixture(name: str) -> CourseConfig:
    return read_config(FIXTURES[name].read_bytes())


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # Parts of a date, not its zone.


def test_together_they_use_every_key_that_there_is() -> None:
    written = "".join(file.read_text() for file in FIXTURES.values())

    assert len(FIXTURES) >= 5
    assert [key for key in KEYS if f"{key}:" not in written] == []


@pytest.mark.parametrize("name", sorted(FIXTURES))
def test_each_of_them_loads(name: str) -> None:
    assert fixture(name).task_url_template.startswith("http")


def test_first_steps_has_dates_by_the_clock_of_its_zone() -> None:
    config = fixture("first-steps")

    assert config.status is CourseStatus.IN_PROGRESS
    assert config.kind is DeadlineKind.HARD
    assert [group.name for group in config.groups] == ["1.Numbers", "2.Texts"]
    numbers, texts = config.groups
    assert (numbers.start, numbers.end) == (utc(2026, 2, 2, 7), utc(2026, 5, 31, 21))
    assert numbers.steps == (Step(utc(2026, 2, 12, 18), 1.0), Step(utc(2026, 2, 19, 18), 0.5))
    assert texts.steps == (Step(utc(2026, 3, 5, 18, 0, 30), 0.5),)
    assert numbers.tasks == (TaskConfig("sum", 10), TaskConfig("product", 20), TaskConfig("primes", 30, is_bonus=True))
    assert texts.tasks[0] == TaskConfig("palindromes", 15, min_score=5, url="https://en.wikipedia.org/wiki/Palindrome")
    assert list(config.links) == ["Repository", "Questions & answers"]


def test_algorithms_counts_spans_on_the_courses_clock_and_merges_anchors() -> None:
    config = fixture("algorithms")

    assert config.kind is DeadlineKind.INTERPOLATE
    assert (config.window, config.max_submissions, config.submission_penalty) == (14, 20, 0.05)
    sorting, graphs = config.groups
    # 10:00 in winter is 9:00 UTC, in summer 8:00.
    assert sorting.start == utc(2026, 3, 23, 9)
    assert sorting.steps == (Step(utc(2026, 3, 30, 8), 0.8), Step(utc(2026, 4, 5, 13, 59, 59), 0.5), Step(utc(2026, 4, 13, 8), 0.3))
    assert sorting.end == utc(2026, 10, 9, 8)
    assert sorting.tasks == (TaskConfig("bubble", 5), TaskConfig("quick", 10), TaskConfig("external", 40, min_score=20, is_large=True))
    assert graphs.steps == (Step(utc(2026, 4, 6, 13, 30), 0.9), Step(utc(2026, 4, 20, 10), 0.5))
    assert graphs.end == utc(2026, 5, 6, 20)
    assert graphs.tasks == (TaskConfig("bfs", 10, special=1), TaskConfig("max-flow", 50, min_score=20, is_large=True, is_special=True))


def test_graded_has_formulas() -> None:
    assert fixture("graded").grades == {
        10: ({"percent": 95, "large_count": 1, "scores/exam": 80},),
        8: ({"total_score": 300, "scores/oral/exam": 10}, {"percent": 80.5, "large_count": 1}),
        4: ({"percent": 40},),
        2: ({"": 0},),
    }


def test_partly_hidden_keeps_what_is_disabled_and_what_is_not_understood() -> None:
    config = fixture("partly-hidden")

    assert [(group.name, group.enabled) for group in config.groups] == [("Ready", True), ("Not yet", False), ("Empty", True)]
    assert [(task.name, task.enabled) for task in config.groups[0].tasks] == [("hello", True), ("goodbye", False), ("pure-joy", True)]
    # The last step is the end itself, and the end is out.
    assert config.groups[0].steps[-1].at == config.groups[0].end
    assert config.mr_review == {"enabled": True, "labels": ["needs-review", "approved"], "rules": {"approvals": 1, "since": "2026-09-07"}}


def test_the_smallest_config_has_a_default_for_everything_else() -> None:
    assert fixture("smallest") == CourseConfig("https://example.org/$TASK_NAME", "UTC")
