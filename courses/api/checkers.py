"""What checkers and scripts ask of a course: reports, scores, deadlines, configs."""

from datetime import UTC
from zoneinfo import ZoneInfo

from flask import request
from flask.typing import ResponseReturnValue

from courses import gradebook_queries, history_queries, token_queries
from courses.actors import send_or_leave
from courses.api import blueprint
from courses.callers import Caller, open_to_course
from courses.faults import ApiFault, demand_unarchived, unknown_task, unknown_user
from courses.loading import finished, load
from courses.models import Course, Scope
from courses.reports import read_report, read_whom, take_in
from courses.statuses import CourseStatus
from project.access import open_to_all
from project.database import utc_now
from project.extensions import db


@blueprint.get("/healthcheck")
@blueprint.get("/<name>/healthcheck")
@open_to_all
def healthcheck(name: str | None = None) -> ResponseReturnValue:
    """Whether the site answers at all; /readyz tells more."""
    return "OK", {"Content-Type": "text/plain; charset=utf-8"}


@blueprint.get("/<name>/ping")
@open_to_course()
def ping(caller: Caller) -> ResponseReturnValue:
    """Whether the token opens the course."""
    return {"course": caller.course.name, "ok": True}


@blueprint.post("/report")
@blueprint.post("/<name>/report")
@open_to_course(Scope.REPORT)
def report(caller: Caller) -> ResponseReturnValue:
    """Take a report in, and say what counts now, and why."""
    course = demand_reports(caller.course)
    person, added = take_in(course, read_report(request.form), caller.enrolment_id, utc_now())
    db.session.commit()
    handed_in = added.submitted_at.astimezone(ZoneInfo(course.timezone)).isoformat(sep=" ")
    return {
        "user_id": person.rms_id or "",
        "username": person.rms_username,
        "task": request.form["task"],
        "score": added.score or 0,
        "commit_time": handed_in,
        "submit_time": handed_in,
        "message": added.why,
    }


@blueprint.get("/score")
@blueprint.get("/<name>/score")
@open_to_course(Scope.REPORT, Scope.READ)
def score(caller: Caller) -> ResponseReturnValue:
    """What counts for one student and task. Old clients send a form with their GET."""
    course = demand_ready(caller.course)
    whom = read_whom({**request.args.to_dict(), **request.form.to_dict()})
    person = gradebook_queries.find_person(course.id, rms_username=whom.username, rms_id=whom.user_id)
    if caller.enrolment_id is not None and (person is None or person.id != caller.enrolment_id):
        raise ApiFault(403, "This token is one student's, and reads that student's scores alone.")
    if person is None:
        raise unknown_user(whom.username or whom.user_id or "")
    terms = history_queries.terms_of(course.id, whom.task)
    if terms is None:
        raise unknown_task(whom.task)
    value = history_queries.score_of(person.id, terms.assignment_id)
    if value is None:
        raise ApiFault(404, f'"{person.rms_username}" has no score yet for "{whom.task}".', "the first report makes one.")
    return {"user_id": person.rms_id or "", "username": person.rms_username, "task": whom.task, "score": value}


@blueprint.get("/<name>/is_admin")
@open_to_course()
def is_admin(caller: Caller) -> ResponseReturnValue:
    """Whether somebody is a teacher of the course."""
    name = request.args.get("rms_username", "")
    if not name:
        raise ApiFault(400, "The parameter rms_username is missing.", "?rms_username=NAME, as GitLab has it.")
    return {"rms_username": name, "is_admin": "\0" not in name and token_queries.is_teacher(caller.course.id, name)}


@blueprint.get("/<name>/deadlines")
@open_to_course()
def deadlines(caller: Caller) -> ResponseReturnValue:
    """The enabled tasks with the end of their groups, those not started included."""
    tasks = [
        {
            "task_name": row.name,
            "group": row.group,
            "deadline": f"{row.ends_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "score": row.points,
            "is_bonus": row.is_bonus,
            "is_large": row.is_large,
        }
        for row in gradebook_queries.enabled_assignments(caller.course.id)
    ]
    return {"course": caller.course.name, "tasks": tasks}


@blueprint.post("/update_config")
@blueprint.post("/<name>/update_config")
@open_to_course(Scope.CONFIGURE, form=False)
def update_config(caller: Caller) -> ResponseReturnValue:
    """Load the `.manytask.yml` that is the body, of whatever type it says to be."""
    loaded = load(caller.course.id, request.get_data())
    db.session.commit()
    if loaded.moved is None:
        send_or_leave(caller.course.id)
    return "", 200, {"Content-Type": "text/plain; charset=utf-8"}


@blueprint.post("/update_cache")
@open_to_course()
def update_cache(caller: Caller) -> ResponseReturnValue:
    """Nothing: there is no cache. Old clients ask for it after each config."""
    return "", 200, {"Content-Type": "text/plain; charset=utf-8"}


def demand_ready(course: Course) -> Course:
    """The course, once it has a config. Raises ApiFault (409)."""
    if not CourseStatus(course.status).ready:
        raise ApiFault(409, f'The course "{course.name}" is not ready: it has no config yet.', "a teacher has to load its .manytask.yml.")
    return course


def demand_reports(course: Course) -> Course:
    """The course, if it takes reports. Raises ApiFault (409)."""
    demand_unarchived(demand_ready(course))
    if not CourseStatus(course.status).takes_reports:
        raise finished(course)
    return course
