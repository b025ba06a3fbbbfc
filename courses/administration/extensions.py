"""Extensions: more time for one student, in a task or a group."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from courses import extension_queries as queries
from courses.administration.access import done, open_to_teachers, page
from courses.administration.extension_forms import ExtensionForm
from courses.blueprint import blueprint
from courses.models import Course
from courses.queries import assignments_of, groups_of
from courses.recomputing import recompute
from project import audit
from project.database import utc_now
from project.ids import id_from

PAGE = 50


@blueprint.route("/<course_name>/extensions", methods=["GET", "POST"])
@open_to_teachers()
def extensions(course: Course) -> ResponseReturnValue:
    """All extensions of the course, or one student's, and giving another one."""
    student, of = request.args.get("student", "").replace("\0", ""), request.args.get("of", "")
    form = ExtensionForm(course, groups_of(course.id), assignments_of(course.id), student=student, of=of)
    if form.validate_on_submit() and form.enrolment is not None:
        person_id = form.enrolment.id
        row = queries.add(person_id, **form.thing, extra=form.extra, ends_at=form.own_end, reason=(form.reason.data or "").strip(), made_by=current_user.id)
        audit.record("extension.made", ("enrolment", person_id), extension=row.id, **form.details())
        recompute(course, utc_now(), only=person_id)
        return done(f"{form.student.data} has more time. What was handed in is worth what it is with that.", "extensions", course)
    before = id_from(request.args, "before")
    found = queries.extensions_before(course.id, student, before, PAGE + 1)
    on = found[PAGE - 1][0].id if len(found) > PAGE else None
    asked: dict[str, Any] = {"course_name": course.name, "student": student or None}
    return page(
        "extensions",
        course,
        form=form,
        extensions=found[:PAGE],
        student=student,
        zone=ZoneInfo(course.timezone),
        newest_url=url_for(".extensions", **asked) if before else None,
        older_url=on and url_for(".extensions", before=on, **asked),
    )


@blueprint.post("/<course_name>/extensions/withdraw")
@open_to_teachers()
def withdraw_extension(course: Course) -> ResponseReturnValue:
    """Take an extension back; what was handed in late is late again."""
    extension_id = id_from(request.form, "id")
    person_id = None if extension_id is None else queries.delete(course.id, extension_id)
    if person_id is None:
        abort(404)
    audit.record("extension.withdrawn", ("enrolment", person_id), extension=extension_id)
    recompute(course, utc_now(), only=person_id)
    return done("The extension is withdrawn.", "extensions", course)
