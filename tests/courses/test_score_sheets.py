"""Sheets: the gradebook to take away as CSV and XLSX, and scores that a teacher brings in one, all or nothing."""

import csv
import io
import re
import zipfile
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient

from courses.teaching.score_sheet import MOST_LINES
from project.extensions import db
from tests.courses.courses_api import Api, make_api
from tests.courses.gradebooks import browser_of, enrolment_of, shown
from tests.pages import Element, read, rows
from tests.statements import statements

IMPORT = "/courses/algo/gradebook/import"


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


def previewed(teacher: FlaskClient, sheet: str) -> Element:
    """What the page says a sheet would do."""
    return read(teacher.post(IMPORT, data={"sheet": sheet}))


def faults(page: Element) -> list[str]:
    """What is wrong, as the preview lists it."""
    return [item.text for box in page.all("div", role="alert") for item in box.all("li")]


def applied(teacher: FlaskClient, page: Element) -> int:
    """Send the preview's form; the status."""
    values = {field.attributes["name"]: field.attributes["value"] for field in page.all("input", type="hidden")}
    # A browser leaves out the newline that a text area begins with.
    sheet = page.all("textarea", name="sheet")[0].children[0]
    return teacher.post(IMPORT, data=values | {"sheet": str(sheet).removeprefix("\n")}).status_code


def test_the_sheets_have_every_student_and_no_formula(app: Flask, teacher: FlaskClient) -> None:
    with app.app_context():
        enrolment_of("bob").first_name = "=1+1"
        db.session.commit()

    as_csv = list(csv.reader(io.StringIO(teacher.get("/courses/algo/gradebook.csv").text)))
    book = zipfile.ZipFile(io.BytesIO(teacher.get("/courses/algo/gradebook.xlsx").data))
    sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    in_cells = [[cell[0][0].text if cell.get("t") == "inlineStr" else cell[0].text for cell in row] for row in sheet.iter(f"{{{NAMESPACE}}}row")]

    assert as_csv == [
        ["username", "first_name", "last_name", "total", "percent", "large_tasks", "grade", "comment", "sum", "large", "gift", "old", "later"],
        ["alice", "", "", "7", "5.4", "0", "0", "", "7", "", "", "", ""],
        ["bob", "'=1+1", "", "0", "0.0", "0", "0", "", "", "", "", "", ""],
    ]
    assert in_cells[0] == as_csv[0]
    assert [in_cells[1][0], in_cells[2][1]] == ["alice", "=1+1"]
    assert list(sheet.iter(f"{{{NAMESPACE}}}f")) == []


NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.mark.parametrize(
    "sheet",
    [
        "username,sum,large\nalice,9,\nbob,4,60\n",
        "username;sum;large;total\nalice;9;;1000\nbob;4;60",
        "username,task,score\nalice,sum,9\nbob,sum,4\nbob,large,60",
    ],
)
def test_a_sheet_is_looked_at_and_then_changes_all_it_says(app: Flask, api: Api, teacher: FlaskClient, sheet: str) -> None:
    page = previewed(teacher, sheet)

    assert {(line["Student"], line["Task"], line["From"], line["To"]) for line in rows(page)} == {
        ("alice", "sum", "7", "9"),
        ("bob", "sum", "—", "4"),
        ("bob", "large", "—", "60"),
    }
    assert shown(teacher)["alice"][3] == "7"

    assert applied(teacher, page) == 302

    assert shown(teacher) == {"alice": ["9", "6.9", "0", "9", "–", "–", "–", "–"], "bob": ["64", "49.2", "3", "4", "60", "–", "–", "–"]}
    # They are edits: what is reported later is compared with them.
    assert api.report("sum", username="bob", score="3")["score"] == 4


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        ("username,sum\nalice,9\neve,1", ['Line 3: Unknown user "eve": nobody in this course is called that.']),
        ("username,sum,odd\nalice,9,1", ['Line 1: Unknown task "odd": the course has no such task, or it is not enabled.']),
        ("username,unused\nalice,9", ['Line 1: Unknown task "unused": the course has no such task, or it is not enabled.']),
        (
            "username,sum\nalice,x\nbob,1.5",
            ['Line 2: alice, sum: "x" is no whole number of points, e.g. 7.', 'Line 3: bob, sum: "1.5" is no whole number of points, e.g. 7.'],
        ),
        ("username,sum\nalice,9\nalice,8", ['Line 3: "alice" has a score for "sum" on an earlier line already.']),
        ("username,sum\nalice,9,8", ["Line 2: The line has 3 cells, the first line 2."]),
        ("username,sum,\nalice,9,8", ['Line 2: "8" stands below no name of a task.']),
        ("username,sum\n,9", ["Line 2: There is no username."]),
        ("username,task,score\nalice,odd,9", ['Line 2: Unknown task "odd": the course has no such task, or it is not enabled.']),
    ],
)
def test_each_line_that_is_wrong_is_named_and_then_nothing_can_be_applied(teacher: FlaskClient, sheet: str, said: list[str]) -> None:
    page = previewed(teacher, sheet)

    assert faults(page) == said
    assert page.all("input", name="seal") == []
    assert teacher.post(IMPORT, data={"sheet": sheet, "seal": "x"}).status_code == 409
    assert shown(teacher)["alice"][3] == "7"


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        ("", "The sheet is empty."),
        ("alice,9", "The first line has to name the columns"),
        ("username,sum,sum\nalice,1,2", "Two columns have the same name: sum."),
        ('username,sum\n"alice,1', "is no CSV"),
        ("username,sum\n" + "alice,1\n" * (MOST_LINES + 1), "10000 are the most"),
    ],
)
def test_what_is_no_sheet_is_refused(teacher: FlaskClient, sheet: str, said: str) -> None:
    answer = teacher.post(IMPORT, data={"sheet": sheet})

    assert (answer.status_code, said in answer.text) == (400, True)


def test_a_file_may_be_larger_than_other_forms_and_has_to_be_text(teacher: FlaskClient) -> None:
    large = "username,sum\nalice,9\n" + "," * 2_000_000

    answers = [teacher.post(IMPORT, data={"file": (io.BytesIO(content), "scores.csv")}) for content in (large.encode(), b"\xff\xfe\x00", b"a\0b")]

    assert [answer.status_code for answer in answers] == [200, 400, 400]
    # The test client keeps a large body in a file, and leaves it open.
    answers[0].request.environ["wsgi.input"].close()


def test_what_has_changed_since_it_was_looked_at_is_looked_at_again(api: Api, teacher: FlaskClient) -> None:
    page = previewed(teacher, "username,sum\nalice,9")
    api.report("sum", score="8")

    assert applied(teacher, page) == 409
    assert shown(teacher)["alice"][3] == "8"


def test_the_gradebooks_own_csv_changes_nothing(app: Flask, teacher: FlaskClient) -> None:
    with app.app_context():
        enrolment_of("bob").rms_username = "-bob"
        db.session.commit()

    page = previewed(teacher, teacher.get("/courses/algo/gradebook.csv").text)

    assert "Nothing changes" in page.text
    assert "Not read, for these columns hold no scores to set: first_name" in page.text


def test_an_import_takes_the_same_number_of_statements_for_one_score_and_for_many(app: Flask, api: Api, teacher: FlaskClient) -> None:
    sheets = ("username,sum\nalice,1", "username,sum,large,old\nalice,2,3,4\nbob,5,6,7")

    amounts = []
    for sheet in sheets:
        page = previewed(teacher, sheet)
        with statements(app) as sent:
            assert applied(teacher, page) == 302
        # The app has threads of its own, which ask other things.
        amounts.append(len([statement for statement in sent if re.search("submissions|scores|enrolments|assignments", statement)]))

    assert amounts[0] == amounts[1]
