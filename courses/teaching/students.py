"""One student as teachers see them: what they have, everything that happened, and what teachers set besides scores."""

from functools import partial
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from courses import edits, overview, queries, student_queries
from courses.blueprint import blueprint
from courses.faults import ApiFault
from courses.models import ChangeKind, Enrolment, RowChange
from courses.overview import Records, cards
from courses.seats import Seat, open_to_seat, staff, teachers
from courses.teaching import cell_queries
from courses.teaching.forms import CommentForm, GradeForm, read_points
from project.database import utc_now
from project.extensions import db
from project.ids import id_from, is_id
from project.tokens import digest

PAGE = 50
ROW = "/<course_name>/gradebook/<int:enrolment_id>"


@blueprint.get("/<course_name>/students/<path:username>")
@open_to_seat(staff)
def student(seat: Seat, username: str) -> ResponseReturnValue:
    """The page."""
    enrolment = cell_queries.find_person(seat.course.id, username)
    if enrolment is None:
        abort(404)
    return _page(seat, enrolment)


@blueprint.post(f"{ROW}/comment")
@open_to_seat(teachers)
def set_comment(seat: Seat, enrolment_id: int) -> ResponseReturnValue:
    """Replace the comment, if it is still what was seen."""
    enrolment, form = _find(seat, enrolment_id), CommentForm()
    if not form.validate():
        return _page(seat, enrolment, comment=form), 400
    try:
        seen = edits.Seen(form.seen.data)
        edits.set_comment(seat.course, enrolment.rms_username, form.comment.data or "", current_user.id, seen=seen)
    except ApiFault as fault:
        return _refused(seat, enrolment_id, fault)
    return _saved(seat, enrolment)


@blueprint.post(f"{ROW}/grade")
@open_to_seat(teachers)
def set_grade(seat: Seat, enrolment_id: int) -> ResponseReturnValue:
    """Let a grade stand, or the formulas decide, if what stands is still what was seen."""
    enrolment, form = _find(seat, enrolment_id), GradeForm()
    if not form.validate():
        return _page(seat, enrolment, grade=form), 400
    try:
        edits.set_override(seat.course, enrolment.rms_username, read_points(form.grade.data or ""), current_user.id, seen=form.seen_points())
    except ApiFault as fault:
        return _refused(seat, enrolment_id, fault)
    return _saved(seat, enrolment)


@blueprint.post(f"{ROW}/undo")
@open_to_seat(teachers)
def undo_change(seat: Seat, enrolment_id: int) -> ResponseReturnValue:
    """Take the last change of the comment or of the grade back, by one more change, if it is still the last of its kind."""
    enrolment, change_id = _find(seat, enrolment_id), id_from(request.form, "id")
    change = next((change for change, _ in cell_queries.changes_of(enrolment.id) if change.id == change_id), None)
    if change is None:
        abort(404)
    try:
        _undo(seat, enrolment, change)
    except ApiFault as fault:
        return _refused(seat, enrolment_id, fault)
    return _saved(seat, enrolment)


def _undo(seat: Seat, enrolment: Enrolment, change: RowChange) -> None:
    course, username = seat.course, enrolment.rms_username
    if change.kind == ChangeKind.COMMENT:
        edits.set_comment(course, username, change.before or "", current_user.id, seen=edits.Seen(digest(change.after or "")))
    else:
        before, after = (None if grade is None else int(grade) for grade in (change.before, change.after))
        edits.set_override(course, username, before, current_user.id, seen=edits.Seen(after))


def _find(seat: Seat, enrolment_id: int) -> Enrolment:
    found = cell_queries.find_enrolment(seat.course.id, enrolment_id) if is_id(enrolment_id) else None
    if found is None:
        abort(404)
    return found


def _saved(seat: Seat, enrolment: Enrolment) -> ResponseReturnValue:
    db.session.commit()
    flash("Saved.", "success")
    return redirect(url_for("courses.student", course_name=seat.course.name, username=enrolment.rms_username))


def _refused(seat: Seat, enrolment_id: int, fault: ApiFault) -> ResponseReturnValue:
    """The page as it is now, and why nothing was changed."""
    db.session.rollback()
    flash(str(fault), "error")
    return _page(seat, _find(seat, enrolment_id)), fault.status


def _page(seat: Seat, enrolment: Enrolment, *, comment: CommentForm | None = None, grade: GradeForm | None = None) -> str:
    course, at, before = seat.course, utc_now(), id_from(request.args, "before")
    records = Records(
        course,
        queries.groups_of(course.id),
        queries.assignments_of(course.id),
        enrolment.rms_username,
        student_queries.scores_of(enrolment.id),
        student_queries.reports_of(enrolment.id),
        student_queries.extensions_of(enrolment.id),
    )
    entries = cell_queries.history_of_person(enrolment.id, before, PAGE + 1)
    changes = cell_queries.changes_of(enrolment.id)
    on = entries[PAGE - 1][0].id if len(entries) > PAGE else None
    address = partial(url_for, "courses.student", course_name=course.name, username=enrolment.rms_username)
    return render_template(
        "courses/teaching/student.html",
        seat=seat,
        course=course,
        enrolment=enrolment,
        zone=ZoneInfo(course.timezone),
        standing=overview.standing(records, enrolment, at),
        cards=cards(records, at, ahead=True),
        extensions=[(extension, records.name_of(extension)) for extension in records.extensions],
        comment_form=comment or CommentForm.of(enrolment.comment),
        grade_form=grade or GradeForm.of(enrolment.grade_override),
        changes=changes,
        undoable={next((change.id for change, _ in changes if change.kind == kind), None) for kind in ChangeKind},
        entries=entries[:PAGE],
        newest_url=address() if before else None,
        older_url=on and address(before=on),
    )
