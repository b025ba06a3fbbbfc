"""Many reports at once: reading them from JSON or CSV, and taking them in, some at a time."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from courses import batch_queries as queries
from courses.faults import ApiFault, demand_unarchived
from courses.models import BatchState, ReportBatch
from courses.reports import Report, read_report, take_in
from courses.statuses import CourseStatus
from project.database import utc_now
from project.extensions import db

MOST = 10_000
"""Reports in a batch."""
SOME = 100
"""Reports in a transaction."""
TRIES = 5
"""In a row, of the same reports, after which a batch has failed."""
FIELDS = frozenset({"task", "username", "user_id", "score", "check_deadline", "allow_reduction", "submit_time", "commit", "job"})

Line = dict[str, str]


def read_lines(data: bytes, *, as_csv: bool) -> list[Line]:
    """The reports of a batch: a JSON list of objects, or CSV whose first line names the fields. Raises ApiFault (400)."""
    try:
        text = data.decode("utf-8-sig")
        lines = _from_csv(text) if as_csv else _from_json(json.loads(text))
    except (ValueError, RecursionError, csv.Error) as fault:
        hint = 'a JSON list, [{"task": …, "username": …}, …], or, as text/csv, lines of CSV below one with the names.'
        raise ApiFault(400, f"The batch can't be read: {fault}.", hint) from None
    if not lines:
        raise ApiFault(400, "The batch is empty.")
    if len(lines) > MOST:
        raise ApiFault(400, f"The batch has {len(lines)} reports; {MOST} are the most.", "send several.")
    return lines


def take_in_some(batch_id: int) -> bool:
    """Take in the next reports of a batch, in one transaction with how far it is; whether there are more. Commits."""
    batch = queries.lock_batch(batch_id)
    if batch is None or batch.finished_at is not None:
        db.session.rollback()
        return False
    course, at = queries.course_of(batch), utc_now()
    lines = batch.lines[batch.done : batch.done + SOME]
    reports = {number: _read(line) for number, line in enumerate(lines, start=batch.done + 1)}
    readable = [report for report in reports.values() if isinstance(report, Report)]
    # All at once and in order, so that two batches never wait for each other in a circle.
    queries.lock_people(course.id, [report.whom for report in readable])
    faults = []
    for number, report in reports.items():
        try:
            if isinstance(report, ApiFault):
                raise report
            demand_unarchived(course)
            if not CourseStatus(course.status).takes_reports:
                raise ApiFault(409, f'The course "{course.name}" takes no reports: it is {course.status}.')
            take_in(course, report, None, at)
        except ApiFault as fault:
            faults.append({"line": number, "error": str(fault)})
    batch.faults = [*batch.faults, *faults]
    _proceed(batch, len(lines))
    db.session.commit()
    return batch.finished_at is None


def give_up(batch_id: int, fault: Exception) -> bool:
    """Note that the next reports of a batch can't be taken in; whether that was once too often, so that the batch has failed. Commits."""
    batch = queries.lock_batch(batch_id)
    if batch is None or batch.finished_at is not None:
        db.session.rollback()
        return False
    batch.tries += 1
    failed = batch.tries >= TRIES
    if failed:
        where = f"Lines {batch.done + 1} to {min(batch.done + SOME, batch.total)}"
        batch.state, batch.finished_at = BatchState.FAILED, utc_now()
        batch.reason = f"{where} could not be taken in, in {TRIES} tries: {type(fault).__name__}. The site's log has more."
    db.session.commit()
    return failed


def try_again(batch: ReportBatch) -> None:
    """Let a batch that has failed, and is locked, go on where it stopped; the caller commits, and sends it."""
    batch.state, batch.finished_at, batch.reason, batch.tries = BatchState.WAITING, None, None, 0


def as_json(batch: ReportBatch) -> dict[str, Any]:
    """How far a batch is, what was refused, and why it failed, if it did."""
    said = {"id": batch.id, "state": batch.state, "total": batch.total, "done": batch.done, "failed": len(batch.faults), "errors": batch.faults}
    return said | ({"reason": batch.reason} if batch.reason else {})


def _proceed(batch: ReportBatch, done: int) -> None:
    batch.done += done
    batch.state, batch.tries = BatchState.WORKING, 0
    if batch.done >= batch.total:
        # Each report is in its student's history now.
        batch.state, batch.finished_at, batch.lines = BatchState.FINISHED, utc_now(), []


def _read(line: Mapping[str, str]) -> Report | ApiFault:
    try:
        return read_report(line)
    except ApiFault as fault:
        return fault


def _from_csv(text: str) -> list[Line]:
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    if unknown := sorted({name or "" for name in rows.fieldnames or ()} - FIELDS):
        raise ValueError(f"unknown columns {', '.join(unknown)}; known are {', '.join(sorted(FIELDS))}")
    # A cell that is empty says nothing; the cells beyond the last column stand under no name.
    return [{name: cell for name, cell in row.items() if name and cell} for row in rows]


def _from_json(sent: Any) -> list[Line]:
    if not isinstance(sent, list) or not all(isinstance(line, dict) for line in sent):
        raise ValueError("it is no list of objects")
    return [{name: _text(value) for name, value in line.items() if name in FIELDS and value is not None} for line in sent]


def _text(value: object) -> str:
    """A value as a form would have it: a number's JSON, so that 1 and 1.0 stay what they are."""
    return value if isinstance(value, str) else json.dumps(value)
