"""Many reports in one request, which a worker takes in."""

from flask import current_app, request
from flask.typing import ResponseReturnValue

from courses import batch_queries, batches
from courses.actors import take_in_batch
from courses.api import blueprint
from courses.api.checkers import demand_reports
from courses.callers import Caller, open_to_course
from courses.faults import ApiFault
from courses.models import Scope
from project.extensions import db
from workers.broker import BrokerUnreachable

LARGEST_BODY = 8 * 1024 * 1024
"""Bytes; 10,000 reports with all their fields fit in."""


@blueprint.post("/<name>/reports")
@open_to_course(Scope.REPORT, form=False)
def reports(caller: Caller) -> ResponseReturnValue:
    """Take many reports, as a JSON list or as text/csv, and say at once where to ask how far they are."""
    course = demand_reports(caller.course)
    if caller.enrolment_id is not None:
        raise ApiFault(403, "This token is one student's, and reports one by one.")
    request.max_content_length = max(LARGEST_BODY, current_app.config["MAX_CONTENT_LENGTH"])
    lines = batches.read_lines(request.get_data(), as_csv=request.mimetype == "text/csv")
    batch = batch_queries.add_batch(course.id, lines)
    db.session.commit()
    try:
        take_in_batch.send(batch.id)
    except BrokerUnreachable:
        batch_queries.forget(batch)
        raise ApiFault(503, "The queue can't be reached, so nothing was taken in.", "send it again in a minute.") from None
    return {**batches.as_json(batch), "url": f"/api/{course.name}/reports/{batch.id}"}, 202


@blueprint.get("/<name>/reports/<int:batch_id>")
@open_to_course(Scope.REPORT)
def batch_state(caller: Caller, batch_id: int) -> ResponseReturnValue:
    """How far a batch is, and which lines were refused, and why."""
    batch = batch_queries.find_batch(caller.course.id, batch_id) if caller.enrolment_id is None else None
    if batch is None:
        raise ApiFault(404, f"This course has no batch {batch_id}.")
    return batches.as_json(batch)
