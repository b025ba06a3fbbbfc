"""The people of a course: who they are, what they may, and which account is whose."""

from typing import Any

from flask import Response, abort, current_app, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from accounts.people.export import as_json
from courses import people as rules
from courses import people_queries as queries
from courses import personal_queries
from courses.administration.access import done, open_to_teachers, page
from courses.administration.people_forms import BindForm, DeletionForm, EnrolSomebodyForm, NameForm
from courses.blueprint import blueprint
from courses.models import Course, Enrolment, Role
from courses.people import PeopleFault
from courses.people_queries import UNBOUND
from courses.queries import find_enrolment
from project import audit
from project.extensions import db, settings_of
from project.keyset import Page, Place, Stretch
from project.keyset import page as page_of

PAGE = 50
KINDS = {"": "everybody", Role.STUDENT: "students", Role.TEACHER: "teachers", UNBOUND: "without an account"}


@blueprint.route("/<course_name>/people", methods=["GET", "POST"])
@open_to_teachers()
def people(course: Course) -> ResponseReturnValue:
    """Everybody in the course, and enrolling somebody."""
    form = EnrolSomebodyForm()
    if form.validate_on_submit():
        try:
            if find_enrolment(course.id, form.rms_username.data):
                raise PeopleFault(f"{form.rms_username.data} is in this course already.")
            rules.enrol(course, form.rms_username.data, Role.TEACHER if form.is_teacher.data else Role.STUDENT, form.rms_id.data or None)
        except PeopleFault as fault:
            db.session.rollback()
            form.rms_username.errors = [str(fault)]
        else:
            return done(f"{form.rms_username.data} is in {course.title}.", "people", course)
    search, kind = request.args.get("search", "").replace("\0", ""), request.args.get("kind", "")
    kind = kind if kind in KINDS else "nobody"
    before, after = (Place.read(request.args.get(name, ""), queries.KEY) for name in ("before", "after"))
    stretch = Stretch(PAGE, place=before or after, backwards=before is not None)
    found: Page[Any] = page_of(stretch, lambda wanted: queries.people_of(course.id, search, kind, wanted))
    asked: dict[str, Any] = {"search": search or None, "kind": kind or None}
    return page(
        "people",
        course,
        form=form,
        people=found.rows,
        counts=queries.count_kinds(course.id),
        kinds=KINDS,
        search=search,
        kind=kind,
        back_url=found.previous and url_for(".people", course_name=course.name, before=str(found.previous), **asked),
        on_url=found.next and url_for(".people", course_name=course.name, after=str(found.next), **asked),
    )


@blueprint.get("/<course_name>/people/<int:person>")
@open_to_teachers()
def person(course: Course, person: int) -> ResponseReturnValue:
    """Somebody in the course."""
    return _page(course, person)


@blueprint.post("/<course_name>/people/<int:person>/role")
@open_to_teachers()
def change_role(course: Course, person: int) -> ResponseReturnValue:
    """Make somebody a teacher, or a student."""
    enrolment, role = _locked(course, person), Role.TEACHER if request.form.get("role") == Role.TEACHER else Role.STUDENT
    if enrolment.role != role:
        rules.change_role(enrolment, role)
    return done(f"{enrolment.rms_username} is a {role} now.", "person", course, person=person)


@blueprint.post("/<course_name>/people/<int:person>/name")
@open_to_teachers()
def name_person(course: Course, person: int) -> ResponseReturnValue:
    """Say what reports call somebody."""
    form = NameForm()
    if not form.validate_on_submit():
        return _page(course, person, name_form=form)
    try:
        named = rules.identify(course, _locked(course, person), form.rms_username.data, form.rms_id.data or None)
    except PeopleFault as fault:
        return _refused(course, person, fault)
    return done("Saved.", "person", course, person=named.id)


@blueprint.post("/<course_name>/people/<int:person>/bind")
@open_to_teachers()
def bind_person(course: Course, person: int) -> ResponseReturnValue:
    """Say which account somebody is: it sees these scores from then on."""
    form = BindForm()
    if not form.validate_on_submit() or form.user is None:
        return _page(course, person, bind_form=form)
    enrolment = _locked(course, person)
    try:
        rules.bind(course, enrolment, form.user, how="teacher")
    except PeopleFault as fault:
        return _refused(course, person, fault)
    return done(f"{form.user.username} is {enrolment.rms_username}.", "person", course, person=person)


@blueprint.post("/<course_name>/people/<int:person>/unbind")
@open_to_teachers()
def unbind_person(course: Course, person: int) -> ResponseReturnValue:
    """Take somebody's scores from the account that saw them."""
    enrolment = _locked(course, person)
    try:
        rules.unbind(enrolment)
    except PeopleFault as fault:
        return _refused(course, person, fault)
    return done(f"{enrolment.rms_username} is bound to no account any more.", "person", course, person=person)


@blueprint.post("/<course_name>/people/<int:person>/export")
@open_to_teachers(archived=True)
def export_person(course: Course, person: int) -> ResponseReturnValue:
    """All that the course holds about somebody, as a JSON file, written while it is read."""
    enrolment = _locked(course, person)
    audit.record("enrolment.exported", ("enrolment", enrolment.id))
    db.session.commit()
    pieces = stream_with_context(as_json(person, personal_queries.OF_ENROLMENT))
    return Response(pieces, mimetype="application/json", headers={"Content-Disposition": f'attachment; filename="{course.name}-{person}.json"'})


@blueprint.route("/<course_name>/people/<int:person>/delete", methods=["GET", "POST"])
@open_to_teachers(archived=True)
def delete_person(course: Course, person: int) -> ResponseReturnValue:
    """Delete somebody from the course, with all scores and the whole history, once the name is typed."""
    enrolment = _locked(course, person)
    form = DeletionForm(enrolment)
    if not form.validate_on_submit():
        db.session.rollback()
        return page("delete_person", course, form=form, enrolment=enrolment)
    queries.delete_enrolment(enrolment)
    audit.record("enrolment.deleted", ("enrolment", person), course=course.name)
    return done("Deleted, with scores and history.", "people", course)


def _page(course: Course, person_id: int, **typed: FlaskForm) -> str:
    """Somebody's page, with what was typed into one of its forms."""
    found = queries.find_person(course.id, person_id) or abort(404)
    enrolment, account = found
    forms = {"name_form": NameForm(formdata=None, obj=_nameable(enrolment)), "bind_form": BindForm(formdata=None)}
    provider = next((each.name for each in settings_of(current_app).providers if each.key == course.identity_provider), None)
    return page("person", course, enrolment=enrolment, account=account, provider=provider, **{**forms, **typed})


def _nameable(enrolment: Enrolment) -> Enrolment | None:
    """What the form begins with; nothing for a name that no report uses."""
    return None if enrolment.rms_username.startswith(rules.PLACEHOLDER) else enrolment


def _locked(course: Course, person_id: int) -> Enrolment:
    return queries.lock_enrolment(Enrolment.course_id == course.id, Enrolment.id == person_id) or abort(404)


def _refused(course: Course, person_id: int, fault: PeopleFault) -> ResponseReturnValue:
    db.session.rollback()
    flash(str(fault), "error")
    return redirect(url_for(".person", course_name=course.name, person=person_id))
