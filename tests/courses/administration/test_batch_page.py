"""Batches as teachers watch them."""

from courses.models import BatchState, ReportBatch
from project.extensions import db
from tests.courses.administration.conftest import Desk
from tests.pages import read, rows


def test_a_batch_that_failed_says_why_and_goes_on_where_it_stopped(desk: Desk) -> None:
    desk.api.send("reports", [{"task": "sum", "username": "alice"}, {"task": "none", "username": "alice"}])
    with desk.app.app_context():
        batch = db.session.get_one(ReportBatch, 1)
        batch.state, batch.reason, batch.finished_at, batch.tries = BatchState.FAILED, "Lines 1 to 2 could not be taken in.", batch.created_at, 5
        db.session.commit()
    (failed,) = rows(read(desk.get("batches")))

    desk.post("batches/retry", id="1")

    assert "failed Lines 1 to 2 could not be taken in." in failed["State"]
    (waiting,) = rows(read(desk.get("batches/list")))
    assert (waiting["State"], waiting["Taken in"][:6]) == ("waiting", "0 of 2")
    assert desk.noted("batch.retried") == [{"course": "algo"}]
    assert desk.browser.post("/courses/algo/batches/retry", data={"id": "1"}).status_code == 404
