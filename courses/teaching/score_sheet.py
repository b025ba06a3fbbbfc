"""Scores that a teacher brings in a sheet of CSV: reading it, what it would change, and changing that, all or nothing.

One line a student (`username`, then a column for each task), as the gradebook's own CSV has it; or one line a score (`username`, `task`, `score`).
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from courses import recomputing_queries
from courses.history import formulas_of, standing
from courses.models import Course
from courses.statuses import CourseStatus, final_grade
from courses.teaching import import_queries as queries
from courses.teaching.forms import read_points
from courses.teaching.sheets import ABOUT
from project import audit
from project.admin import FORMULA_STARTS
from project.database import utc_now
from project.tokens import digest

MOST_LINES = 10_000
SINGLE = {"username", "task", "score"}
"""The columns of a sheet that has a line for each score."""


class SheetFault(Exception):  # noqa: N818  # a refusal, as ApiFault
    """A sheet that can't be read at all."""


@dataclass(frozen=True)
class Cell:
    """A score that a line names."""

    line: int
    username: str
    task: str
    typed: str


@dataclass(frozen=True)
class Change:
    """A score that would become another one."""

    line: int
    enrolment_id: int
    username: str
    assignment_id: int
    task: str
    before: int | None
    after: int


@dataclass(frozen=True)
class Fault:
    """What is wrong with a line."""

    line: int
    text: str


@dataclass(frozen=True)
class Plan:
    """What a sheet would change, and what is wrong with it; with any fault it changes nothing."""

    changes: list[Change]
    faults: list[Fault]
    same: int
    """Scores that are what they were."""
    ignored: list[str]
    """Columns that hold no scores, such as the totals, which the site adds up itself."""

    @property
    def seal(self) -> str:
        """What is another one if anything of it is."""
        return digest(repr((self.changes, self.faults)))


def plan(course: Course, text: str) -> Plan:
    """What the sheet would change now. An empty cell says nothing. Raises SheetFault."""
    heading, rows = _read(text)
    single = set(heading) >= SINGLE
    ignored = [name for name in heading if name in ABOUT[1:]] if not single else [name for name in heading if name not in SINGLE]
    people, tasks = queries.people_by_name(course.id), queries.tasks_by_name(course.id)
    kept = recomputing_queries.scores_of(course.id)
    found, faults, changes, same = list(_cells(heading, rows, single=single)), [], [], 0
    # What a whole column has wrong is said once.
    if not single and (unknown := [name for name in heading if name and name not in tasks and name not in ABOUT]):
        faults += [Fault(1, f'Unknown task "{name}": the course has no such task, or it is not enabled.') for name in unknown]
    seen: set[tuple[str, str]] = set()
    unknown_people: set[tuple[int, str]] = set()
    for cell in found:
        if isinstance(cell, Fault):
            faults.append(cell)
        elif cell.username not in people:
            unknown_people.add((cell.line, cell.username))
        elif cell.task not in tasks:
            faults += [Fault(cell.line, f'Unknown task "{cell.task}": the course has no such task, or it is not enabled.')] if single else []
        elif (cell.username, cell.task) in seen:
            faults.append(Fault(cell.line, f'"{cell.username}" has a score for "{cell.task}" on an earlier line already.'))
        else:
            seen.add((cell.username, cell.task))
            try:
                after = read_points(cell.typed)
            except ValueError as fault:
                faults.append(Fault(cell.line, f"{cell.username}, {cell.task}: {fault}"))
                continue
            person, task = people[cell.username], tasks[cell.task]
            before = kept.get(person, {}).get(task)
            if after is None or after == before:
                same += 1
            else:
                changes.append(Change(cell.line, person, cell.username, task, cell.task, before, after))
    faults += [Fault(line, f'Unknown user "{name}": nobody in this course is called that.') for line, name in sorted(unknown_people)]
    return Plan(changes, sorted(faults, key=lambda fault: fault.line), same, ignored)


def apply(course: Course, text: str, seal: str, author_id: int, reason: str) -> tuple[Plan, bool]:
    """Make what the sheet changes so, if that is what was looked at, which has the `seal`; whether it was done. The caller commits. Raises SheetFault.

    Each change is an edit in its student's history. A constant number of statements, however many there are.
    """
    people = {person.id: person for person in recomputing_queries.lock_people(course.id)}
    found = plan(course, text)
    if found.faults or found.seal != seal:
        return found, False
    at = utc_now()
    queries.add_edits([(each.enrolment_id, each.assignment_id, each.after) for each in found.changes], author_id, reason or None, at)
    recomputing_queries.put_scores(
        ({"enrolment_id": each.enrolment_id, "assignment_id": each.assignment_id, "value": each.after} for each in found.changes), at
    )
    changed = {each.enrolment_id for each in found.changes}
    scores, counting, formulas = recomputing_queries.scores_of(course.id), recomputing_queries.counting_of(course.id), formulas_of(course)
    worths, status = [each.worth(at) for each in counting.values()], CourseStatus(course.status)
    rows = []
    for person in changed:
        own = {counting[task].name: value for task, value in scores[person].items() if task in counting}
        sums, new = standing(worths, own, formulas)
        grade = final_grade(status, people[person].saved_grade, new)
        rows.append({"id": person, "total": sums.total_score, "large_count": sums.large_count, "saved_grade": grade})
    recomputing_queries.update_people(rows)
    audit.record("scores.imported", ("course", course.id), scores=len(found.changes), students=len(changed))
    return found, True


def _read(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The heading and the lines below it that are not empty, each with its number."""
    # What a spreadsheet in a land of decimal commas writes has semicolons between its cells.
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",", strict=True)
    try:
        found = [(reader.line_num, [_unguarded(cell.strip()) for cell in row]) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as fault:
        raise SheetFault(f"Line {reader.line_num} is no CSV: {fault}.") from None
    if not found:
        raise SheetFault("The sheet is empty.")
    (_, heading), *rows = found
    if "username" not in heading:
        raise SheetFault('The first line has to name the columns, "username" among them, e.g. username,sum,product.')
    if twice := sorted({name for name in heading if name and heading.count(name) > 1}):
        raise SheetFault(f"Two columns have the same name: {', '.join(twice)}.")
    if len(rows) > MOST_LINES:
        raise SheetFault(f"The sheet has {len(rows)} lines; {MOST_LINES} are the most. Send several.")
    return heading, rows


def _cells(heading: list[str], rows: list[tuple[int, list[str]]], *, single: bool) -> Iterator[Cell | Fault]:
    for line, row in rows:
        if len(row) > len(heading):
            yield Fault(line, f"The line has {len(row)} cells, the first line {len(heading)}.")
            continue
        values = defaultdict(str, zip(heading, row, strict=False))
        username = values["username"]
        if not username:
            yield Fault(line, "There is no username.")
        elif single:
            yield Cell(line, username, values["task"], values["score"])
        else:
            named = list(zip(heading, row, strict=False))
            yield from (Fault(line, f'"{cell}" stands below no name of a task.') for name, cell in named if cell and not name)
            yield from (Cell(line, username, name, cell) for name, cell in named if cell and name and name not in ABOUT)


def _unguarded(cell: str) -> str:
    """What stood in the cell before it was guarded from being taken for a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(FORMULA_STARTS) else cell
