"""The gradebook as JSON, and changing it: by a script with a token, or by a teacher's page."""

import json
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from courses import edits, gradebook
from courses.api import blueprint
from courses.callers import Caller, open_to_course
from courses.edits import Row
from courses.faults import ApiFault
from courses.models import Role, Scope
from project.extensions import db


@blueprint.get("/<name>/database")
@open_to_course(Scope.READ, session=Role.STUDENT)
def database(caller: Caller) -> ResponseReturnValue:
    """The whole gradebook; a student's session gets its own row, unless the course shows all."""
    text = gradebook.as_json(caller.course, only=caller.enrolment_id, for_staff=caller.is_staff)
    return Response(text, mimetype="application/json")


@blueprint.post("/<name>/database/update")
@open_to_course(Scope.CONFIGURE, session=Role.TEACHER, form=False)
def update_database(caller: Caller) -> ResponseReturnValue:
    """Set scores of one student: `{"new_scores": {task: points}, "row_data": {"username": …}}`."""
    sent = body()
    row_data, new_scores = sent.get("row_data"), sent.get("new_scores")
    if not isinstance(row_data, dict) or not isinstance(new_scores, dict):
        raise ApiFault(400, "new_scores or row_data is missing.", '{"new_scores": {"sum": 7}, "row_data": {"username": "alice"}}')
    row = edits.set_scores(caller.course, edits.read_username(row_data), edits.read_scores(new_scores), author_id(caller))
    db.session.commit()
    text = gradebook.row_as_json(caller.course, row.id)
    return {"success": True, "row_data": text}


@blueprint.post("/<name>/comment/update")
@open_to_course(session=Role.TEACHER, form=False, tokens=False)
def update_comment(caller: Caller) -> ResponseReturnValue:
    """Note something about a student, for teachers: `{"username": …, "comment": …}`."""
    sent = body()
    return done(edits.set_comment(caller.course, edits.read_username(sent), edits.read_comment(sent), author_id(caller)))


@blueprint.post("/<name>/grade/override")
@open_to_course(session=Role.TEACHER, form=False, tokens=False)
def override_grade(caller: Caller) -> ResponseReturnValue:
    """Let a grade stand, whatever the formulas say: `{"username": …, "grade": …}`."""
    sent = body()
    return done(edits.set_override(caller.course, edits.read_username(sent), edits.read_grade(sent), author_id(caller)))


@blueprint.post("/<name>/grade/clear_override")
@open_to_course(session=Role.TEACHER, form=False, tokens=False)
def clear_override(caller: Caller) -> ResponseReturnValue:
    """Let the formulas decide again: `{"username": …}`."""
    return done(edits.set_override(caller.course, edits.read_username(body()), None, author_id(caller)))


def body() -> dict[str, Any]:
    """The object that the body is, as JSON. Raises ApiFault (400)."""
    try:
        sent = json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise ApiFault(400, "The body is no JSON.", 'send an object, e.g. {"username": "alice"}.') from None
    if not isinstance(sent, dict):
        raise ApiFault(400, "The body is JSON, but no object.", 'e.g. {"username": "alice"}.')
    return sent


def author_id(caller: Caller) -> int | None:
    """Who edits; None for a token."""
    return current_user.id if caller.token is None else None


def done(_row: Row) -> ResponseReturnValue:
    """Commit, and say so."""
    db.session.commit()
    return {"success": True}
