"""The course's config: what it is, what another one would change, and loading exactly that."""

from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from courses import draft_queries, drafts
from courses.actors import preview_config, send_or_leave
from courses.administration.access import done, open_to_teachers, page
from courses.administration.config_forms import ConfigForm
from courses.blueprint import blueprint
from courses.config.faults import ConfigFaults
from courses.drafts import DraftFault
from courses.faults import ApiFault
from courses.models import ConfigDraft, Course
from project import audit
from project.extensions import db
from workers.broker import BrokerUnreachable

MOST_MOVED = 200
"""People that the preview names; of more it says how many."""
LOAD_AGAIN = ("", 200, {"HX-Refresh": "true"})
"""Makes htmx load the whole page: there is nothing to ask for again."""


@blueprint.route("/<course_name>/config", methods=["GET", "POST"])
@open_to_teachers()
def config(course: Course) -> ResponseReturnValue:
    """The config that is loaded, and a form for another one, which is looked at first."""
    form, faults = ConfigForm(), []
    if form.validate_on_submit():
        try:
            draft = drafts.keep(course, form.data_sent, current_user.id)
            if draft is not None and draft.changes is None:
                _work_out(draft)
            return redirect(url_for(".preview", course_name=course.name))
        except ConfigFaults as found:
            db.session.rollback()
            faults = str(found).splitlines()
        except ApiFault as fault:
            db.session.rollback()
            faults = [str(fault)]
    return page("config", course, form=form, faults=faults, draft=draft_queries.find_draft(course.id))


@blueprint.get("/<course_name>/config/file")
@open_to_teachers()
def config_file(course: Course) -> ResponseReturnValue:
    """The config that is loaded, as a file."""
    if course.config is None:
        abort(404)
    headers = {"Content-Disposition": 'attachment; filename="manytask.yml"'}
    return Response(course.config, mimetype="text/plain", headers=headers)


@blueprint.get("/<course_name>/config/state")
@open_to_teachers()
def config_state(course: Course) -> ResponseReturnValue:
    """What waits to take effect: a part of the page, which asks again and again until nothing does."""
    return LOAD_AGAIN if course.outdated_since is None else render_template("courses/_standing.html", course=course)


@blueprint.get("/<course_name>/config/preview")
@open_to_teachers()
def preview(course: Course) -> ResponseReturnValue:
    """What the uploaded config would change, and who would gain or lose."""
    draft = draft_queries.find_draft(course.id)
    if draft is None:
        return redirect(url_for(".config", course_name=course.name))
    return page("preview", course, **_shown(draft))


@blueprint.get("/<course_name>/config/preview/state")
@open_to_teachers()
def preview_state(course: Course) -> ResponseReturnValue:
    """The part of that page that is there while a worker works it out."""
    draft = draft_queries.find_draft(course.id)
    if draft is None or draft.changes is not None:
        return LOAD_AGAIN
    return render_template("courses/administration/_preview.html", course=course, **_shown(draft))


@blueprint.post("/<course_name>/config/load")
@open_to_teachers()
def load_config(course: Course) -> ResponseReturnValue:
    """Load the config that was looked at, and no other."""
    try:
        loaded = drafts.load_draft(course, request.form.get("sha256", ""))
    except (DraftFault, ApiFault) as fault:
        flash(str(fault), "error")
        db.session.commit()
        if draft := draft_queries.find_draft(course.id):
            _work_out(draft)
        return redirect(url_for(".preview", course_name=course.name))
    if loaded.moved is not None:
        return done(f"The config is loaded. Totals or grades that changed: {len(loaded.moved)}.", "config", course)
    db.session.commit()
    send_or_leave(course.id)
    flash("The config is taken. It takes effect with all scores that it makes, within seconds.", "info")
    return redirect(url_for(".config", course_name=course.name))


@blueprint.post("/<course_name>/config/discard")
@open_to_teachers()
def discard_config(course: Course) -> ResponseReturnValue:
    """Forget the config that was uploaded."""
    draft_queries.drop_draft(course.id)
    audit.record("course.config_discarded", ("course", course.id))
    return done("Discarded. The course is as it was.", "config", course)


def _work_out(draft: ConfigDraft) -> None:
    """Let a worker work out what the draft changes; here, if none can be told."""
    course_id, sha256 = draft.course_id, draft.sha256
    try:
        preview_config.send(course_id, sha256)
    except BrokerUnreachable:
        drafts.work_out(course_id, sha256)


def _shown(draft: ConfigDraft | None) -> dict[str, Any]:
    """What the page shows of a draft: who loses most first."""
    moved = sorted(draft.moved or [], key=lambda each: (each["after"] - each["before"], each["grade_after"] - each["grade_before"])) if draft else []
    gained = sum((each["after"], each["grade_after"]) > (each["before"], each["grade_before"]) for each in moved)
    return {"draft": draft, "moved": moved[:MOST_MOVED], "gained": gained, "lost": len(moved) - gained}
