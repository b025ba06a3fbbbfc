"""A student's history of one assignment, evaluated."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.deadlines import Deadline, Step
from courses.scoring import Entry, EntryKind, Limits, fold
from tests.courses.examples import a_few

START = datetime(2026, 2, 1, 10, 0, tzinfo=UTC)
DEADLINE = Deadline(START, START + timedelta(days=10), (Step(START + timedelta(days=5), 0.5),))


def report(score: int, day: float = 1, *, check_deadline: bool = True, allow_reduction: bool = False) -> Entry:
    return Entry(EntryKind.REPORT, score, START + timedelta(days=day), check_deadline, allow_reduction)


def edit(score: int | None) -> Entry:
    return Entry(EntryKind.EDIT, score, START)


def undo() -> Entry:
    return Entry(EntryKind.UNDO, None, START)


def imported(score: int) -> Entry:
    return Entry(EntryKind.IMPORT, score, START)


@pytest.mark.parametrize(
    ("entries", "scores", "last_why"),
    [
        ([report(8)], [8], "In time: 8 points."),
        ([report(1)], [1], "In time: 1 point."),
        ([report(8, day=6)], [4], "Late: 50 % of 8 points."),
        ([report(8), report(5)], [8, 8], "In time: 5 points. Not more than the 8 you have."),
        ([report(8), report(10, day=6)], [8, 8], "Late: 50 % of 10 points. Not more than the 8 you have."),
        ([report(8), report(5, allow_reduction=True)], [8, 5], "In time: 5 points. Your score went down from 8, as the report asked."),
        ([report(8, day=-1)], [0], "Not counted: handed in before the start."),
        ([report(8), report(9, day=10)], [8, 8], "Not counted: handed in after the end."),
        ([report(9, day=10, check_deadline=False)], [9], "In time: 9 points."),
        ([report(8), edit(-10), report(9)], [8, -10, -10], "In time: 9 points. Your score stays -10 until a teacher changes it."),
        ([report(8), edit(3)], [8, 3], "A teacher set the score to 3."),
        ([report(8), edit(None)], [8, None], "A teacher took the score away."),
        ([report(8), edit(None), report(2)], [8, None, 2], "In time: 2 points."),
        ([report(8), edit(3), undo()], [8, 3, 8], "A teacher took an edit back: the score is 8."),
        ([report(5), edit(9), report(7), undo()], [5, 9, 9, 7], "A teacher took an edit back: the score is 7."),
        ([edit(3), edit(9), undo(), undo()], [3, 9, 3, None], "A teacher took an edit back: there is no score."),
        ([edit(3), undo(), edit(9), undo(), report(4)], [3, None, 9, None, 4], "In time: 4 points."),
        ([report(8), undo()], [8, 8], "A teacher took an edit back: the score is 8."),
        ([imported(7)], [7], "7 points came from another system."),
        ([report(8), imported(7)], [8, 8], "7 points came from another system. You had 8."),
        ([report(8), imported(-7)], [8, -7], "-7 points came from another system."),
    ],
)
def test_a_history_says_what_each_entry_came_to(entries: list[Entry], scores: list[int | None], last_why: str) -> None:
    folded = fold(entries, DEADLINE)

    assert [outcome.score for outcome in folded.outcomes] == scores
    assert folded.score == scores[-1]
    assert folded.outcomes[-1].why == last_why


def test_without_entries_there_is_no_score() -> None:
    assert fold([], DEADLINE).score is None


def test_a_submission_past_the_maximum_does_not_count() -> None:
    folded = fold([report(1), report(2), report(10)], DEADLINE, Limits(max_submissions=2))

    assert [outcome.counted for outcome in folded.outcomes] == [True, True, False]
    assert folded.score == 2
    assert folded.outcomes[-1].why == "Not counted: 2 submissions are allowed, and this is one more."


def test_a_submission_before_the_start_uses_up_none() -> None:
    folded = fold([report(1, day=-1), report(2)], DEADLINE, Limits(max_submissions=1))

    assert [(outcome.attempt, outcome.counted, outcome.score) for outcome in folded.outcomes] == [(1, False, 0), (2, True, 2)]


def test_edits_are_no_submissions() -> None:
    folded = fold([edit(1), imported(2), report(3)], DEADLINE, Limits(max_submissions=1, penalty=0.5))

    assert folded.score == 3
    assert [outcome.attempt for outcome in folded.outcomes] == [None, None, 1]


def test_each_counted_submission_takes_the_penalty_off_the_next_ones() -> None:
    folded = fold([report(10)] * 5, DEADLINE, Limits(penalty=0.3))

    assert [outcome.earned for outcome in folded.outcomes] == [10, 7, 4, 1, 0]
    assert [outcome.multiplier for outcome in folded.outcomes] == [1, 0.7, 0.4, 0.1, 0]
    assert folded.outcomes[2].why == "In time: 10 points. 60 % less after 2 earlier submissions. Not more than the 10 you have."


def test_an_extension_evaluates_the_same_history_anew() -> None:
    entries = [report(10, day=6), report(10, day=11)]

    assert fold(entries, DEADLINE).score == 5
    assert fold(entries, DEADLINE.extended(by=timedelta(days=2))).score == 10


ENTRIES = st.builds(
    Entry,
    st.sampled_from(EntryKind),
    st.integers(-20, 20),
    st.integers(-2, 12).map(lambda days: START + timedelta(days=days)),
    st.booleans(),
    st.booleans(),
)
LIMITS = st.builds(Limits, st.none() | st.integers(1, 4), st.floats(0, 1))


@a_few
@given(st.lists(ENTRIES, max_size=8), LIMITS)
def test_folding_again_changes_nothing_and_what_comes_later_changes_nothing_before_it(entries: list[Entry], limits: Limits) -> None:
    whole = fold(entries, DEADLINE, limits)

    assert whole == fold(entries, DEADLINE, limits)
    for length in range(len(entries)):
        assert fold(entries[:length], DEADLINE, limits).outcomes == whole.outcomes[:length]


@a_few
@given(st.lists(st.integers(0, 20).map(report), max_size=8), LIMITS)
def test_reports_in_time_never_lower_a_score_and_never_pass_the_best_report(entries: list[Entry], limits: Limits) -> None:
    scores = [outcome.score or 0 for outcome in fold(entries, DEADLINE, limits).outcomes]

    assert scores == sorted(scores)
    assert max(scores, default=0) <= max((entry.score or 0 for entry in entries), default=0)


@a_few
@given(st.lists(ENTRIES, max_size=6), st.integers(-20, 20), st.lists(st.integers(0, 20).map(report), max_size=6), LIMITS)
def test_an_edit_that_is_undone_might_never_have_been(before: list[Entry], value: int, after: list[Entry], limits: Limits) -> None:
    assert fold([*before, edit(value), *after, undo()], DEADLINE, limits).score == fold([*before, *after], DEADLINE, limits).score


@a_few
@given(st.permutations([report(score, day) for score, day in ((3, 1), (9, 6), (5, 2), (4, 11), (7, 3))]))
def test_without_limits_reports_may_come_in_any_order(entries: list[Entry]) -> None:
    assert fold(entries, DEADLINE).score == 7


@a_few
@given(st.lists(ENTRIES, max_size=8), LIMITS)
def test_no_more_reports_count_than_the_limit_allows_and_no_multiplier_leaves_its_bounds(entries: list[Entry], limits: Limits) -> None:
    outcomes = fold(entries, DEADLINE, limits).outcomes

    assert limits.max_submissions is None or sum(outcome.counted and outcome.attempt is not None for outcome in outcomes) <= limits.max_submissions
    assert all(0 <= outcome.multiplier <= 1 and outcome.why for outcome in outcomes)
