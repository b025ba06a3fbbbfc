"""Totals, grade formulas and the grade by the status of the course."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.grades import Facts, Lack, from_json, grade, next_grade
from courses.statuses import MEANING, CourseStatus, final_grade
from courses.totals import Totals, Worth, totals
from tests.courses.examples import a_few

COURSE = [
    Worth("sum", 10),
    Worth("product", 20, is_large=True, min_score=15),
    Worth("extra", 5, is_bonus=True),
    Worth("later", 40, started=False),
    Worth("gone", 80, enabled=False),
]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({}, Totals(30, 0, 0.0, 0)),
        ({"sum": 10, "product": 20}, Totals(30, 30, 100.0, 1)),
        ({"sum": 10, "product": 14}, Totals(30, 24, 80.0, 0)),
        ({"product": 15}, Totals(30, 15, 50.0, 1)),
        ({"sum": 10, "product": 20, "extra": 5}, Totals(30, 35, 116.7, 1)),
        ({"later": 40}, Totals(30, 40, 133.3, 0)),
        ({"gone": 80, "unknown": 7}, Totals(30, 0, 0.0, 0)),
        ({"sum": -10}, Totals(30, -10, -33.3, 0)),
    ],
)
def test_totals_count_what_is_enabled(scores: dict[str, int], expected: Totals) -> None:
    assert totals(COURSE, scores) == expected


def test_where_nothing_can_be_had_yet_the_percentage_is_zero() -> None:
    assert totals([Worth("later", 40, started=False)], {"later": 10}) == Totals(0, 10, 0.0, 0)


def test_a_large_task_without_a_least_score_counts_for_everybody() -> None:
    assert totals([Worth("big", 40, is_large=True)], {}).large_count == 1


FORMULAS = {
    5: [{"percent": 90, "large_count": 2}, {"scores/exam": 10}],
    4: [{"percent": 70, "total_score": 100}],
    3: [{"percent": 50}],
    2: [{"": 0}],
}


def facts(percent: float = 0, total_score: int = 0, large_count: int = 0, **scores: int) -> Facts:
    return Facts(percent, total_score, large_count, scores)


@pytest.mark.parametrize(
    ("student", "expected"),
    [
        (facts(), 2),
        (facts(percent=49.9), 2),
        (facts(percent=50), 3),
        (facts(percent=70, total_score=99), 3),
        (facts(percent=70, total_score=100), 4),
        (facts(percent=90, total_score=100, large_count=1), 4),
        (facts(percent=90, large_count=2), 5),
        (facts(exam=10), 5),
        (facts(exam=9), 2),
    ],
)
def test_the_best_grade_that_is_reached_counts(student: Facts, expected: int) -> None:
    assert grade(FORMULAS, student) == expected


@pytest.mark.parametrize(
    "formulas", [{}, {5: []}, {5: [{"percent": 101}]}, {5: [{"scores/none": 0}]}, {5: [{"scores": 0}]}, {5: [{"unknown": 0}]}, {5: [{"": 2}]}]
)
def test_what_matches_nothing_is_grade_zero(formulas: dict[int, list[dict[str, float]]]) -> None:
    assert grade(formulas, facts(percent=100)) == 0


def test_an_alternative_without_minimums_asks_for_nothing() -> None:
    assert grade({1: [{}]}, facts()) == 1


def test_a_path_may_be_written_as_paths_are() -> None:
    assert grade({1: [{"./scores//unit/one/": 3}]}, Facts(0, 0, 0, {"unit/one": 3})) == 1


def test_what_is_missing_to_the_next_grade_is_said_for_each_way() -> None:
    missing = next_grade(FORMULAS, facts(percent=75, total_score=100, large_count=2), reached=4)

    assert missing is not None
    assert missing.grade == 5
    assert missing.ways == ((Lack("percent", 75, 90),), (Lack("scores/exam", None, 10),))


def test_after_the_best_grade_nothing_is_missing() -> None:
    assert next_grade(FORMULAS, facts(exam=10), reached=5) is None


def test_formulas_come_back_from_json() -> None:
    assert from_json({"5": [{"percent": 90}]}) == {5: [{"percent": 90}]}


@a_few
@given(st.floats(0, 120), st.floats(0, 120), st.integers(0, 3))
def test_more_points_never_make_a_worse_grade(one: float, other: float, large_count: int) -> None:
    less, more = sorted((one, other))

    assert grade(FORMULAS, facts(less, int(less), large_count)) <= grade(FORMULAS, facts(more, int(more), large_count))


@pytest.mark.parametrize(
    ("status", "saved", "new", "expected"),
    [
        (CourseStatus.CREATED, 5, 2, 2),
        (CourseStatus.HIDDEN, 5, 2, 2),
        (CourseStatus.IN_PROGRESS, 5, 2, 2),
        (CourseStatus.IN_PROGRESS, None, 2, 2),
        (CourseStatus.ALL_TASKS_ISSUED, 5, 2, 5),
        (CourseStatus.ALL_TASKS_ISSUED, 2, 5, 5),
        (CourseStatus.DORESHKA, 2, 5, 3),
        (CourseStatus.DORESHKA, 4, 5, 4),
        (CourseStatus.DORESHKA, 3, 2, 3),
        (CourseStatus.DORESHKA, None, 1, 1),
        (CourseStatus.FINISHED, 3, 5, 3),
        (CourseStatus.FINISHED, None, 5, 0),
    ],
)
def test_the_status_decides_what_becomes_of_a_grade(status: CourseStatus, saved: int | None, new: int, expected: int) -> None:
    assert final_grade(status, saved, new) == expected


@pytest.mark.parametrize("status", CourseStatus)
def test_an_override_wins(status: CourseStatus) -> None:
    assert final_grade(status, 5, 4, override=0) == 0


def test_each_status_says_who_sees_the_course_and_what_it_takes() -> None:
    def those(holds: str) -> list[str]:
        return [status.value for status in CourseStatus if getattr(status, holds)]

    assert list(MEANING) == list(CourseStatus)
    assert those("ready") == ["hidden", "in_progress", "all_tasks_issued", "doreshka", "finished"]
    assert those("shown_to_students") == ["in_progress", "all_tasks_issued", "doreshka", "finished"]
    assert those("takes_reports") == ["hidden", "in_progress", "all_tasks_issued", "doreshka"]
    assert those("takes_configs") == ["created", "hidden", "in_progress", "all_tasks_issued", "doreshka"]


def test_a_created_course_is_hidden_after_its_first_config() -> None:
    assert CourseStatus.CREATED.after_config(None) is CourseStatus.HIDDEN
    assert CourseStatus.CREATED.after_config(CourseStatus.IN_PROGRESS) is CourseStatus.IN_PROGRESS
    assert CourseStatus.DORESHKA.after_config(None) is CourseStatus.DORESHKA
