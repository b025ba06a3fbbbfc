"""How the students do in each task: a page of all tasks, and one of each with its plots and its history."""

from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courses.blueprint import blueprint
from courses.overview import TaskState, task_state
from courses.seats import Seat, open_to_seat, staff
from courses.teaching import cell_queries, spread, statistics_queries
from project.keyset import Place, Stretch

PAGE = 50


@blueprint.get("/<course_name>/statistics")
@open_to_seat(staff)
def statistics(seat: Seat) -> ResponseReturnValue:
    """A row for each task: how many solved it, have a part of it, tried it in vain."""
    return render_template(
        "courses/teaching/statistics.html",
        seat=seat,
        course=seat.course,
        tasks=statistics_queries.of_tasks(seat.course.id),
        students=cell_queries.count_students(seat.course.id),
    )


@blueprint.get("/<course_name>/assignments/<path:task>")
@open_to_seat(staff)
def assignment(seat: Seat, task: str) -> ResponseReturnValue:
    """One task: how it goes, the distribution of scores, submissions over time, and everything that happened, newest first."""
    found = cell_queries.find_task(seat.course.id, task)
    if found is None:
        abort(404)
    scores, times = cell_queries.scores_for(found.id), cell_queries.times_of_reports(found.id)
    states = [task_state(found.points, score) for score in scores]
    place = Place.read(request.args.get("before", ""), cell_queries.BY_TIME)
    entries = cell_queries.history_of_task(found.id, Stretch(PAGE + 1, descending=True, place=place))
    last = entries[PAGE - 1][0] if len(entries) > PAGE else None
    address = url_for("courses.assignment", course_name=seat.course.name, task=task)
    return render_template(
        "courses/teaching/assignment.html",
        seat=seat,
        course=seat.course,
        task=found,
        zone=ZoneInfo(seat.course.timezone),
        students=cell_queries.count_students(seat.course.id),
        amounts={state: states.count(state) for state in (TaskState.SOLVED, TaskState.PARTIAL, TaskState.TRIED)},
        mean=sum(scores) / len(scores) if scores else None,
        reports=len(times),
        distribution=_distribution(scores, found.points),
        timeline=_timeline(times, seat.course.timezone),
        entries=entries[:PAGE],
        newest_url=address if place else None,
        older_url=last and f"{address}?{urlencode({'before': str(Place(last.submitted_at, last.id))})}",
    )


def _distribution(scores: Any, points: int) -> dict[str, Any]:
    labels, values = spread.of_scores(scores, points)
    return {"kind": "histogram", "title": "Students by score", "labels": labels, "values": values}


def _timeline(times: Any, zone: str) -> dict[str, Any]:
    begins, values = spread.over_time(times)
    labels = [begin.isoformat(timespec="seconds") for begin in begins]
    return {"kind": "line", "zone": zone, "title": "Submissions over time", "labels": labels, "values": values}
