"""Recomputing: what counts is what the histories say, whatever stands in the tables of scores."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from courses import history_queries, queries
from courses.models import Enrolment, Extension, Score, Submission
from courses.recomputing import Moved, recompute
from project.database import utc_now
from project.extensions import db
from tests.courses.courses_api import Api, make_api
from tests.statements import statements


@pytest.fixture
def api(app: Flask) -> Api:
    """A course in which something happened."""
    api = make_api(app)
    api.report("sum", score="0.5")
    api.report("sum", score="3")
    api.report("old", submit_time="2025-09-27 10:00:00+0300")
    api.report("gift", username="bob")
    api.send("database/update", {"new_scores": {"large": 60}, "row_data": {"username": "bob"}})
    return api


def everything_kept() -> list[object]:
    """All that is worked out."""
    entries = select(Submission.id, Submission.attempt, Submission.multiplier, Submission.earned, Submission.score, Submission.counted, Submission.why)
    people = select(Enrolment.rms_username, Enrolment.total, Enrolment.large_count, Enrolment.saved_grade)
    scores = select(Score.enrolment_id, Score.assignment_id, Score.value)
    return [sorted(tuple(row) for row in db.session.execute(rows)) for rows in (entries, people, scores)]


def test_what_reports_keep_is_what_recomputing_keeps(app: Flask, api: Api) -> None:
    with app.app_context():
        course = queries.find_course("algo")
        assert course is not None
        db.session.execute(update(Enrolment).where(Enrolment.saved_grade.is_(None)).values(saved_grade=0))
        before = everything_kept()

        assert recompute(course, utc_now()) == []

        assert everything_kept() == before
        for row in (update(Submission).values(score=1, why="wrong"), update(Score).values(value=77), update(Enrolment).values(total=9, large_count=9)):
            db.session.execute(row)
        db.session.execute(delete(Score).where(Score.value == 77, Score.enrolment_id == 1))

        moved = recompute(course, utc_now())

        assert everything_kept() == before
        assert Moved("alice", 9, 15, 3, 3) in moved


def test_a_score_that_no_history_has_goes(app: Flask, api: Api) -> None:
    with app.app_context():
        course = queries.find_course("algo")
        assert course is not None
        db.session.execute(delete(Submission).where(Submission.enrolment_id == 2))

        recompute(course, utc_now())
        db.session.commit()

    assert api.row("bob")["scores"] == {}


@pytest.mark.parametrize("extra", [{"extra": timedelta(days=30)}, {"ends_at": datetime(2025, 10, 20, tzinfo=UTC)}])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_extension_is_looked_at_by_reports_and_by_recomputing(app: Flask, api: Api, extra: dict[str, object]) -> None:
    late = "2025-10-09 10:00:00+0300"
    assert api.report("old", username="bob", submit_time=late)["score"] == 0
    with app.app_context():
        terms = history_queries.terms_of(1, "old")
        assert terms is not None
        db.session.add_all([Extension(enrolment_id=person, group_id=terms.group_id, **extra) for person in (1, 2)])
        course = queries.find_course("algo")
        assert course is not None

        recompute(course, utc_now())
        db.session.commit()

    worth = 20 if "extra" in extra else 10
    assert api.row("bob")["scores"]["old"] == worth
    assert api.report("old", submit_time=late)["score"] == worth


def test_recomputing_takes_as_many_statements_for_many_students_as_for_few(app: Flask, api: Api) -> None:
    with statements(app) as few, app.app_context():
        recompute(queries.find_course("algo"), utc_now())  # type: ignore[arg-type]  # it is there
    for number in range(20):
        api.report("sum", "alice", score=str(number))
    with statements(app) as many, app.app_context():
        recompute(queries.find_course("algo"), utc_now())  # type: ignore[arg-type]  # as above

    assert len(many) == len(few) <= 12
