"""What teachers and scripts change in one student's row: scores, which become entries of the history, a comment, a grade's override."""

from collections.abc import Mapping
from typing import Any

from courses import gradebook_queries, history, history_queries
from courses.faults import ApiFault, unknown_user
from courses.history_queries import Person
from courses.models import Course
from courses.scoring import LARGEST, EntryKind
from project import audit
from project.database import utc_now

Row = Person
LONGEST_COMMENT = 10_000


def set_scores(course: Course, username: str, scores: Mapping[str, int], author_id: int | None) -> Row:
    """Let these points count, by task; what has them already is left alone. The caller commits. Raises ApiFault (400, 404)."""
    person, at = _locked(course, username), utc_now()
    for task, value in scores.items():
        terms = history_queries.terms_of(course.id, task)
        if terms is None:
            raise ApiFault(400, f'Unknown task "{task}".', "the course's .manytask.yml has no such task, or it is not enabled.")
        before = history_queries.score_of(person.id, terms.assignment_id)
        if before != value:
            history.add(course, person, terms, history.New(EntryKind.EDIT, str(value), at, author_id=author_id), at)
            audit.record("score.edited", ("enrolment", person.id), task=task, before=before, after=value)
    return person


def set_comment(course: Course, username: str, comment: str) -> Row:
    """Replace the comment about a student; the caller commits. Raises ApiFault (404)."""
    person = _locked(course, username)
    gradebook_queries.set_comment(person.id, comment)
    audit.record("comment.changed", ("enrolment", person.id))
    return person


def set_override(course: Course, username: str, grade: int | None) -> Row:
    """Let a grade stand, or the formulas decide (None); the caller commits. Raises ApiFault (404)."""
    person = _locked(course, username)
    gradebook_queries.set_override(person.id, grade)
    audit.record("grade.overridden", ("enrolment", person.id), grade=grade)
    return person


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


def _locked(course: Course, username: str) -> Row:
    person = history_queries.lock_person(course.id, rms_username=username)
    if person is None:
        raise unknown_user(username)
    return person
