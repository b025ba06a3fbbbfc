"""Batches of reports as teachers watch them."""

from typing import Any

from flask import abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courses import batch_queries
from courses import batches as rules
from courses.actors import take_in_batch
from courses.administration.access import done, open_to_teachers, page
from courses.blueprint import blueprint
from courses.models import BatchState, Course
from project import audit
from project.extensions import db
from project.ids import id_from
from workers.broker import BrokerUnreachable

PAGE = 20


@blueprint.get("/<course_name>/batches")
@open_to_teachers()
def batches(course: Course) -> ResponseReturnValue:
    """The batches, newest first, and how far each is."""
    return page("batches", course, **_shown(course))


@blueprint.get("/<course_name>/batches/list")
@open_to_teachers()
def batch_list(course: Course) -> ResponseReturnValue:
    """The part of that page that changes while a batch is taken in."""
    return render_template("courses/administration/_batches.html", course=course, **_shown(course))


@blueprint.post("/<course_name>/batches/retry")
@open_to_teachers()
def retry_batch(course: Course) -> ResponseReturnValue:
    """Let a batch that has failed go on where it stopped."""
    batch_id = id_from(request.form, "id")
    batch = None if batch_id is None else batch_queries.lock_batch(batch_id)
    if batch is None or batch.course_id != course.id or batch.state != BatchState.FAILED:
        abort(404)
    rules.try_again(batch)
    audit.record("batch.retried", ("batch", batch.id), course=course.name)
    db.session.commit()
    try:
        take_in_batch.send(batch.id)
    except BrokerUnreachable:
        flash("The queue can't be reached; it goes on as soon as it can.", "warning")
    return done(f"Batch {batch_id} goes on.", "batches", course)


def _shown(course: Course) -> dict[str, Any]:
    before = id_from(request.args, "before")
    found = batch_queries.batches_before(course.id, before, PAGE + 1)
    on = found[PAGE - 1].id if len(found) > PAGE else None
    return {
        "batches": found[:PAGE],
        "before": before,
        "newest_url": url_for(".batches", course_name=course.name) if before else None,
        "older_url": on and url_for(".batches", course_name=course.name, before=on),
    }
