"""Working out every score of a course anew from its history, after its rules have changed."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row

from courses import recomputing_queries as queries
from courses.evaluation import entry_of, extended, happened
from courses.history import formulas_of, standing
from courses.history_queries import all_terms
from courses.models import Course
from courses.recomputing_queries import Past
from courses.scoring import Outcome, fold
from courses.statuses import CourseStatus, final_grade

Scores = dict[int, dict[int, int]]
"""What counts, by enrolment and assignment."""


@dataclass(frozen=True)
class Moved:
    """Somebody whose total or grade changed."""

    rms_username: str
    before: int
    after: int
    grade_before: int = 0
    grade_after: int = 0


@dataclass(frozen=True)
class WorkedOut:
    """What the histories of people come to, as far as it is not what is kept of them."""

    outcomes: Sequence[dict[str, Any]]
    people: Sequence[dict[str, Any]]
    scores: Scores
    moved: Sequence[Moved]


def recompute(course: Course, at: datetime, only: int | None = None) -> Sequence[Moved]:
    """Evaluate each history of the course, or of `only` one enrolment, by the rules as they are now, and keep what comes out; who moved.

    One transaction, which the caller commits: readers see the course as it was, or as it is. Everybody in question is locked meanwhile,
    in the order of their ids, so that no report is lost.
    """
    people = queries.lock_people(course.id, only)
    kept = queries.scores_of(course.id, only)
    found = work_out(course, people, at, only)
    queries.update_outcomes(found.outcomes)
    queries.put_scores(_differences(kept, found.scores), at)
    queries.drop_scores((person, assignment) for person in kept for assignment in kept[person] if assignment not in found.scores[person])
    queries.update_people(found.people)
    if only is None:
        course.outdated_since = None
        course.worked_out_at = at
    return found.moved


def foresee(course: Course, at: datetime) -> Sequence[Moved]:
    """Who would move if the course were recomputed; nobody is locked, and nothing is kept."""
    return work_out(course, queries.people_of(course.id), at).moved


def work_out(course: Course, people: Sequence[Row[*tuple[Any, ...]]], at: datetime, only: int | None = None) -> WorkedOut:
    """Evaluate each history of these people, which are all of the course or the `only` one."""
    scores, outcomes = _evaluated(course, only)
    counting, formulas = queries.counting_of(course.id), formulas_of(course)
    names = {assignment_id: assignment.name for assignment_id, assignment in counting.items()}
    worths, status = [assignment.worth(at) for assignment in counting.values()], CourseStatus(course.status)
    moved, changed = [], []
    for person in people:
        own = {names[assignment]: value for assignment, value in scores[person.id].items() if assignment in names}
        sums, new = standing(worths, own, formulas)
        grade = final_grade(status, person.saved_grade, new)
        after = (sums.total_score, sums.large_count, grade)
        if after != (person.total, person.large_count, person.saved_grade):
            changed.append({"id": person.id, "total": after[0], "large_count": after[1], "saved_grade": grade})
        # Of somebody whose scores never changed no grade was worked out before.
        before = grade if person.saved_grade is None else person.saved_grade
        if (sums.total_score, grade) != (person.total, before):
            moved.append(Moved(person.rms_username, person.total, sums.total_score, before, grade))
    return WorkedOut(outcomes, changed, scores, moved)


def _evaluated(course: Course, only: int | None) -> tuple[Scores, list[dict[str, Any]]]:
    """The score of each history, and all outcomes that are others than before."""
    terms = {each.assignment_id: each for each in all_terms(course.id)}
    deadlines = {assignment: own.deadline for assignment, own in terms.items()}
    extensions = queries.extensions_of(course.id, only)
    scores: Scores = defaultdict(dict)
    changed: list[dict[str, Any]] = []
    for (person, assignment), history in groupby(queries.histories_of(course.id, only), key=lambda past: (past.enrolment_id, past.assignment_id)):
        own = terms[assignment]
        past, deadline = list(history), deadlines[assignment]
        if person in extensions:
            deadline = extended(deadline, [each for each in extensions[person] if each.assignment_id == assignment or each.group_id == own.group_id])
        folded = fold([entry_of(happened(row), own.points) for row in past], deadline, own.limits)
        changed += _changed(past, folded.outcomes)
        if folded.score is not None:
            scores[person][assignment] = folded.score
    return scores, changed


def _changed(past: Sequence[Past], outcomes: Sequence[Outcome]) -> Iterator[dict[str, Any]]:
    for row, outcome in zip(past, outcomes, strict=True):
        after = (outcome.attempt, outcome.multiplier, outcome.earned, outcome.score, outcome.counted, outcome.why)
        if after != row[8:]:
            yield dict(zip(queries.OUTCOME, after, strict=True)) | {"id": row.id}


def _differences(kept: Scores, scores: Scores) -> Iterator[dict[str, int]]:
    for person, own in scores.items():
        for assignment, value in own.items():
            if kept.get(person, {}).get(assignment) != value:
                yield {"enrolment_id": person, "assignment_id": assignment, "value": value}
