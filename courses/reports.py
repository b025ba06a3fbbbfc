"""What a checker sends: reading a report's fields, and taking it in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from courses import history, history_queries
from courses.evaluation import Terms
from courses.faults import ApiFault, unknown_task, unknown_user
from courses.history_queries import Person
from courses.models import Course
from courses.scoring import EntryKind, ScoreError, parse_flag, parse_score, parse_submit_time

LONGEST = {"task": 255, "username": 255, "user_id": 255, "score": 64, "commit": 64, "job": 128}


@dataclass(frozen=True)
class Whom:
    """Which task of whom a request is about: by name or by id, never both."""

    task: str
    username: str | None
    user_id: str | None


@dataclass(frozen=True)
class Report:
    """A report whose fields can be understood."""

    whom: Whom
    score: str | None
    check_deadline: bool
    allow_reduction: bool
    submitted_at: datetime | None
    commit: str | None
    job: str | None


def read_whom(fields: Mapping[str, str]) -> Whom:
    """The task and the student that the fields name. Raises ApiFault (400)."""
    task, username, user_id = (_text(fields, name) or None for name in ("task", "username", "user_id"))
    if task is None:
        raise ApiFault(400, "The field task is missing.", "task=NAME, a task of the course's .manytask.yml.")
    if username is None and user_id is None:
        raise ApiFault(400, "The student is missing.", "username=NAME or user_id=NUMBER, as GitLab has it.")
    if username is not None and user_id is not None:
        raise ApiFault(400, "There are both username and user_id.", "send one of them.")
    return Whom(task, username, user_id)


def read_report(fields: Mapping[str, str]) -> Report:
    """The report that the fields make. Raises ApiFault (400) for the first one that can't be understood."""
    whom, score = read_whom(fields), _text(fields, "score")
    try:
        # For the form of it alone; how many points it means is known by the task.
        parse_score(score, 1)
        flags = parse_flag(_text(fields, "check_deadline"), default=True), parse_flag(_text(fields, "allow_reduction"), default=False)
        submitted_at = parse_submit_time(_text(fields, "submit_time"))
    except ScoreError as fault:
        raise ApiFault(400, f"{fault}.") from None
    return Report(whom, score, *flags, submitted_at, _text(fields, "commit") or None, _text(fields, "job") or None)


def take_in(course: Course, report: Report, only: int | None, at: datetime) -> tuple[Person, history.Added]:
    """Add the report to the student's history; the caller commits. `only` is the one enrolment that it may be about. Raises ApiFault (403, 404)."""
    person, terms = _found(course, report.whom, only)
    new = history.New(
        EntryKind.REPORT,
        report.score,
        report.submitted_at or at,
        report.check_deadline,
        report.allow_reduction,
        report.commit,
        report.job,
    )
    return person, history.add(course, person, terms, new, at)


def _found(course: Course, whom: Whom, only: int | None) -> tuple[Person, Terms]:
    """The student, locked, who is enrolled if the instance knows the name; and the task, which is read after that, so that a new config counts."""
    person = history_queries.lock_person(course.id, rms_username=whom.username, rms_id=whom.user_id)
    if only is not None and (person is None or person.id != only):
        raise ApiFault(403, "This token is one student's, and reports for that student alone.")
    if person is None and history_queries.terms_of(course.id, whom.task) is not None:
        person = _enrolled(course, whom)
    terms = history_queries.terms_of(course.id, whom.task)
    if terms is None:
        raise unknown_task(whom.task)
    if person is None:
        raise unknown_user(whom.username or whom.user_id or "")
    return person, terms


def _enrolled(course: Course, whom: Whom) -> Person | None:
    if course.reports_enrol_anyone and whom.username is not None:
        history_queries.add_enrolment(course.id, whom.username)
    else:
        history_queries.enrol_known(course.id, rms_username=whom.username, rms_id=whom.user_id)
    return history_queries.lock_person(course.id, rms_username=whom.username, rms_id=whom.user_id)


def _text(fields: Mapping[str, str], name: str) -> str | None:
    """A field's text, which a column takes. Raises ApiFault (400)."""
    text = fields.get(name)
    if text is None:
        return None
    if len(text) > LONGEST.get(name, 64):
        raise ApiFault(400, f"The field {name} is longer than {LONGEST.get(name, 64)} characters.")
    if not text.isprintable():
        raise ApiFault(400, f"The field {name} has characters in it that can't be printed.")
    return text
