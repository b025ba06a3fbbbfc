"""The gradebook, as a teacher uses it: a score is edited where it stands, undone, and what others do shows by itself."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from courses import edits, queries
from courses.models import Course
from project.extensions import db
from tests.browser.axe import violations
from tests.browser.watch import Watch
from tests.courses.rows import make_assignment, make_course, make_enrolment, make_entry, make_group


@pytest.fixture
def course(behind: Flask) -> str:
    """The name of a course in which Ada has 7 points for `sum`, Bob none for anything."""
    with behind.app_context():
        course = make_course()
        group = make_group(course, "Basics")
        task, _ = make_assignment(group, "sum"), make_assignment(group, "product")
        make_entry(make_enrolment(course, rms_username="ada"), task, 7)
        make_enrolment(course, rms_username="bob")
        return course.name


def set_behind(behind: Flask, course: str, username: str, points: int) -> None:
    """Somebody else sets a score for `sum`."""
    with behind.app_context():
        found = queries.find_course(course)
        assert isinstance(found, Course)
        edits.set_scores(found, username, {"sum": points}, None)
        db.session.commit()


def test_a_score_is_edited_where_it_stands_by_keyboard_and_undone(superuser: Page, course: str) -> None:
    superuser.goto(f"/courses/{course}/gradebook")
    row = superuser.get_by_role("row", name="ada")
    row.get_by_role("link", name="7", exact=True).press("Enter")
    score = superuser.get_by_label("ada, sum")
    expect(score).to_be_focused()
    assert violations(superuser) == []
    score.fill("9")
    score.press("Enter")

    # The total follows without a reload, and the keyboard goes on in the cell.
    expect(row.get_by_role("cell").first).to_have_text("9")
    expect(row.get_by_role("link", name="9", exact=True)).to_be_focused()
    superuser.keyboard.press("ArrowDown")
    expect(superuser.get_by_role("row", name="bob").get_by_role("link", name="–").first).to_be_focused()

    row.get_by_role("link", name="9", exact=True).click()
    superuser.get_by_role("link", name="History").click()
    superuser.get_by_role("button", name="Undo the edit").click()
    superuser.get_by_role("button", name="Yes, undo").click()
    expect(superuser.get_by_text("The edit is taken back.")).to_be_visible()
    superuser.get_by_role("link", name="Gradebook").click()
    expect(row.get_by_role("cell").nth(3)).to_have_text("7")


def test_what_others_do_shows_by_itself_and_leaves_a_cell_that_is_open_alone(superuser: Page, behind: Flask, course: str, watch: Watch) -> None:
    superuser.goto(f"/courses/{course}/gradebook?sort=total&desc=1")
    superuser.get_by_role("row", name="ada").get_by_role("link", name="7", exact=True).click()
    superuser.get_by_label("ada, sum").fill("8")

    set_behind(behind, course, "bob", 5)
    expect(superuser.get_by_role("row", name="bob").get_by_role("cell").nth(3)).to_have_text("5")
    set_behind(behind, course, "ada", 3)
    # Bob has more now, so the row goes below his, with the cell as it was typed.
    expect(superuser.get_by_role("row").last).to_contain_text("ada")
    expect(superuser.get_by_label("ada, sum")).to_have_value("8")

    superuser.get_by_role("button", name="Save").click()
    expect(superuser.get_by_text("it is 3 now. Nothing was changed.")).to_be_visible()
    expect(superuser.get_by_label("ada, sum")).to_have_value("3")
    superuser.get_by_role("link", name="Cancel").click()
    expect(superuser.get_by_role("row", name="ada").get_by_role("link", name="3", exact=True)).to_be_focused()
    watch.faults[:] = [fault for fault in watch.faults if not fault.startswith("409")]


def test_searching_as_one_types_sorting_and_the_address_that_follows(superuser: Page, course: str) -> None:
    superuser.goto(f"/courses/{course}/gradebook")
    superuser.get_by_label("Student", exact=True).press_sequentially("bo")
    expect(superuser.get_by_role("row", name="ada")).to_have_count(0)
    superuser.get_by_label("Student", exact=True).fill("")
    expect(superuser.get_by_role("row", name="ada")).to_be_visible()
    superuser.get_by_role("link", name="Total").click()
    expect(superuser.get_by_role("columnheader", name="Total")).to_have_attribute("aria-sort", "descending")
    superuser.get_by_label("Student", exact=True).press_sequentially("ad")
    expect(superuser.get_by_role("row", name="bob")).to_have_count(0)
    superuser.reload()

    expect(superuser.get_by_role("columnheader", name="Total")).to_have_attribute("aria-sort", "descending")
    assert superuser.get_by_role("row", name="ada").get_by_role("cell").nth(3).inner_text() == "7"
