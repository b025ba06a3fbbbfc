"""The gradebook's page: who sees what of it, finding one's way in it, and that it keeps itself fresh."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from courses import queries
from courses.models import Role
from project.extensions import db
from tests.app_fixtures import log_in
from tests.courses.courses_api import Api, make_api
from tests.courses.gradebooks import browser_of, cell_url, enrolment_of, seen, shown
from tests.courses.rows import make_assignment, make_course, make_enrolment, make_entry, make_group
from tests.factories import make_superuser
from tests.pages import read
from tests.statements import statements


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """One kind of database is enough for pages."""
    return postgres_url


@pytest.fixture
def api(app: Flask) -> Api:
    """A course in which something happened."""
    api = make_api(app)
    api.report("sum", score="7")
    api.report("large", username="bob")
    return api


def test_a_teacher_sees_all_students_and_no_staff_unless_asked(app: Flask, api: Api) -> None:
    teacher = browser_of(app, "teacher")

    assert shown(teacher) == {"alice": ["7", "5.4", "0", "7", "–", "–", "–", "–"], "bob": ["100", "76.9", "3", "–", "100", "–", "–", "–"]}
    assert list(shown(teacher, everybody="1")) == ["alice", "bob", "teacher"]


def test_it_is_searched_sorted_and_cut_to_a_group(app: Flask, api: Api) -> None:
    teacher = browser_of(app, "teacher")
    with app.app_context():
        enrolment_of("bob").last_name = "Hopper"
        group = str(queries.groups_of(enrolment_of("bob").course_id)[1].id)
        db.session.commit()

    assert list(shown(teacher, search="LI")) == ["alice"]
    assert list(shown(teacher, search="hopp")) == ["bob"]
    assert [list(shown(teacher, sort=key, desc="1")) for key in ("name", "total", "percent", "grade")] == [["bob", "alice"]] * 4
    assert list(shown(teacher, sort="grade")) == ["alice", "bob"]
    assert shown(teacher, group=group)["bob"] == ["100", "76.9", "3", "–"]
    assert "No student matches" in teacher.get("/courses/algo/gradebook?search=%25").text


def test_it_has_pages(app: Flask, api: Api) -> None:
    with app.app_context():
        course = queries.find_course("algo")
        assert course is not None
        for number in range(55):
            make_enrolment(course, rms_username=f"c{number:02}")
    teacher = browser_of(app, "teacher")

    assert list(shown(teacher))[-1] == "c47"
    assert list(shown(teacher, page="2")) == ["c48", "c49", "c50", "c51", "c52", "c53", "c54"]
    # Where nobody is any more, the first page is.
    assert next(iter(shown(teacher, page="9"))) == "alice"


def test_a_student_sees_the_own_row_or_all_as_the_course_says_and_nothing_that_is_for_teachers(app: Flask, api: Api) -> None:
    with app.app_context():
        enrolment_of("alice").comment = "a comment"
        db.session.commit()
    student = browser_of(app, "alice")

    own = shown(student, everybody="1", search="bob")
    with app.app_context():
        course = queries.find_course("algo")
        assert course is not None
        course.show_all_scores = True
        db.session.commit()
    page = student.get("/courses/algo/gradebook?everybody=1")

    # Of the group that has not begun there is no column.
    assert own == {"alice": ["7", "5.4", "0", "7", "–", "–", "–"]}
    assert list(shown(student, everybody="1")) == ["alice", "bob"]
    assert "a comment" not in page.text
    assert "gradebook/1" not in page.text


def test_it_is_not_there_for_those_who_are_not_in_the_course_or_before_it_is_shown(app: Flask, api: Api) -> None:
    outsider, student, reviewer = browser_of(app, None), browser_of(app, "alice"), browser_of(app, "bob", can_review_tasks=True)
    with app.app_context():
        course = queries.find_course("algo")
        assert course is not None
        course.status = "hidden"
        db.session.commit()

    for path in ("gradebook", "gradebook/part"):
        assert [browser.get(f"/courses/algo/{path}").status_code for browser in (outsider, student, reviewer)] == [404, 404, 200]
    assert reviewer.get("/courses/%00/gradebook").status_code == 404
    assert reviewer.get(f"/courses/algo/gradebook/{2**63}/1").status_code == 404
    assert reviewer.get("/courses/algo/students/%00").status_code == 404
    assert reviewer.get("/courses/algo/assignments/%00").status_code == 404


def test_whoever_has_seen_it_as_it_is_gets_nothing_and_after_any_change_the_table(app: Flask, api: Api) -> None:
    teacher = browser_of(app, "teacher")
    part = "/courses/algo/gradebook/part"
    version = seen(read(teacher.get("/courses/algo/gradebook")))
    cell, enrolment = cell_url(app), cell_url(app).rpartition("/")[0]
    changes: list[Callable[[], object]] = [
        lambda: api.report("sum", score="8"),
        lambda: teacher.post(cell, data={"seen": "8", "score": ""}),
        lambda: teacher.post(f"{enrolment}/grade", data={"seen": "", "grade": "4"}),
        lambda: teacher.post(f"{enrolment}/comment", data={"seen": "x", "comment": "new"}),
        lambda: api.load(CONFIG_WITH_MORE),
    ]

    for number, change in enumerate(changes):
        assert teacher.get(part, query_string={"seen": version}).status_code == 204
        change()
        answer = teacher.get(part, query_string={"seen": version})
        # The comment was not seen as it is, so it is not changed.
        assert answer.status_code == (204 if number == 3 else 200)
        version = version if number == 3 else seen(read(answer))


CONFIG_WITH_MORE = """
version: 1
ui: {task_url_template: "https://gitlab.example/$TASK_NAME"}
deadlines:
  timezone: UTC
  schedule: [{group: basics, start: 2025-09-07 10:00, end: 2100-01-01 00:00, tasks: [{task: sum, score: 10}, {task: more, score: 10}]}]
"""


def test_each_page_takes_the_same_number_of_statements_however_much_there_is(app: Flask) -> None:
    with app.app_context():
        browser = log_in(app.test_client(), make_superuser().id)
        for name, students, tasks in (("small", 1, 1), ("large", 60, 8)):
            course = make_course(name)
            groups = [make_group(course, starts_at=datetime.now(UTC) - timedelta(days=1)) for _ in range(tasks)]
            assignments = [make_assignment(group, f"task{number}") for number, group in enumerate(groups)]
            for number in range(students):
                student = make_enrolment(course, rms_username=f"s{number}")
                for assignment in assignments if number < 3 else assignments[:1]:
                    make_entry(student, assignment)
            make_enrolment(course, role=Role.TEACHER)

    amounts = {}
    paths = ("gradebook", "gradebook/part?seen=x", "gradebook.csv", "gradebook.xlsx", "statistics", "students/s0", "assignments/task0")
    for name in ("small", "large"):
        for path in paths:
            with statements(app) as sent:
                assert browser.get(f"/courses/{name}/{path}").status_code == 200
            amounts[name, path] = len(sent)

    assert [amounts["small", path] for path in paths] == [amounts["large", path] for path in paths]


def test_a_poll_that_finds_nothing_new_asks_one_statement_of_the_scores(app: Flask, api: Api) -> None:
    teacher = browser_of(app, "teacher")
    version = seen(read(teacher.get("/courses/algo/gradebook")))

    with statements(app) as sent:
        assert teacher.get("/courses/algo/gradebook/part", query_string={"seen": version}).status_code == 204

    assert len([statement for statement in sent if "FROM scores" in statement]) == 1
