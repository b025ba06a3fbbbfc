"""Taking over a running course: what a Manytask server's `/api/<course>/database` answers, as entries of histories."""

import json
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from courses import edits, gradebook_queries, history, history_queries
from courses.faults import demand_unarchived
from courses.history_queries import Person
from courses.models import Course
from courses.scoring import LARGEST, EntryKind
from courses.statuses import CourseStatus
from project import audit
from project.database import utc_now


class ImportFault(Exception):  # noqa: N818  # a refusal, as ApiFault
    """A file that can't be taken over; nothing has changed."""


class Student(BaseModel):
    """One row of the gradebook."""

    model_config = ConfigDict(extra="ignore")

    username: str = Field(min_length=1, max_length=255)
    scores: dict[str, int] = {}
    grade: int = 0
    grade_is_override: bool = False
    first_name: str = Field("", max_length=255)
    last_name: str = Field("", max_length=255)
    repo_url: str = ""
    comment: str | None = None

    @field_validator("username")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("has characters in it that can't be printed")
        return value

    @field_validator("scores")
    @classmethod
    def _are_small(cls, value: dict[str, int]) -> dict[str, int]:
        if any(abs(score) > LARGEST for score in value.values()):
            raise ValueError(f"a score is larger than {LARGEST}")
        return value


class Database(BaseModel):
    """The gradebook."""

    model_config = ConfigDict(extra="ignore")

    students: list[Student]


@dataclass(frozen=True)
class Imported:
    """How much was taken over."""

    students: int
    scores: int


def import_database(course: Course, data: bytes) -> Imported:
    """Take over students and scores, comments and grades that stand; the caller commits. Raises ImportFault, and ApiFault for a course that is archived.

    A score of 0 that comes along for a task that was never tried is none.
    """
    demand_unarchived(course)
    students, at, scores = _read(data).students, utc_now(), 0
    terms = {each.task: each for each in history_queries.all_terms(course.id)}
    if unknown := sorted({task for student in students for task, score in student.scores.items() if score} - terms.keys()):
        raise ImportFault(f"the course has no tasks {', '.join(unknown)}: load its .manytask.yml first")
    for student in students:
        names = {name: getattr(student, name) for name in ("first_name", "last_name", "repo_url")}
        history_queries.add_enrolment(course.id, student.username, **names)
        person = history_queries.lock_person(course.id, rms_username=student.username)
        assert person is not None
        if not student.grade_is_override:
            person = _with_grade(course, person, student.grade)
        for task, score in student.scores.items():
            if score and _is_new(person.id, terms[task].assignment_id, score):
                history.add(course, person, terms[task], history.New(EntryKind.IMPORT, str(score), at), at)
                scores += 1
        comment, override = gradebook_queries.comment_and_override(person.id)
        if student.comment:
            edits.change_comment(person.id, comment, student.comment, None)
        if student.grade_is_override:
            edits.change_override(person.id, override, student.grade, None)
    audit.record("course.imported", ("course", course.id), students=len(students), scores=scores)
    return Imported(len(students), scores)


def _with_grade(course: Course, person: Person, grade: int) -> Person:
    """The person with the grade that stood there, where a grade that stood counts beside the formulas, and unless a better one stands here."""
    if not CourseStatus(course.status).keeps_grades or grade <= (person.saved_grade or 0):
        return person
    history_queries.set_saved_grade(person.id, grade)
    return person._replace(saved_grade=grade)


def _is_new(enrolment_id: int, assignment_id: int, score: int) -> bool:
    """Whether this is not what counts already, as after an import that is done again."""
    return history_queries.score_of(enrolment_id, assignment_id) != score


def _read(data: bytes) -> Database:
    try:
        return Database.model_validate(json.loads(data))
    except ValidationError as fault:
        raise ImportFault("; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in fault.errors()[:20])) from None
    except (ValueError, RecursionError):
        raise ImportFault("this is no JSON") from None
