"""What the tables of courses hold about one person, by the account or by who that is in one course.

What teachers note of a student is the student's to know once it is asked for: an examiner's comments are personal data of who is examined (Court of Justice
of the EU, C-434/16, Nowak).
"""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from accounts.people.belongings import Belongings, Record
from courses.models import Assignment, ConfigDraft, Course, CourseToken, Enrolment, Extension, Group, RowChange, Score, Submission
from project.extensions import db

CHUNK = 1000
ENROLMENT = (
    *("role", "rms_username", "rms_id", "first_name", "last_name", "repo_url", "comment"),
    *("total", "large_count", "saved_grade", "grade_override", "created_at"),
)
SUBMISSION = (
    *("kind", "raw", "check_deadline", "allow_reduction", "submitted_at", "arrived_at", "commit", "job"),
    *("attempt", "multiplier", "earned", "score", "counted", "why", "reason"),
)
COURSE, TASK = Course.name.label("course"), Assignment.name.label("task")


def _records(rows: Select[*tuple[Any, ...]]) -> Iterator[Record]:
    for row in db.session.execute(rows.execution_options(yield_per=CHUNK)).mappings():
        yield dict(row)


def _columns(model: type[Any], names: tuple[str, ...]) -> list[Any]:
    return [getattr(model, name) for name in names]


def _enrolments(who: ColumnElement[bool]) -> Iterator[Record]:
    rows = select(COURSE, *_columns(Enrolment, ENROLMENT)).join(Course, Course.id == Enrolment.course_id)
    return _records(rows.where(who).order_by(Enrolment.id))


def _scores(who: ColumnElement[bool]) -> Iterator[Record]:
    rows = select(COURSE, TASK, Score.value, Score.updated_at).join_from(Score, Enrolment, Enrolment.id == Score.enrolment_id)
    rows = rows.join(Course, Course.id == Enrolment.course_id).join(Assignment, Assignment.id == Score.assignment_id)
    return _records(rows.where(who).order_by(Score.enrolment_id, Score.assignment_id))


def _submissions(who: ColumnElement[bool]) -> Iterator[Record]:
    rows = select(COURSE, TASK, *_columns(Submission, SUBMISSION)).join_from(Submission, Enrolment, Enrolment.id == Submission.enrolment_id)
    rows = rows.join(Course, Course.id == Enrolment.course_id).join(Assignment, Assignment.id == Submission.assignment_id)
    return _records(rows.where(who).order_by(Submission.id))


def _row_changes(who: ColumnElement[bool]) -> Iterator[Record]:
    rows = select(COURSE, *_columns(RowChange, ("kind", "before", "after", "at"))).join_from(RowChange, Enrolment, Enrolment.id == RowChange.enrolment_id)
    return _records(rows.join(Course, Course.id == Enrolment.course_id).where(who).order_by(RowChange.id))


def _extensions(who: ColumnElement[bool]) -> Iterator[Record]:
    rows = select(COURSE, Group.name.label("group"), TASK, Extension.extra, *_columns(Extension, ("ends_at", "reason", "created_at")))
    rows = rows.join_from(Extension, Enrolment, Enrolment.id == Extension.enrolment_id).join(Course, Course.id == Enrolment.course_id)
    rows = rows.outerjoin(Group, Group.id == Extension.group_id).outerjoin(Assignment, Assignment.id == Extension.assignment_id)
    for record in _records(rows.where(who).order_by(Extension.id)):
        extra = record["extra"]
        yield {**record, "extra": None if extra is None else extra.total_seconds()}


def _tokens(who: ColumnElement[bool]) -> Iterator[Record]:
    rows = select(COURSE, *_columns(CourseToken, ("name", "scope", "created_at", "last_used_at", "revoked_at")))
    rows = rows.join_from(CourseToken, Enrolment, Enrolment.id == CourseToken.enrolment_id).join(Course, Course.id == Enrolment.course_id)
    return _records(rows.where(who).order_by(CourseToken.id))


ALL: dict[str, Callable[[ColumnElement[bool]], Iterator[Record]]] = {
    "enrolments": _enrolments,
    "scores": _scores,
    "submissions": _submissions,
    "comments and grades": _row_changes,
    "extensions": _extensions,
    "course tokens": _tokens,
}


def _edits_made(user_id: int) -> Iterator[Record]:
    rows = select(COURSE, TASK, *_columns(Submission, ("kind", "raw", "arrived_at", "reason"))).join_from(Submission, Assignment)
    return _records(rows.join(Course, Course.id == Assignment.course_id).where(Submission.author_id == user_id).order_by(Submission.id))


def _row_changes_made(user_id: int) -> Iterator[Record]:
    rows = select(COURSE, RowChange.kind, RowChange.at).join_from(RowChange, Enrolment, Enrolment.id == RowChange.enrolment_id)
    return _records(rows.join(Course, Course.id == Enrolment.course_id).where(RowChange.author_id == user_id).order_by(RowChange.id))


def _extensions_made(user_id: int) -> Iterator[Record]:
    rows = select(COURSE, Extension.created_at).join_from(Extension, Enrolment, Enrolment.id == Extension.enrolment_id)
    return _records(rows.join(Course, Course.id == Enrolment.course_id).where(Extension.made_by == user_id).order_by(Extension.id))


def _configs_uploaded(user_id: int) -> Iterator[Record]:
    rows = select(COURSE, ConfigDraft.made_at).join_from(ConfigDraft, Course, Course.id == ConfigDraft.course_id)
    return _records(rows.where(ConfigDraft.made_by == user_id).order_by(Course.id))


MADE: dict[str, Callable[[int], Iterator[Record]]] = {
    "score edits made": _edits_made,
    "comments and grades set": _row_changes_made,
    "extensions made": _extensions_made,
    "configs uploaded": _configs_uploaded,
}
"""What a teacher did; about which student is that student's."""


def _by(find: Callable[[ColumnElement[bool]], Iterator[Record]], column: Any) -> Callable[[int], Iterator[Record]]:
    return lambda number: find(column == number)


OF_ACCOUNT = [Belongings(name, _by(find, Enrolment.account_id)) for name, find in ALL.items()] + [Belongings(name, find) for name, find in MADE.items()]
"""By the id of an account, in all courses."""
OF_ENROLMENT = [Belongings(name, _by(find, Enrolment.id)) for name, find in ALL.items()]
"""By the id of an enrolment, in its course."""
