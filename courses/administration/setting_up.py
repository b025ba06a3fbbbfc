"""Making a course, its settings, putting it away, and copying it for next year."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError

from courses import making
from courses.actors import send_or_leave
from courses.administration.access import done, open_to_teachers, page
from courses.administration.setting_forms import FROM_CONFIG, RULES, CopyForm, NewCourseForm, SettingsForm, current
from courses.blueprint import blueprint
from courses.config.faults import ConfigFaults
from courses.config_queries import lock_course
from courses.copying import copy_course
from courses.loading import change_rules
from courses.models import Course
from project import audit
from project.access import open_to, superusers
from project.database import utc_now
from project.extensions import db

TAKEN = "Somebody was faster: there is a course of this name now."


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(superusers)
def new() -> ResponseReturnValue:
    """Make a course; the answer is the only page that shows its first token."""
    form = NewCourseForm()
    if form.validate_on_submit():
        try:
            course, token = making.make(form.name.data, form.title.data)
            db.session.commit()
        except IntegrityError:
            db.session.rollback()
            form.name.errors = [TAKEN]
        else:
            return page("made", course, token=token)
    return render_template("courses/administration/new.html", form=form)


@blueprint.route("/<course_name>/settings", methods=["GET", "POST"])
@open_to_teachers()
def settings(course: Course) -> ResponseReturnValue:
    """What teachers set, and what the config decides."""
    form = SettingsForm(course)
    if form.validate_on_submit():
        locked = lock_course(course.id)
        if locked is not None and not _change(locked, form.values()):
            flash("Saved. What it makes of scores is worked out now; until then everybody sees the course as it was.", "info")
            db.session.commit()
            send_or_leave(course.id)
            return redirect(url_for("courses.settings", course_name=course.name))
        return done("Saved.", "settings", course)
    return page("settings", course, form=form, from_config=[name for name in FROM_CONFIG if name not in form])


def _change(course: Course, values: dict[str, Any]) -> bool:
    """Change what is another value now; False if a worker has to work out what that makes of scores."""
    before = current(course)
    changed = {name: value for name, value in values.items() if before[name] != value}
    if not changed:
        return True
    audit.record("course.settings_changed", ("course", course.id), **changed)
    rules = {name: value for name, value in changed.items() if name in RULES}
    for name in changed.keys() - rules.keys():
        setattr(course, name, changed[name])
    return not rules or change_rules(course, **rules) is not None


@blueprint.post("/<course_name>/archive")
@open_to_teachers(archived=True)
def archive(course: Course) -> ResponseReturnValue:
    """Put the course away, so that it can only be read; or bring it back."""
    away = "back" not in request.form
    course.archived_at = utc_now() if away else None
    audit.record("course.archived" if away else "course.brought_back", ("course", course.id))
    return done(f"{course.title} is archived: it can only be read." if away else f"{course.title} is back.", "settings", course)


@blueprint.route("/<course_name>/copy", methods=["GET", "POST"])
@open_to(superusers)
def copy(course_name: str) -> ResponseReturnValue:
    """Make another course like this one, with later dates and nobody in it."""
    return _copy(course_name=course_name)


@open_to_teachers(archived=True)
def _copy(course: Course) -> ResponseReturnValue:
    form = CopyForm()
    if form.validate_on_submit():
        try:
            made, token = copy_course(course, form.name.data, form.title.data, form.days.data or 0)
            db.session.commit()
        except IntegrityError:
            db.session.rollback()
            form.name.errors = [TAKEN]
        except ConfigFaults as faults:
            db.session.rollback()
            form.days.errors = [f"The dates can't be shifted so: {faults}"]
        else:
            return page("made", made, token=token)
    return page("copy", course, form=form)
