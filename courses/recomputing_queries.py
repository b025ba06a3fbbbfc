"""What recomputing a course reads and writes: whole sets, in a constant number of statements."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Boolean, ColumnElement, Double, Integer, Row, Text, and_, delete, literal, select, tuple_, update

from courses.evaluation import Counting
from courses.history_queries import COUNTING
from courses.models import Assignment, Enrolment, Extension, Group, Score, Submission
from project.database import UTCDateTime, insert, on_sqlite, rows_as_table
from project.extensions import db

CHUNK = 5000
OUTCOME = {"attempt": Integer(), "multiplier": Double(), "earned": Integer(), "score": Integer(), "counted": Boolean(), "why": Text()}
"""The columns of a submission that are worked out, in the order of `Past`."""


class Past(NamedTuple):
    """An entry of a history: what happened first, as `Happened` has it, and what it came to last."""

    kind: str
    raw: str | None
    check_deadline: bool
    allow_reduction: bool
    submitted_at: datetime
    id: int
    enrolment_id: int
    assignment_id: int
    attempt: int | None
    multiplier: float
    earned: int | None
    score: int | None
    counted: bool
    why: str


PEOPLE = (Enrolment.id, Enrolment.rms_username, Enrolment.total, Enrolment.large_count, Enrolment.saved_grade)


def _who(course_id: int, only: int | None) -> ColumnElement[bool]:
    """Everybody in the course, or the one enrolment."""
    everybody = Enrolment.course_id == course_id
    return everybody if only is None else and_(everybody, Enrolment.id == only)


def people_of(course_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Everybody in the course, with what is kept of their scores."""
    return db.session.execute(select(*PEOPLE).where(Enrolment.course_id == course_id).order_by(Enrolment.id)).all()


def lock_people(course_id: int, only: int | None = None) -> Sequence[Row[*tuple[Any, ...]]]:
    """The same, or the one enrolment of it; their histories are the transaction's alone."""
    who = _who(course_id, only)
    if on_sqlite():
        db.session.execute(update(Enrolment).where(who).values(total=Enrolment.total).execution_options(synchronize_session=False))
    return db.session.execute(select(*PEOPLE).where(who).order_by(Enrolment.id).with_for_update()).all()


def histories_of(course_id: int, only: int | None = None) -> Iterator[Past]:
    """All entries of the course, history by history, each in its order."""
    rows = select(*(getattr(Submission, name) for name in Past._fields)).join(Enrolment, Enrolment.id == Submission.enrolment_id)
    ordered = rows.where(_who(course_id, only)).order_by(Submission.enrolment_id, Submission.assignment_id, Submission.id)
    return (Past(*row) for row in db.session.execute(ordered.execution_options(yield_per=CHUNK)))


def extensions_of(course_id: int, only: int | None = None) -> dict[int, list[Row[*tuple[Any, ...]]]]:
    """The extensions by enrolment."""
    columns = (Extension.enrolment_id, Extension.assignment_id, Extension.group_id, Extension.extra, Extension.ends_at)
    found: dict[int, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in db.session.execute(select(*columns).join(Enrolment, Enrolment.id == Extension.enrolment_id).where(_who(course_id, only))):
        found[row.enrolment_id].append(row)
    return found


def scores_of(course_id: int, only: int | None = None) -> dict[int, dict[int, int]]:
    """What counts, by enrolment and assignment."""
    columns = (Score.enrolment_id, Score.assignment_id, Score.value)
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for person, assignment, value in db.session.execute(select(*columns).join(Enrolment, Enrolment.id == Score.enrolment_id).where(_who(course_id, only))):
        found[person][assignment] = value
    return found


def counting_of(course_id: int) -> dict[int, Counting]:
    """The enabled assignments of the course by id, in their order."""
    enabled = (Assignment.course_id == course_id, Assignment.enabled, Group.enabled)
    rows = select(Assignment.id, *COUNTING).join_from(Assignment, Group, Group.id == Assignment.group_id).where(*enabled)
    return {row[0]: Counting(*row[1:]) for row in db.session.execute(rows.order_by(Assignment.position))}


def update_outcomes(rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what entries came to, by their ids."""
    _update(Submission, OUTCOME, rows)


def update_people(rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what scores add up to, by the ids of enrolments."""
    _update(Enrolment, {"total": Integer(), "large_count": Integer(), "saved_grade": Integer()}, rows)


def _update(model: type[Submission] | type[Enrolment], types: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    for start in range(0, len(rows), CHUNK):
        new = rows_as_table({"id": BigInteger(), **types}, rows[start : start + CHUNK])
        changed = update(model).where(model.id == new.c.id).values({name: new.c[name] for name in types})
        db.session.execute(changed.execution_options(synchronize_session=False))


def put_scores(rows: Iterable[Mapping[str, int]], at: datetime) -> None:
    """Keep what counts now."""
    listed = list(rows)
    types = {"enrolment_id": BigInteger(), "assignment_id": BigInteger(), "value": Integer()}
    for start in range(0, len(listed), CHUNK):
        new = rows_as_table(types, listed[start : start + CHUNK])
        # SQLite takes the ON of ON CONFLICT for a join's, unless a WHERE stands between.
        selected = select(*new.c, literal(at, UTCDateTime())).where(literal(1) == 1)
        put = insert(Score).from_select([*types, "updated_at"], selected)
        values = {"value": put.excluded["value"], "updated_at": put.excluded["updated_at"]}
        db.session.execute(put.on_conflict_do_update(index_elements=["enrolment_id", "assignment_id"], set_=values))


def drop_scores(keys: Iterable[tuple[int, int]]) -> None:
    """Forget scores that no history has any more."""
    listed = list(keys)
    for start in range(0, len(listed), CHUNK):
        gone = delete(Score).where(tuple_(Score.enrolment_id, Score.assignment_id).in_(listed[start : start + CHUNK]))
        db.session.execute(gone.execution_options(synchronize_session=False))
