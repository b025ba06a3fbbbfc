"""The gradebook's page: everybody's scores, some rows at a time, which keep themselves fresh."""

from dataclasses import replace
from itertools import groupby
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from courses.blueprint import blueprint
from courses.overview import task_state
from courses.seats import Seat, anybody, open_to_seat
from courses.teaching import queries
from courses.teaching.wanted import PAGE, Sort, Wanted
from courses.totals import percent_of
from project.database import utc_now


@blueprint.get("/<course_name>/gradebook")
@open_to_seat(anybody)
def gradebook(seat: Seat) -> ResponseReturnValue:
    """The page."""
    return render_template("courses/teaching/gradebook.html", **_part(seat, Wanted.read(request.args)))


@blueprint.get("/<course_name>/gradebook/part")
@open_to_seat(anybody)
def gradebook_part(seat: Seat) -> ResponseReturnValue:
    """The table alone, for a page that asks whether what it has `seen` is still so: 204 if it is."""
    wanted = Wanted.read(request.args)
    if (seen := request.args.get("seen")) and queries.version(seat.course, _allowed(seat, wanted), seat.only) == seen:
        return "", 204
    return render_template("courses/teaching/_gradebook.html", **_part(seat, wanted))


def state_class(points: int, score: int | None) -> str:
    """How a cell is marked: as the student's page marks the task."""
    return f"is-{task_state(points, score).replace(' ', '-')}"


def _allowed(seat: Seat, wanted: Wanted) -> Wanted:
    """What of it the seat may see: students see no staff, and where they see one row there is nobody to look for."""
    if seat.is_staff:
        return wanted
    return replace(wanted, everybody=False, search="" if seat.only else wanted.search)


def _part(seat: Seat, wanted: Wanted) -> dict[str, Any]:
    course, at, wanted = seat.course, utc_now(), _allowed(seat, wanted)
    # Before the rest, so that what changes meanwhile is found out at the next look.
    version = queries.version(course, wanted, seat.only)
    tasks = queries.columns(course.id, None if seat.is_staff else at)
    shown = [task for task in tasks if wanted.group in (None, task.group_id)]
    rows = queries.page_of(course.id, wanted, seat.only)
    if not rows and wanted.page > 1:
        wanted = wanted.at(1)
        rows = queries.page_of(course.id, wanted, seat.only)
    amount = rows[0].amount if rows else 0
    max_score = sum(task.points for task in tasks if task.starts_at <= at and not task.is_bonus)
    return {
        "seat": seat,
        "course": course,
        "wanted": wanted,
        "version": version,
        "sorts": Sort,
        "groups": list(dict.fromkeys((task.group_id, task.group) for task in tasks)),
        "blocks": [(group, list(of)) for (_, group), of in groupby(shown, key=lambda task: (task.group_id, task.group))],
        "rows": rows,
        "scores": queries.scores_of([row.id for row in rows], [task.id for task in shown]),
        "percent": {row.id: percent_of(row.total, max_score) for row in rows},
        "max_score": max_score,
        "state_class": state_class,
        "amount": amount,
        "first": (wanted.page - 1) * PAGE + 1,
        "is_last": wanted.page * PAGE >= amount,
    }
