"""What teachers and scripts change in one student's row: scores, which become entries of the history, a comment, a grade's override."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from courses import gradebook_queries, history, history_queries
from courses.evaluation import Terms
from courses.faults import ApiFault, demand_unarchived, unknown_task, unknown_user
from courses.history_queries import Person
from courses.models import ChangeKind, Course
from courses.scoring import LARGEST, EntryKind, edit_to_undo
from project import audit
from project.database import utc_now
from project.tokens import digest

Row = Person
LONGEST_COMMENT = 10_000
LONGEST_REASON = 500


@dataclass(frozen=True)
class Seen:
    """What somebody saw who now wants to change it; what has become something else since is not theirs to change."""

    value: int | str | None

    def demand(self, what: str, now: int | str | None) -> None:
        """Raise ApiFault (409) if it is not what it was."""
        if now != self.value:
            shown = "a new one" if isinstance(now, str) else "none" if now is None else now
            raise ApiFault(409, f"The {what} has changed since you opened it: it is {shown} now. Nothing was changed.", "look again, then decide.")


def set_scores(course: Course, username: str, scores: Mapping[str, int], author_id: int | None) -> Row:
    """Let these points count, by task; what has them already is left alone. The caller commits. Raises ApiFault (400, 404, 409)."""
    person = _locked(course, username)
    for task, value in scores.items():
        terms = history_queries.terms_of(course.id, task)
        if terms is None:
            raise ApiFault(400, f'Unknown task "{task}".', "the course's .manytask.yml has no such task, or it is not enabled.")
        before = history_queries.score_of(person.id, terms.assignment_id)
        if before != value:
            _edit(course, person, terms, before, value, author_id)
    return person


def set_score(course: Course, username: str, task: str, value: int | None, author_id: int | None, *, seen: Seen, reason: str = "") -> Row:
    """Let these points count for a task, or none; what counts already is left alone. The caller commits. Raises ApiFault (404, 409)."""
    person, terms = _locked(course, username), _terms(course, task)
    before = history_queries.score_of(person.id, terms.assignment_id)
    seen.demand("score", before)
    if before != value:
        _edit(course, person, terms, before, value, author_id, reason)
    return person


def undo_edit(course: Course, username: str, task: str, entry_id: int, author_id: int | None) -> Row:
    """Take back an edit, the last one of the task that stands: the score is what it would be without it. The caller commits. Raises ApiFault (404, 409)."""
    person, terms, at = _locked(course, username), _terms(course, task), utc_now()
    entries = history_queries.history_of(person.id, terms.assignment_id)
    position = edit_to_undo(entry.kind for entry in entries)
    if position is None or entries[position].id != entry_id:
        raise ApiFault(409, "This is not the last edit that stands any more. Nothing was changed.", "look again, then decide.")
    added = history.add(course, person, terms, history.New(EntryKind.UNDO, None, at, author_id=author_id), at)
    audit.record("score.edit_undone", ("enrolment", person.id), task=task, before=entries[-1].score, after=added.score)
    return person


def set_comment(course: Course, username: str, comment: str, author_id: int | None, *, seen: Seen | None = None) -> Row:
    """Replace the comment about a student, of which somebody saw what has the digest `seen`; the caller commits. Raises ApiFault (404, 409)."""
    person = _locked(course, username)
    before, _ = gradebook_queries.comment_and_override(person.id)
    if seen is not None:
        seen.demand("comment", digest(before))
    if change_comment(person.id, before, comment, author_id):
        audit.record("comment.changed", ("enrolment", person.id))
    return person


def set_override(course: Course, username: str, grade: int | None, author_id: int | None, *, seen: Seen | None = None) -> Row:
    """Let a grade stand, or the formulas decide (None); the caller commits. Raises ApiFault (404, 409)."""
    person = _locked(course, username)
    _, before = gradebook_queries.comment_and_override(person.id)
    if seen is not None:
        seen.demand("grade that stands", before)
    if change_override(person.id, before, grade, author_id):
        audit.record("grade.overridden", ("enrolment", person.id), before=before, grade=grade)
    return person


def change_comment(enrolment_id: int, before: str, after: str, author_id: int | None) -> bool:
    """Replace the comment of a row that is locked, and keep in its history what it was; whether it is another one. The caller commits."""
    if before == after:
        return False
    gradebook_queries.set_comment(enrolment_id, after)
    gradebook_queries.add_change(enrolment_id, ChangeKind.COMMENT, before, after, author_id, utc_now())
    return True


def change_override(enrolment_id: int, before: int | None, after: int | None, author_id: int | None) -> bool:
    """The same of the grade that stands."""
    if before == after:
        return False
    gradebook_queries.set_override(enrolment_id, after)
    gradebook_queries.add_change(enrolment_id, ChangeKind.GRADE, _as_text(before), _as_text(after), author_id, utc_now())
    return True


def take_over(gone_id: int, into_id: int, author_id: int | None) -> None:
    """Give what teachers set of somebody to the row that becomes theirs: comments add up, and a grade that stands there stays. The caller commits."""
    (given, grade), (comment, override) = gradebook_queries.comment_and_override(gone_id), gradebook_queries.comment_and_override(into_id)
    change_comment(into_id, comment, "\n".join(words for words in (comment, given) if words), author_id)
    if override is None:
        change_override(into_id, None, grade, author_id)


def read_username(sent: Mapping[str, Any]) -> str:
    """The student that an object names. Raises ApiFault (400)."""
    username = sent.get("username")
    if not isinstance(username, str) or not username or not username.isprintable():
        raise ApiFault(400, "username is missing, or no name.", '{"username": "alice"}')
    return username


def read_scores(sent: Mapping[str, Any]) -> dict[str, int]:
    """Whole points by task. Raises ApiFault (400)."""
    for task, value in sent.items():
        whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1 and abs(value) <= LARGEST
        if not whole or not task.isprintable():
            raise ApiFault(400, f'The score of "{task}" is no whole number of points.', '{"new_scores": {"sum": 7}}')
    return {task: int(value) for task, value in sent.items()}


def read_comment(sent: Mapping[str, Any]) -> str:
    """The comment, which may be empty. Raises ApiFault (400)."""
    comment = sent.get("comment")
    if not isinstance(comment, str) or len(comment) > LONGEST_COMMENT or "\0" in comment or not _is_utf8(comment):
        raise ApiFault(400, f"comment is missing, or no text of at most {LONGEST_COMMENT} characters.")
    return comment


def read_grade(sent: Mapping[str, Any]) -> int:
    """The grade. Raises ApiFault (400)."""
    grade = sent.get("grade")
    if type(grade) is not int or not 0 <= grade <= LARGEST:
        raise ApiFault(400, "grade is missing, or no whole number from 0.", '{"username": "alice", "grade": 5}')
    return grade


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _edit(course: Course, person: Row, terms: Terms, before: int | None, after: int | None, author_id: int | None, reason: str = "") -> None:
    at = utc_now()
    history.add(course, person, terms, history.New(EntryKind.EDIT, _as_text(after), at, author_id=author_id, reason=reason or None), at)
    audit.record("score.edited", ("enrolment", person.id), task=terms.task, before=before, after=after)


def _as_text(points: int | None) -> str | None:
    return None if points is None else str(points)


def _terms(course: Course, task: str) -> Terms:
    terms = history_queries.terms_of(course.id, task)
    if terms is None:
        raise unknown_task(task)
    return terms


def _locked(course: Course, username: str) -> Row:
    demand_unarchived(course)
    person = history_queries.lock_person(course.id, rms_username=username)
    if person is None:
        raise unknown_user(username)
    return person
