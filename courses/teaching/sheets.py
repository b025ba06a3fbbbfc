"""The gradebook as a sheet to take away: CSV, and XLSX for those who open it in a spreadsheet."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from xlsxwriter import Workbook

from courses import gradebook_queries as queries
from courses.models import Course
from courses.totals import percent_of
from project.admin import safe_in_spreadsheets
from project.database import utc_now

ABOUT = ("username", "first_name", "last_name", "total", "percent", "large_tasks", "grade", "comment")
"""The columns before those of the tasks."""
WIDEST_SHEET_CELL = 32_767
"""Characters; Excel takes no more."""
Line = list[str | int | float | None]


def lines(course: Course) -> Iterator[Line]:
    """A heading, and a line for each student: who it is, what they have together, and what for each task; None for no score."""
    at, tasks = utc_now(), queries.enabled_assignments(course.id)
    max_score = sum(task.points for task in tasks if task.starts_at <= at and not task.is_bonus)
    yield [*ABOUT, *(task.name for task in tasks)]
    for row in queries.students_with_scores(course.id):
        scores: dict[str, int] = json.loads(row.scores) if row.scores else {}
        grade = (row.saved_grade or 0) if row.grade_override is None else row.grade_override
        sums = (row.total, percent_of(row.total, max_score), row.large_count, grade)
        yield [row.rms_username, row.first_name, row.last_name, *sums, row.comment, *(scores.get(task.name) for task in tasks)]


def as_csv(course: Course) -> Iterator[str]:
    """Its lines of CSV, a hundred at a time."""
    text = io.StringIO()
    writer = csv.writer(text)
    for number, line in enumerate(lines(course)):
        writer.writerow([safe_in_spreadsheets(value) for value in line])
        if number % 100 == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def as_xlsx(course: Course) -> bytes:
    """The same as a workbook whose first line and first column stay in sight. Text is text there, whatever it looks like."""
    file = io.BytesIO()
    with Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}) as book:
        sheet = book.add_worksheet("Gradebook")
        heading = book.add_format({"bold": True})
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, 24)
        for number, line in enumerate(lines(course)):
            for column, value in enumerate(line):
                _write(sheet, number, column, value, heading if number == 0 else None)
    return file.getvalue()


def _write(sheet: Any, row: int, column: int, value: str | float | None, style: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(row, column, value if len(value) <= WIDEST_SHEET_CELL else f"{value[: WIDEST_SHEET_CELL - 1]}…", style)
    elif value is not None:
        sheet.write_number(row, column, value)
