"""What bringing scores in asks and writes: whole sets, in a constant number of statements."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, Text, func, literal, null, select
from sqlalchemy.types import TypeEngine

from courses.models import Assignment, Enrolment, Group, Submission
from courses.recomputing_queries import CHUNK
from courses.scoring import EntryKind, edited
from project.database import UTCDateTime, insert, rows_as_table
from project.extensions import db


def people_by_name(course_id: int) -> Mapping[str, int]:
    """The ids of all enrolments of the course."""
    return dict(db.session.execute(select(Enrolment.rms_username, Enrolment.id).where(Enrolment.course_id == course_id)).all())


def tasks_by_name(course_id: int) -> Mapping[str, int]:
    """The ids of the enabled tasks of the course."""
    enabled = (Assignment.course_id == course_id, Assignment.enabled, Group.enabled)
    return dict(db.session.execute(select(Assignment.name, Assignment.id).join(Group, Group.id == Assignment.group_id).where(*enabled)).all())


def add_edits(edits: Sequence[tuple[int, int, int]], author_id: int, reason: str | None, at: datetime) -> None:
    """An edit in each of these histories (enrolment, assignment, points); the caller commits."""
    types: dict[str, TypeEngine[Any]] = {"enrolment_id": BigInteger(), "assignment_id": BigInteger(), "score": Integer(), "why": Text()}
    rows = [{"enrolment_id": person, "assignment_id": task, "score": score, "why": edited(score).why} for person, task, score in edits]
    for start in range(0, len(rows), CHUNK):
        new = rows_as_table(types, rows[start : start + CHUNK])
        score = new.c["score"]
        values = {
            "enrolment_id": new.c["enrolment_id"],
            "assignment_id": new.c["assignment_id"],
            "kind": literal(EntryKind.EDIT.value),
            "raw": func.cast(score, Text()),
            "check_deadline": literal(True),
            "allow_reduction": literal(False),
            "submitted_at": literal(at, UTCDateTime()),
            "arrived_at": literal(at, UTCDateTime()),
            "author_id": literal(author_id),
            "reason": null() if reason is None else literal(reason),
            "multiplier": literal(1.0),
            "earned": score,
            "score": score,
            "counted": literal(True),
            "why": new.c["why"],
        }
        db.session.execute(insert(Submission).from_select(list(values), select(*values.values())))
