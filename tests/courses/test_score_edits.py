"""What teachers change in the gradebook: each change is in the history with who and why, none overwrites what was not seen, and all can be undone."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from courses import edits, people, queries
from project.audit import AuditEvent
from project.database import utc_now
from project.extensions import db
from project.tokens import digest
from tests.courses.courses_api import Api, make_api
from tests.courses.gradebooks import browser_of, cell_url, shown
from tests.courses.rows import make_enrolment
from tests.factories import make_user
from tests.pages import Element, facts, read, rows


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """One kind of database is enough for pages."""
    return postgres_url


@pytest.fixture
def api(app: Flask) -> Api:
    """A course in which Alice has 7 points."""
    api = make_api(app)
    api.report("sum", score="7")
    return api


@pytest.fixture
def teacher(app: Flask, api: Api) -> FlaskClient:
    """The browser of the course's teacher."""
    return browser_of(app, "teacher")


def history(page: Element) -> list[tuple[str, str, str]]:
    """Who, the score after it, and why, newest first; what can be done left out."""
    return [(line["Who"], line["Score after"], line["What became of it, and why"]) for line in rows(page)]


def recorded(app: Flask, action: str) -> list[dict[str, object]]:
    """The details of the audit's events of that kind."""
    with app.app_context():
        return list(db.session.scalars(select(AuditEvent.details).where(AuditEvent.action == action).order_by(AuditEvent.id)))


def undo_of(page: Element) -> str:
    """The id of what the page can undo."""
    (form,) = [form for form in page.all("form") if form.attributes.get("action", "").endswith("/undo")]
    return form.all("input", name="id")[0].attributes["value"]


def test_an_edit_counts_and_stands_in_the_history_with_who_and_why(app: Flask, api: Api, teacher: FlaskClient) -> None:
    answer = teacher.post(cell_url(app), data={"seen": "7", "score": "9", "reason": "Rounding was wrong."}, follow_redirects=True)

    assert history(read(answer)) == [
        ("teacher-account", "9", "A teacher set the score to 9. Rounding was wrong."),
        ("a checker", "7", "In time: 7 points."),
    ]
    assert shown(teacher)["alice"][0] == "9"
    assert recorded(app, "score.edited") == [{"task": "sum", "before": 7, "after": 9}]


def test_nothing_typed_takes_the_score_away(app: Flask, api: Api, teacher: FlaskClient) -> None:
    teacher.post(cell_url(app), data={"seen": "7", "score": ""})

    assert shown(teacher)["alice"][3] == "–"
    assert api.report("sum", score="2")["score"] == 2


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"seen": "7", "score": "x"}, 400, "is no whole number of points"),
        ({"seen": "7", "score": "7.5"}, 400, "is no whole number of points"),
        ({"seen": "7", "score": str(2**40)}, 400, "At most 2147483647 points."),
        ({"seen": "7", "score": "8", "reason": "x" * 501}, 400, "At most 500 characters."),
        ({"seen": "5", "score": "8"}, 409, "it is 7 now. Nothing was changed."),
        ({"seen": "", "score": "8"}, 409, "it is 7 now. Nothing was changed."),
        ({"score": "8"}, 409, "it is 7 now. Nothing was changed."),
        ({"seen": "odd", "score": "8"}, 409, "it is 7 now. Nothing was changed."),
    ],
)
def test_an_edit_that_is_wrong_or_overwrites_what_was_not_seen_changes_nothing_and_says_so(
    app: Flask, teacher: FlaskClient, form: dict[str, str], status: int, said: str
) -> None:
    answer = teacher.post(cell_url(app), data=form)

    assert (answer.status_code, said in answer.text) == (status, True)
    assert shown(teacher)["alice"][3] == "7"
    assert recorded(app, "score.edited") == []


def test_a_cell_is_edited_in_its_place_and_a_refusal_has_what_it_is_now(app: Flask, teacher: FlaskClient) -> None:
    url, fragment = cell_url(app), {"HX-Request": "true"}

    opened = teacher.get(url, headers=fragment)
    refused = teacher.post(url, data={"seen": "5", "score": "9"}, headers=fragment)
    saved = teacher.post(url, data={"seen": "7", "score": "9"}, headers=fragment)

    assert opened.text.strip().startswith("<td")
    assert (refused.status_code, 'name="seen" type="hidden" value="7"' in refused.text, "it is 7 now" in refused.text) == (409, True, True)
    assert (read(saved).text, saved.headers["HX-Trigger"]) == ("9", "scores-changed")
    assert read(teacher.get(f"{url}?closed=1", headers=fragment)).text == "9"


def test_an_undone_edit_might_never_have_been_and_both_stay_in_the_history(app: Flask, api: Api, teacher: FlaskClient) -> None:
    teacher.post(cell_url(app), data={"seen": "7", "score": "3"})
    edit = undo_of(read(teacher.get(cell_url(app))))
    api.report("sum", score="8")
    teacher.post(cell_url(app), data={"seen": "8", "score": "1"})

    refused = teacher.post(f"{cell_url(app)}/undo", data={"id": edit})
    for _ in range(2):
        page = read(teacher.get(cell_url(app)))
        page = read(teacher.post(f"{cell_url(app)}/undo", data={"id": undo_of(page)}, follow_redirects=True))

    assert (refused.status_code, "not the last edit that stands" in refused.text) == (409, True)
    assert [after for _, after, _ in history(page)] == ["8", "8", "1", "8", "3", "7"]
    assert shown(teacher)["alice"][0] == "8"
    assert recorded(app, "score.edit_undone") == [{"task": "sum", "before": 1, "after": 8}, {"task": "sum", "before": 8, "after": 8}]
    assert [form for form in page.all("form") if form.attributes.get("action", "").endswith("/undo")] == []


def test_a_comment_and_a_grade_are_set_with_their_history_and_undone(app: Flask, teacher: FlaskClient) -> None:
    row, page = cell_url(app).rpartition("/")[0], "/courses/algo/students/alice"

    teacher.post(f"{row}/comment", data={"seen": digest(""), "comment": "Ill in May\r\nand June"})
    teacher.post(f"{row}/grade", data={"seen": "", "grade": "4"})
    set_now = read(teacher.get(page))
    for _ in range(2):
        newest = next(form for form in read(teacher.get(page)).all("form") if form.attributes.get("action", "").endswith("/undo"))
        teacher.post(f"{row}/undo", data={"id": newest.all("input", name="id")[0].attributes["value"]})

    assert facts(set_now)["Grade"] == "4 , set by a teacher"
    assert "Ill in May\nand June" in teacher.get(page).text
    assert recorded(app, "grade.overridden") == [{"before": None, "grade": 4}, {"before": 4, "grade": None}, {"before": None, "grade": 4}]
    assert len(recorded(app, "comment.changed")) == 1


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("comment", {"seen": "x", "comment": "y"}, 409),
        ("comment", {"comment": "y"}, 409),
        ("comment", {"seen": digest(""), "comment": "x" * 10_001}, 400),
        ("grade", {"seen": "3", "grade": "4"}, 409),
        ("grade", {"seen": "", "grade": "-1"}, 400),
        ("grade", {"seen": "", "grade": "A"}, 400),
        ("undo", {"id": "1"}, 404),
    ],
)
def test_a_change_of_a_row_that_is_wrong_or_not_seen_changes_nothing(app: Flask, teacher: FlaskClient, path: str, form: dict[str, str], status: int) -> None:
    answer = teacher.post(f"{cell_url(app).rpartition('/')[0]}/{path}", data=form)

    assert answer.status_code == status
    assert recorded(app, "comment.changed") + recorded(app, "grade.overridden") == []


def test_nothing_of_an_archived_course_changes_and_no_form_pretends_it_would(app: Flask, teacher: FlaskClient) -> None:
    with app.app_context():
        course = queries.find_course("algo")
        assert course is not None
        course.archived_at = utc_now()
        db.session.commit()

    row = cell_url(app).rpartition("/")[0]
    posts = [
        (cell_url(app), {"seen": "7", "score": "9"}),
        (f"{row}/comment", {"seen": digest(""), "comment": "x"}),
        (f"{row}/grade", {"seen": "", "grade": "4"}),
    ]
    posts.append(("/courses/algo/gradebook/import", {"sheet": "username,sum\nalice,9", "seal": "x"}))

    assert [teacher.post(path, data=form).status_code for path, form in posts] == [409] * 4
    for page in (cell_url(app), "/courses/algo/students/alice"):
        assert [
            form
            for form in read(teacher.get(page)).all("form")
            if form.attributes.get("method") == "post" and "/courses/" in form.attributes.get("action", page)
        ] == []
    assert shown(teacher)["alice"][3] == "7"


def test_what_teachers_set_of_somebody_stays_when_two_rows_turn_out_to_be_one(app: Flask, teacher: FlaskClient) -> None:
    with app.app_context():
        course = queries.find_course("algo")
        assert course is not None
        account = make_user("ada")
        own = make_enrolment(course, account.id, rms_username="@ada")
        edits.set_comment(course, "@ada", "Came late.", None)
        edits.set_override(course, "@ada", 4, None)
        edits.set_comment(course, "alice", "Ill in May.", None)
        db.session.commit()

        people.identify(course, own, "alice", None)
        db.session.commit()

    page = read(teacher.get("/courses/algo/students/alice"))
    assert "Ill in May. Came late." in page.all("textarea", name="comment")[0].text
    assert facts(page)["Grade"] == "4 , set by a teacher"
    assert "Came late." in page.all("table")[-1].text


def test_a_student_reads_why_the_score_was_edited(app: Flask, teacher: FlaskClient) -> None:
    teacher.post(cell_url(app), data={"seen": "7", "score": "9", "reason": "Rounding was wrong."})

    assert "Rounding was wrong." in browser_of(app, "alice").get("/courses/algo/submissions").text


def test_a_task_has_its_statistics_and_plots(app: Flask, api: Api, teacher: FlaskClient) -> None:
    api.report("sum", username="bob")

    page = read(teacher.get("/courses/algo/assignments/sum"))
    line = next(line for line in rows(read(teacher.get("/courses/algo/statistics"))) if line["Task"] == "sum")

    assert {name: facts(page)[name].split()[0] for name in ("Solved", "Partial", "Of students", "Submissions")} == {
        "Solved": "1",
        "Partial": "1",
        "Of students": "2",
        "Submissions": "2",
    }
    assert [line[name].split()[0] for name in ("Solved", "Partial", "Tried, nothing yet", "Not tried", "Mean of who tried")] == ["1", "1", "0", "0", "8.5"]
