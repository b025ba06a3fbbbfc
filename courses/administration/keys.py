"""What opens a course: the tokens of its checkers and scripts, and the secret by which people enrol."""

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue

from courses import token_queries
from courses.administration.access import done, open_to_teachers, page
from courses.administration.key_forms import CourseTokenForm
from courses.blueprint import blueprint
from courses.models import Course, Scope
from courses.statuses import CourseStatus
from courses.tokens import WORDS, new_course_token
from project import audit
from project.extensions import db
from project.ids import id_from
from project.tokens import digest, new_token

PAGE = 50


@blueprint.route("/<course_name>/tokens", methods=["GET", "POST"])
@open_to_teachers()
def tokens(course: Course) -> ResponseReturnValue:
    """The course's tokens; the answer that makes one is the only one that shows it."""
    form = CourseTokenForm(course, student=request.args.get("for", ""))
    if not form.validate_on_submit():
        return _page(course, form)
    made, only = new_course_token(), form.enrolment.id if form.enrolment else None
    row = token_queries.add_token(course.id, form.name.data, Scope(form.scope.data), digest(made), only)
    audit.record("course_token.made", ("course token", row.id), course=course.name, scope=row.scope, enrolment=only)
    db.session.commit()
    return _page(course, CourseTokenForm(course, formdata=None), made=made)


@blueprint.post("/<course_name>/tokens/revoke")
@open_to_teachers(archived=True)
def revoke_token(course: Course) -> ResponseReturnValue:
    """Let a token open nothing any more."""
    token_id = id_from(request.form, "id")
    name = None if token_id is None else token_queries.revoke(course.id, token_id)
    if token_id is None or name is None:
        abort(404)
    audit.record("course_token.revoked", ("course token", token_id), course=course.name)
    return done(f"The token “{name}” opens nothing any more.", "tokens", course)


@blueprint.post("/<course_name>/tokens/secret")
@open_to_teachers()
def secret(course: Course) -> ResponseReturnValue:
    """Give the course a new enrolment secret, which this answer alone shows with its link; or let nobody in by one any more."""
    made = None if "off" in request.form else new_token()
    course.enrolment_secret_hash = made and digest(made)
    audit.record("course.secret_changed", ("course", course.id), name=course.name, off=made is None)
    if made is None:
        return done("Nobody enrols by a secret any more.", "tokens", course)
    db.session.commit()
    link = url_for("courses.enrol", course_name=course.name, secret=made, _external=True)
    return _page(course, CourseTokenForm(course, formdata=None), secret=made, link=link)


def _page(course: Course, form: CourseTokenForm, **shown: str) -> str:
    """The page of both; the secret waits where students do not see the course yet."""
    before = id_from(request.args, "before")
    found = token_queries.tokens_before(course.id, before, PAGE + 1)
    on = found[PAGE - 1][0].id if len(found) > PAGE else None
    return page(
        "tokens",
        course,
        form=form,
        tokens=found[:PAGE],
        words=WORDS,
        hidden=not CourseStatus(course.status).shown_to_students,
        newest_url=url_for(".tokens", course_name=course.name) if before else None,
        older_url=on and url_for(".tokens", course_name=course.name, before=on),
        **shown,
    )
