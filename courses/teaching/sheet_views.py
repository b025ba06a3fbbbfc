"""Taking the gradebook away as a sheet, and bringing scores in from one: first what it would change, then changing it."""

from contextlib import closing
from typing import Any

from flask import Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from courses.blueprint import blueprint
from courses.edits import LONGEST_REASON
from courses.faults import ApiFault, demand_unarchived
from courses.seats import Seat, open_to_seat, staff, teachers
from courses.teaching import score_sheet, sheets
from courses.teaching.forms import no_nul
from courses.teaching.score_sheet import MOST_LINES, Plan, SheetFault
from project.extensions import db
from project.forms import trimmed

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST_SHEET = 8 * 1024 * 1024
"""Bytes; 10,000 lines of a hundred scores fit in."""
SHOWN = 500
"""Changes, and faults, that the preview lists; it says how many more there are."""


class SheetForm(FlaskForm):
    """A sheet of scores, as a file or as text."""

    file = FileField("A file of CSV", description="As this page's CSV has it: a line for each student, a column for each task. An empty cell changes nothing.")
    sheet = TextAreaField("Or its lines", validators=[no_nul], description=f"Or one line for each score: username,task,score. At most {MOST_LINES:,} lines.")
    reason = StringField(
        "Why",
        filters=[trimmed],
        validators=[Length(max=LONGEST_REASON, message=f"At most {LONGEST_REASON} characters."), no_nul],
        description="It stands in the history of each score, which the student reads too.",
    )


@blueprint.url_value_preprocessor
def allow_sheets(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let a sheet be larger than other forms; before anything reads the form, for its token say."""
    if endpoint == "courses.import_scores" and request.content_length is not None:
        request.max_content_length = max(LARGEST_SHEET, request.max_content_length or 0)
        request.max_form_memory_size = request.max_content_length


@blueprint.get("/<course_name>/gradebook.csv")
@open_to_seat(staff)
def gradebook_csv(seat: Seat) -> ResponseReturnValue:
    """All students and all tasks, as CSV."""
    return Response(stream_with_context(sheets.as_csv(seat.course)), mimetype="text/csv", headers=_attached(seat, "csv"))


@blueprint.get("/<course_name>/gradebook.xlsx")
@open_to_seat(staff)
def gradebook_xlsx(seat: Seat) -> ResponseReturnValue:
    """The same as a workbook."""
    return Response(sheets.as_xlsx(seat.course), mimetype=XLSX, headers=_attached(seat, "xlsx"))


@blueprint.route("/<course_name>/gradebook/import", methods=["GET", "POST"])
@open_to_seat(teachers)
def import_scores(seat: Seat) -> ResponseReturnValue:
    """A form for the sheet; sent, what it would change; with the seal of that, changing it, or 409 where it would change something else by now."""
    # A large file waits in the system's folder of temporary ones until it is closed.
    with closing(request):
        return _import_scores(seat, SheetForm())


def _import_scores(seat: Seat, form: SheetForm) -> ResponseReturnValue:
    if not form.validate_on_submit():
        return _page(seat, form)
    try:
        demand_unarchived(seat.course)
        text = _text_of(form)
        if "seal" not in request.form:
            return _page(seat, form, text, score_sheet.plan(seat.course, text))
        found, done = score_sheet.apply(seat.course, text, request.form["seal"], current_user.id, form.reason.data or "")
    except (SheetFault, ApiFault) as fault:
        db.session.rollback()
        form.sheet.errors = (str(fault),)
        return _page(seat, form), fault.status if isinstance(fault, ApiFault) else 400
    if not done:
        db.session.rollback()
        flash("The course has changed since you looked: nothing was changed. This is what the sheet would change now.", "warning")
        return _page(seat, form, text, found), 409
    db.session.commit()
    flash(f"{len(found.changes):,} scores are changed.", "success")
    return redirect(url_for("courses.gradebook", course_name=seat.course.name))


def _text_of(form: SheetForm) -> str:
    file = form.file.data
    if not file:
        return form.sheet.data or ""
    try:
        text: str = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SheetFault("The file is no text in UTF-8: save it as CSV in UTF-8.") from None
    if "\0" in text:
        raise SheetFault("The file is no CSV: there are characters in it that no text has. Save the sheet as CSV in UTF-8.")
    return text


def _page(seat: Seat, form: SheetForm, text: str = "", plan: Plan | None = None) -> str:
    return render_template("courses/teaching/import.html", seat=seat, course=seat.course, form=form, text=text, plan=plan, shown=SHOWN)


def _attached(seat: Seat, kind: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename={seat.course.name}-gradebook.{kind}"}
