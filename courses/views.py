"""The students' pages: their courses, how they stand in one, what became of each submission, and a calendar of deadlines."""

from zoneinfo import ZoneInfo

from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from courses import overview, queries, student_queries
from courses.blueprint import blueprint
from courses.forms import EnrolForm
from courses.ics import calendar_of
from courses.models import Course, Enrolment, Role
from courses.overview import Records, cards
from courses.statuses import CourseStatus
from project import audit
from project.access import everyone, members, open_to
from project.database import utc_now
from project.extensions import db, settings_of
from project.ids import id_from
from project.tokens import digest, new_token

PAGE = 50
RECENT = 5
"""Entries of the history on the course's own page."""


@blueprint.get("/")
@open_to(members)
def index() -> ResponseReturnValue:
    """One's courses, and for whoever may look at any, the others."""
    own = student_queries.courses_of(current_user.id)
    mine = {course.id for course, _ in own}
    others = [course for course in queries.every_course() if course.id not in mine] if _sees_everything() else []
    return render_template("courses/index.html", courses=own, others=others)


@blueprint.get("/<course_name>/")
@open_to(members)
def course(course_name: str) -> ResponseReturnValue:
    """A course and how one stands in it; who is not in it is asked for the secret, if the course has one."""
    found, enrolment = _course_and_enrolment(course_name)
    if enrolment is None and not _sees_everything():
        return redirect(url_for(".enrol", course_name=course_name, secret=request.args.get("secret")))
    at = utc_now()
    records = _records(found, enrolment)
    shown = cards(records, at, ahead=_is_staff(enrolment))
    return render_template(
        "courses/course.html",
        course=found,
        enrolment=enrolment,
        zone=ZoneInfo(found.timezone),
        status=CourseStatus(found.status),
        links=overview.links_of(found),
        sees_gradebook=_is_staff(enrolment) or found.show_all_scores,
        cards=[(card, overview.plot(card, at, found.timezone) if card.is_drawn else None) for card in shown],
        standing=overview.standing(records, enrolment, at) if enrolment and not _is_teacher(enrolment) else None,
        extensions=[(extension, records.name_of(extension)) for extension in records.extensions],
        recent=student_queries.history_before(enrolment.id, None, RECENT) if enrolment else [],
        is_staff=_is_staff(enrolment),
        teaches=current_user.is_superuser or (enrolment is not None and _is_teacher(enrolment)),
    )


@blueprint.get("/<course_name>/submissions")
@open_to(members)
def submissions(course_name: str) -> ResponseReturnValue:
    """One's own history in a course, of one task or of all, newest first."""
    found, enrolment = _course_and_enrolment(course_name)
    if enrolment is None:
        abort(404)
    before, task_id = id_from(request.args, "before"), id_from(request.args, "task")
    tasks = queries.assignments_of(found.id)
    entries = student_queries.history_before(enrolment.id, before, PAGE + 1, task_id)
    on = entries[PAGE - 1][0].id if len(entries) > PAGE else None
    return render_template(
        "courses/submissions.html",
        course=found,
        zone=ZoneInfo(found.timezone),
        tasks=[task for task in tasks if task.enabled or task.id == task_id],
        task_id=task_id,
        entries=entries[:PAGE],
        newest_url=url_for(".submissions", course_name=course_name, task=task_id) if before else None,
        older_url=on and url_for(".submissions", course_name=course_name, task=task_id, before=on),
    )


@blueprint.route("/<course_name>/enrol", methods=["GET", "POST"])
@open_to(members)
def enrol(course_name: str) -> ResponseReturnValue:
    """Getting into a course by its secret, which a link can carry."""
    found = queries.find_course(course_name)
    if found is None or not _takes_secrets(found):
        abort(404)
    form = EnrolForm(found, secret=request.args.get("secret", ""))
    if not form.validate_on_submit():
        return render_template("courses/enrol.html", course=found, form=form)
    issuer = next((provider.issuer for provider in settings_of(current_app).providers if provider.key == found.identity_provider), None)
    enrolment_id = student_queries.enrol(found.id, current_user.id, current_user.username, issuer)
    if enrolment_id is None:
        flash("You are in this course already.", "info")
    else:
        audit.record("course.enrolled", ("enrolment", enrolment_id), course=found.name)
        flash(f"Welcome to {found.title}.", "success")
    db.session.commit()
    return redirect(url_for(".course", course_name=found.name))


@blueprint.route("/<course_name>/calendar", methods=["GET", "POST"])
@open_to(members)
def calendar(course_name: str) -> ResponseReturnValue:
    """The link by which a calendar reads one's deadlines; the answer that makes one is the only one that shows it."""
    found, enrolment = _course_and_enrolment(course_name)
    if enrolment is None:
        abort(404)
    link = None
    if request.method == "POST":
        token = None if "stop" in request.form else new_token()
        enrolment.calendar_token_hash = token and digest(token)
        audit.record("calendar.opened" if token else "calendar.closed", ("enrolment", enrolment.id), course=found.name)
        db.session.commit()
        link = token and url_for(".deadlines", course_name=found.name, token=token, _external=True)
    return render_template("courses/calendar.html", course=found, enrolment=enrolment, link=link)


@blueprint.get("/<course_name>/calendar/<token>.ics")
@open_to(everyone)
def deadlines(course_name: str, token: str) -> ResponseReturnValue:
    """The deadlines of whoever has the link, for a calendar."""
    found = student_queries.find_calendar(course_name, digest(token))
    if found is None or not _may_see(*found):
        abort(404)
    course, enrolment = found
    at = utc_now()
    shown = cards(_records(course, enrolment), at, ahead=_is_teacher(enrolment))
    return Response(calendar_of(course.name, course.title, shown, course.config_loaded_at or course.created_at), mimetype="text/calendar")


def _course_and_enrolment(name: str) -> tuple[Course, Enrolment | None]:
    """The course and who one is in it; 404 for what one may not see, and for a course that can only be entered through a teacher."""
    course = queries.find_course(name)
    if course is None:
        abort(404)
    enrolment = student_queries.enrolment_of(course.id, current_user.id)
    if _sees_everything() or (_may_see(course, enrolment) if enrolment else _takes_secrets(course)):
        return course, enrolment
    abort(404)


def _records(course: Course, enrolment: Enrolment | None) -> Records:
    groups, assignments = queries.groups_of(course.id), queries.assignments_of(course.id)
    if enrolment is None:
        return Records(course, groups, assignments, current_user.username)
    return Records(
        course,
        groups,
        assignments,
        enrolment.rms_username,
        student_queries.scores_of(enrolment.id),
        student_queries.reports_of(enrolment.id),
        student_queries.extensions_of(enrolment.id),
    )


def _may_see(course: Course, enrolment: Enrolment) -> bool:
    return _is_teacher(enrolment) or CourseStatus(course.status).shown_to_students


def _takes_secrets(course: Course) -> bool:
    return bool(course.enrolment_secret_hash) and course.archived_at is None and CourseStatus(course.status).shown_to_students


def _is_teacher(enrolment: Enrolment) -> bool:
    return enrolment.role == Role.TEACHER


def _sees_everything() -> bool:
    return bool(current_user.is_superuser or current_user.can_review_tasks)


def _is_staff(enrolment: Enrolment | None) -> bool:
    return _sees_everything() if enrolment is None else _is_teacher(enrolment) or _sees_everything()
