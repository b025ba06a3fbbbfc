"""A cell of the gradebook: a student's score for a task, its history, changing it, and taking the last change back.

Asked by htmx it is a cell of the table, else a page of its own.
"""

from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from courses import edits
from courses.blueprint import blueprint
from courses.faults import ApiFault
from courses.history_queries import score_of
from courses.scoring import edit_to_undo
from courses.seats import Seat, open_to_seat, staff, teachers
from courses.teaching import cell_queries as queries
from courses.teaching.forms import ScoreForm, read_points
from courses.teaching.views import state_class
from project.access import refuse
from project.extensions import db
from project.ids import id_from, is_id

CELL = "/<course_name>/gradebook/<int:enrolment_id>/<int:assignment_id>"


@blueprint.route(CELL, methods=["GET", "POST"])
@open_to_seat(staff)
def cell(seat: Seat, enrolment_id: int, assignment_id: int) -> ResponseReturnValue:
    """The score, what became of it, and a form for those who may change it."""
    person, task = _find(seat, enrolment_id, assignment_id)
    if request.method == "POST":
        return _edit(seat, person, task) if seat.teaches else refuse()
    closed = "closed" in request.args or not seat.changes
    return _shown(seat, person, task, None if closed else ScoreForm.of(score_of(person.id, task.id), formdata=None))


def _edit(seat: Seat, person: Any, task: Any) -> ResponseReturnValue:
    """Change the score; 409 where it is not what the form was opened on any more, and the form then has what it is now."""
    form = ScoreForm()
    if not form.validate():
        return _shown(seat, person, task, form), 400
    wanted, reason = read_points(form.score.data or ""), form.reason.data or ""
    try:
        edits.set_score(seat.course, person.rms_username, task.name, wanted, current_user.id, seen=form.seen_points(), reason=reason)
    except ApiFault as fault:
        db.session.rollback()
        fresh = ScoreForm.of(score_of(person.id, task.id), formdata=None)
        fresh.score.errors, fresh.reason.data = (str(fault),), reason
        return _shown(seat, person, task, fresh), fault.status
    db.session.commit()
    if "HX-Request" not in request.headers:
        flash("Saved.", "success")
        return redirect(request.path)
    answer = make_response(_shown(seat, person, task, None))
    # The rest of the row: totals and grade.
    answer.headers["HX-Trigger"] = "scores-changed"
    return answer


@blueprint.post(f"{CELL}/undo")
@open_to_seat(teachers)
def undo_edit(seat: Seat, enrolment_id: int, assignment_id: int) -> ResponseReturnValue:
    """Take the last edit back, if it is still the one that was seen."""
    person, task = _find(seat, enrolment_id, assignment_id)
    try:
        edits.undo_edit(seat.course, person.rms_username, task.name, id_from(request.form, "id") or 0, current_user.id)
    except ApiFault as fault:
        db.session.rollback()
        flash(str(fault), "error")
        return _shown(seat, person, task, ScoreForm.of(score_of(person.id, task.id), formdata=None)), fault.status
    db.session.commit()
    flash("The edit is taken back.", "success")
    return redirect(_address(seat, person, task))


def _find(seat: Seat, enrolment_id: int, assignment_id: int) -> tuple[Any, Any]:
    """Whose score for what; 404 for what the course does not have."""
    found = queries.find_cell(seat.course.id, enrolment_id, assignment_id) if is_id(enrolment_id) and is_id(assignment_id) else None
    if found is None:
        abort(404)
    return found


def _address(seat: Seat, person: Any, task: Any) -> str:
    return url_for("courses.cell", course_name=seat.course.name, enrolment_id=person.id, assignment_id=task.id)


def _shown(seat: Seat, person: Any, task: Any, form: ScoreForm | None) -> str:
    about: dict[str, Any] = {"seat": seat, "course": seat.course, "person": person, "task": task, "form": form, "score": score_of(person.id, task.id)}
    if "HX-Request" in request.headers:
        for field in (form.seen, form.score, form.reason) if form else ():
            # Several cells of a page may be open.
            field.id = f"{field.name}-{person.id}-{task.id}"
        address = _address(seat, person, task)
        return render_template("courses/teaching/_cell.html", **about, address=address, state_class=state_class)
    entries = queries.history_of(person.id, task.id)
    undone = edit_to_undo(entry.kind for entry, *_ in entries)
    undo = None if undone is None else entries[undone][0].id
    return render_template("courses/teaching/cell.html", **about, entries=entries[::-1], undo=undo, zone=ZoneInfo(seat.course.timezone))
