"""History decides: what is reported, edited or imported becomes an entry, and the score is the fold of all entries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from courses import history_queries as queries
from courses.evaluation import Happened, Terms, entry_of, extended, happened
from courses.grades import Facts, Formulas, from_json, grade
from courses.history_queries import Person
from courses.models import Course
from courses.scoring import EntryKind, fold
from courses.statuses import CourseStatus, final_grade
from courses.totals import Totals, Worth, totals


@dataclass(frozen=True)
class New:
    """What is to be added to a history; `raw` is the score as it was typed, see `Submission`."""

    kind: EntryKind
    raw: str | None
    submitted_at: datetime
    check_deadline: bool = True
    allow_reduction: bool = False
    commit: str | None = None
    job: str | None = None
    author_id: int | None = None
    reason: str | None = None

    @property
    def happened(self) -> Happened:
        """The part of it that the score depends on."""
        return Happened(self.kind, self.raw, self.check_deadline, self.allow_reduction, self.submitted_at)


@dataclass(frozen=True)
class Added:
    """An entry that is in the history: the score after it, what became of it in words, and when the work was handed in."""

    score: int | None
    why: str
    submitted_at: datetime


def add(course: Course, person: Person, terms: Terms, new: New, at: datetime) -> Added:
    """Add an entry to the history of a person who is locked, and keep what then counts; the caller commits.

    The same commit and job again is the same submission and gets the first answer.
    """
    history = queries.history_of(person.id, terms.assignment_id)
    if new.job is not None and new.commit is not None:
        for row in history:
            if (row.job, row.commit) == (new.job, new.commit):
                return Added(row.score, row.why, row.submitted_at)
    deadline = extended(terms.deadline, queries.extensions_of(person.id, terms))
    entries = [entry_of(happened(row), terms.points) for row in history] + [entry_of(new.happened, terms.points)]
    outcome = fold(entries, deadline, terms.limits).outcomes[-1]
    queries.add_submission(
        enrolment_id=person.id,
        assignment_id=terms.assignment_id,
        **new.happened._asdict(),
        commit=new.commit,
        job=new.job,
        author_id=new.author_id,
        reason=new.reason,
        arrived_at=at,
        attempt=outcome.attempt,
        multiplier=outcome.multiplier,
        earned=outcome.earned,
        score=outcome.score,
        counted=outcome.counted,
        why=outcome.why,
    )
    queries.set_score(person.id, terms.assignment_id, outcome.score, at)
    keep_totals(course, person, at)
    return Added(outcome.score, outcome.why, new.submitted_at)


def keep_totals(course: Course, person: Person, at: datetime) -> None:
    """Add up the scores of a person who is locked, and keep the sums and the grade; the caller commits."""
    counting = queries.counting_with_scores(course.id, person.id)
    scores = {assignment.name: score for assignment, score in counting if score is not None}
    sums, new = standing([assignment.worth(at) for assignment, _ in counting], scores, formulas_of(course))
    queries.set_totals(person.id, sums.total_score, sums.large_count, final_grade(CourseStatus(course.status), person.saved_grade, new))


def standing(worths: Iterable[Worth], scores: Mapping[str, int], formulas: Formulas) -> tuple[Totals, int]:
    """What the scores add up to, and the grade that the formulas give for it."""
    sums = totals(worths, scores)
    return sums, grade(formulas, Facts(sums.percent, sums.total_score, sums.large_count, scores)) if formulas else 0


def formulas_of(course: Course) -> Formulas:
    """The course's formulas of grades; none for a course without."""
    return from_json(course.grade_formulas) if course.grade_formulas else {}
