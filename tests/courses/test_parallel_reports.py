"""Reports at the same moment: none is refused, the best score is kept, and the history has them all."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask
from sqlalchemy import func, select

from courses.models import Enrolment, Score, Submission
from project.extensions import db
from tests.courses.courses_api import TOKEN, make_api

AT_ONCE = 6
ROUNDS = 3


def test_first_reports_of_one_student_and_task_at_once_all_count_and_the_best_stays(app: Flask) -> None:
    make_api(app)
    make_api(app, "other", "a-token-of-the-other-course", students=("x", "y", "carol"))
    start = Barrier(AT_ONCE)

    def report(number: int) -> list[int]:
        client, statuses = app.test_client(), []
        for turn in range(ROUNDS):
            start.wait()
            # Carol is enrolled by the first of her reports; half of the later ones are sent twice.
            form = {"token": TOKEN, "task": "sum", "username": "carol", "score": f"{number + turn}", "job": f"{number // 2}", "commit": f"{turn}"}
            statuses.append(client.post("/api/algo/report", data=form).status_code)
        return statuses

    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = [status for answers in pool.map(report, range(AT_ONCE)) for status in answers]

    assert statuses == [200] * (AT_ONCE * ROUNDS)
    with app.app_context():
        best, total = db.session.execute(
            select(Score.value, Enrolment.total).join(Enrolment, Enrolment.id == Score.enrolment_id).where(Enrolment.rms_username == "carol")
        ).one()
        entries, highest = db.session.execute(select(func.count(), func.max(Submission.earned))).one()
    assert entries == AT_ONCE * ROUNDS // 2
    assert best == total == highest
