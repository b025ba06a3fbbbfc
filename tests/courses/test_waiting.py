"""What waits for a worker is found again: a message that could not be sent, or was lost, costs time and no score."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from courses import loading
from courses.actors import recompute_course, take_in_batch
from courses.models import Course, Group, ReportBatch
from project.database import utc_now
from project.extensions import db
from tests.courses.courses_api import CONFIG, make_api
from workers.broker import BrokerUnreachable, broker_of
from workers.schedule import schedules_of

LONG_AGO = utc_now() - timedelta(hours=1)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_course_whose_message_could_not_be_sent_is_recomputed_by_the_schedule(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    api = make_api(app)
    api.report("sum")
    monkeypatch.setattr(loading, "FEW", 1)
    monkeypatch.setattr(broker_of(app), "enqueue", unreachable)

    assert api.load(CONFIG.replace("{task: sum, score: 10}", "{task: sum, score: 30}")).status_code == 200

    schedule = schedules_of(app).get("recompute_outdated_courses")
    assert schedule is not None
    with app.app_context():
        assert schedule.last_key() is None, "what was sent just now is not sent again"
        db.session.execute(update(Course).values(outdated_since=LONG_AGO))
        db.session.commit()
        assert (schedule.last_key(), schedule.page(0, 9, 9), schedule.lacking(1, 0, 9, 9), schedule.count_outcomes(1)) == (1, [1], [1], 1)
        recompute_course.function(1, tick_id=1)
        assert schedule.page(0, 9, 9) == []
    assert api.row()["total_score"] == 30


def test_a_group_that_begins_by_the_clock_is_in_everybodys_grade(app: Flask) -> None:
    api = make_api(app)
    api.report("sum")
    api.report("large")
    schedule = schedules_of(app).get("recompute_outdated_courses")
    assert schedule is not None
    with app.app_context():
        assert (api.row()["grade"], schedule.page(0, 9, 9)) == (5, [])
        db.session.execute(update(Group).where(Group.name == "future").values(starts_at=utc_now()))
        db.session.commit()
        assert (schedule.last_key(), schedule.page(0, 9, 9), schedule.count_outcomes(1)) == (1, [1], 1)
        recompute_course.function(1, tick_id=1)
        assert schedule.page(0, 9, 9) == []
    assert api.row()["grade"] == 3


def test_a_batch_that_waits_is_taken_in_by_the_schedule(app: Flask) -> None:
    api = make_api(app)
    api.send("reports", [{"task": "sum", "username": "alice"}])

    schedule = schedules_of(app).get("take_in_waiting_batches")
    assert schedule is not None
    with app.app_context():
        assert schedule.last_key() is None
        db.session.execute(update(ReportBatch).values(created_at=LONG_AGO))
        db.session.commit()
        assert (schedule.last_key(), schedule.page(0, 9, 9), schedule.lacking(1, 0, 9, 9), schedule.count_outcomes(1)) == (1, [1], [1], 0)
        take_in_batch.function(1, tick_id=1)
        assert schedule.page(0, 9, 9) == []
    assert api.row()["total_score"] == 10


def test_a_batch_that_cant_be_sent_is_refused_and_forgotten(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    api = make_api(app)
    monkeypatch.setattr(broker_of(app), "enqueue", unreachable)

    answer = api.send("reports", [{"task": "sum", "username": "alice"}])

    assert (answer.status_code, "nothing was taken in" in answer.text) == (503, True)
    assert api.get("reports/1").status_code == 404


def unreachable(*_args: object, **_values: object) -> None:
    """What a broker does that is away."""
    raise BrokerUnreachable("away")  # type: ignore[no-untyped-call]  # Dramatiq's, which has no types
