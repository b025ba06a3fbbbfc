"""The students' pages: their courses, one course, and what became of each submission."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from courses.models import Role
from tests.app_fixtures import log_in
from tests.courses.rows import make_assignment, make_course, make_enrolment, make_entry, make_extension, make_group
from tests.factories import make_superuser, make_user
from tests.pages import link, plots, read
from tests.statements import statements

Student = tuple[FlaskClient, int]


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """One kind of database is enough for pages."""
    return postgres_url


def test_my_courses_are_those_i_am_in_and_may_see(app: Flask, student: Student) -> None:
    browser, user_id = student
    with app.app_context():
        make_enrolment(make_course(title="Mine"), user_id)
        make_enrolment(make_course(title="Hidden", status="hidden"), user_id)
        make_enrolment(make_course(title="Another's"))
        make_enrolment(make_course(title="Old", archived_at=datetime.now(UTC)), user_id)
        make_enrolment(make_course(title="Taught", status="created"), user_id, role=Role.TEACHER)

    page = browser.get("/courses/").text

    assert [title for title in ("Mine", "Hidden", "Another's", "Old", "Taught") if title in page] == ["Mine", "Old", "Taught"]
    assert page.index("Taught") < page.index("Old")


def test_the_front_page_has_my_courses_and_what_is_due_next_in_each_with_my_extensions(app: Flask, student: Student) -> None:
    browser, user_id = student
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    with app.app_context():
        course = make_course("algo", title="Algorithms")
        enrolment = make_enrolment(course, user_id, total=64)
        sorting = make_group(course, "Sorting", steps=[(0.5, soon.isoformat())], ends_at=soon + timedelta(days=9))
        make_group(course, "Graphs", steps=[], ends_at=soon + timedelta(days=1))
        make_extension(enrolment, group_id=sorting.id, extra=timedelta(days=3))
        make_enrolment(make_course(title="Old", archived_at=datetime.now(UTC)), user_id)

    with statements(app) as seen:
        (section, *_) = read(browser.get("/")).all("section", **{"class": "pinned"})

    assert "Algorithms Graphs: next deadline" in " ".join(section.text.split())
    assert [time.attributes["datetime"] for time in section.all("time")] == [(soon + timedelta(days=1)).isoformat()]
    assert "64 points" in section.text
    assert "Old" not in section.text
    assert len(seen) <= 5


def test_the_navigation_leads_whoever_is_logged_in_to_courses(app: Flask, student: Student) -> None:
    links = [anchor for anchor in read(student[0].get("/courses/")).all("a", href="/courses/") if anchor.text == "Courses"]

    assert [anchor.attributes.get("aria-current") for anchor in links] == ["page"]
    assert 'href="/courses/"' not in app.test_client().get("/").text


def test_who_is_in_no_course_is_told_how_to_get_into_one(student: Student) -> None:
    assert "You are in no course yet." in student[0].get("/courses/").text


def test_a_course_shows_deadlines_in_its_zone_what_a_submission_keeps_and_how_the_student_stands(app: Flask, student: Student) -> None:
    browser, user_id = student
    at = datetime.now(UTC)
    step = datetime(at.year + 1, 1, 10, 18, 0, tzinfo=UTC)
    with app.app_context():
        course = make_course("algo", grade_formulas={"5": [{"percent": 90}]})
        enrolment = make_enrolment(course, user_id)
        group = make_group(course, "Sorting", steps=[(0.5, step.isoformat())], ends_at=step + timedelta(days=9))
        make_group(course, "Not yet", starts_at=at + timedelta(days=1))
        make_entry(enrolment, make_assignment(group, "quick"), 7, why="Late: 70 % of 10 points.")
        make_extension(enrolment, group_id=group.id, extra=timedelta(days=1), reason="Was ill.")

    page = browser.get("/courses/algo/")

    words = " ".join(read(page).text.split())
    # 18:00 UTC and a day more.
    assert "11 Jan" in words
    assert "21:00" in words
    assert "A submission keeps 100 % of its points now, and 50 % from" in words
    assert "7 of 10" in words
    assert "70 %" in words
    assert "90 % of the points; you have 70 %" in words
    assert "Late: 70 % of 10 points." in words
    assert "Sorting: 1 d more. Was ill." in words
    assert "Not yet" not in words
    assert 'href="https://git.example/Sorting/quick"' in page.text


def test_an_interpolated_deadline_is_drawn_with_this_moment_marked(app: Flask, student: Student) -> None:
    browser, user_id = student
    with app.app_context():
        course = make_course("algo", deadline_kind="interpolate")
        make_enrolment(course, user_id)
        make_group(course, "Sorting")

    spec = plots(read(browser.get("/courses/algo/")))["line"]

    assert spec["mark"]["text"] == "now"
    assert spec["values"][0] == 100


def test_a_page_takes_the_same_number_of_statements_for_one_task_and_for_forty(app: Flask, student: Student) -> None:
    browser, user_id = student
    with app.app_context():
        small, large = make_course("small"), make_course("large")
        for course, groups in ((small, 1), (large, 8)):
            enrolment = make_enrolment(course, user_id)
            for _ in range(groups):
                group = make_group(course)
                make_extension(enrolment, group_id=group.id, extra=timedelta(days=1))
                for _ in range(groups // 2 + 1):
                    make_entry(enrolment, make_assignment(group))

    amounts = []
    for name in ("small", "large"):
        for path in (f"/courses/{name}/", f"/courses/{name}/submissions"):
            with statements(app) as seen:
                assert browser.get(path).status_code == 200
            amounts.append(len(seen))

    assert amounts[:2] == amounts[2:]


def test_a_course_is_not_there_for_those_who_may_not_see_it(app: Flask, student: Student) -> None:
    browser, user_id = student
    with app.app_context():
        make_enrolment(make_course("hidden", status="hidden"), user_id)
        make_course("closed", enrolment_secret_hash=None)
        make_course("open")

    for page in ("nowhere", "hidden", "closed"):
        for path in ("", "submissions", "calendar", "enrol"):
            assert browser.get(f"/courses/{page}/{path}").status_code == 404, (page, path)
    for path in ("%00/", "%00/submissions", "%00/enrol", "%00/calendar", "%00/calendar/%00.ics"):
        assert browser.get(f"/courses/{path}").status_code == 404, path
    assert browser.get("/api/%00/ping").status_code == 404
    answer = browser.get("/courses/open/?secret=a%26b")
    assert answer.location == "/courses/open/enrol?secret=a%26b"


@pytest.mark.parametrize("who", ["superuser", "reviewer", "teacher"])
def test_superusers_reviewers_and_teachers_see_what_students_will_see(app: Flask, who: str) -> None:
    with app.app_context():
        course = make_course("algo", status="hidden")
        make_group(course, "Not yet", starts_at=datetime.now(UTC) + timedelta(days=1))
        somebody = make_user(is_superuser=who == "superuser", can_review_tasks=who == "reviewer")
        if who == "teacher":
            make_enrolment(course, somebody.id, role=Role.TEACHER)
        browser = log_in(app.test_client(), somebody.id)

    page = browser.get("/courses/algo/").text

    assert "Students do not see this course yet." in page
    assert "Not yet" in page


def test_a_history_has_pages_and_can_be_of_one_task(app: Flask, student: Student) -> None:
    browser, user_id = student
    with app.app_context():
        course = make_course("algo")
        enrolment, other = make_enrolment(course, user_id), make_enrolment(course)
        group = make_group(course)
        task, another = make_assignment(group, "quick"), make_assignment(group, "bubble")
        for number in range(55):
            make_entry(enrolment, task, number, why=f"entry {number:02}.")
        make_entry(enrolment, another, why="entry of bubble.")
        make_entry(other, task, why="entry of another student.")
        task_id = task.id

    first = browser.get("/courses/algo/submissions")
    of_task = browser.get(f"/courses/algo/submissions?task={task_id}").text
    older = browser.get(link(read(first), "Older →")).text

    assert "entry of bubble." in first.text
    assert "entry 54." in first.text
    assert "entry 05." not in first.text
    assert "entry 05." in older
    assert "entry 00." in older
    assert "entry 54." not in older
    assert "entry of bubble." not in of_task
    assert "another student" not in first.text + of_task + older


def test_a_superuser_who_is_in_no_course_has_no_history_there(app: Flask) -> None:
    with app.app_context():
        make_course("algo")
        browser = log_in(app.test_client(), make_superuser().id)

    assert browser.get("/courses/algo/submissions").status_code == 404
