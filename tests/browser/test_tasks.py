"""Tasks, as a superuser makes, changes, runs and deletes them."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from project.extensions import db
from tasks_app.models import Task
from tests.browser.axe import violations
from tests.browser.watch import Watch
from tests.factories import make_result, make_task

MISTAKES = {
    "a title that is too long": ({"Title": "x" * 121}, "Title", "A title has at most 120 characters."),
    "a limit in words": ({"Lower limit": "ten"}, "Lower limit", '"ten" is not a number, e.g. 0, -2.5 or 1e6.'),
    "a limit with a comma": ({"Upper limit": "1,5"}, "Upper limit", '"1,5" has a comma. Write 1000 or 1.5.'),
    "a limit without end": ({"Upper limit": "inf"}, "Upper limit", '"inf" is not a finite number.'),
    "no limit but a blank": ({"Lower limit": " "}, "Lower limit", "Type a number."),
    "limits in the wrong order": ({"Lower limit": "3", "Upper limit": "2"}, "Upper limit", "The upper limit 2 is below the lower limit 3."),
    "an author who is nobody": ({"Author": "nobody.here"}, "Author", 'There is no user "nobody.here".'),
}


@pytest.fixture
def task_id(behind: Flask) -> int:
    """A Task from 0 to 1, which has not run."""
    with behind.app_context():
        return make_task(title="Dice").id


def fill(page: Page, values: dict[str, str]) -> None:
    """Type into the form."""
    for label, value in values.items():
        page.get_by_label(label, exact=True).fill(value)


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("form", ["new", "edit"])
def test_a_mistake_is_explained_beside_its_field_and_what_was_typed_stays(superuser: Page, task_id: int, form: str, mistake: str) -> None:
    typed, at, error = MISTAKES[mistake]
    values = {"Title": "Coin", "Lower limit": "0", "Upper limit": "1", "Author": "", **typed}
    superuser.goto("/tasks/new/" if form == "new" else f"/tasks/edit/?id={task_id}")
    # Else the browser itself would cut it off.
    superuser.get_by_label("Title").evaluate("field => field.removeAttribute('maxlength')")
    fill(superuser, values)
    superuser.get_by_role("button", name="Create" if form == "new" else "Save", exact=True).click()

    field = superuser.get_by_label(at, exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(superuser.locator(f"[id='{field.get_attribute('id')}-error']")).to_have_text(error)
    assert {label: superuser.get_by_label(label, exact=True).input_value() for label in values} == values


def test_a_limit_that_is_left_out_is_not_even_sent(superuser: Page) -> None:
    superuser.goto("/tasks/new/")
    superuser.get_by_role("button", name="Create", exact=True).click()

    assert superuser.get_by_label("Lower limit").evaluate("field => field.validity.valueMissing")
    expect(superuser.get_by_label("Lower limit")).to_be_focused()


def test_a_task_is_made_changed_and_deleted(superuser: Page) -> None:
    superuser.goto("/")
    superuser.get_by_role("navigation", name="Main").get_by_role("link", name="Tasks").click()
    superuser.get_by_role("button", name="New Task").click()
    fill(superuser, {"Title": "A coin of mine", "Lower limit": "0", "Upper limit": "1"})
    superuser.get_by_role("button", name="Create", exact=True).click()
    expect(superuser.get_by_role("status")).to_contain_text("created", ignore_case=True)

    mine = superuser.get_by_role("row").filter(has_text="A coin of mine")
    mine.get_by_role("link", name="Edit").click()
    fill(superuser, {"Title": "A die of mine", "Upper limit": "6"})
    superuser.get_by_role("button", name="Save").click()
    expect(superuser.get_by_role("status")).to_contain_text("saved", ignore_case=True)

    mine = superuser.get_by_role("row").filter(has_text="A die of mine")
    expect(mine).to_contain_text("6")
    mine.get_by_role("button", name="Delete").first.click()
    question = superuser.get_by_role("dialog")
    expect(question).to_contain_text("Its numbers are deleted with it.")
    assert violations(superuser) == []
    question.get_by_role("button", name="Keep it").click()
    expect(question).to_be_hidden()

    mine.get_by_role("button", name="Delete").first.click()
    question.get_by_role("button", name="Yes, delete").click()
    expect(superuser.get_by_role("status")).to_contain_text("deleted", ignore_case=True)
    expect(mine).to_have_count(0)


def test_by_keyboard_alone_a_task_is_made_and_deleted(superuser: Page) -> None:
    def tab_to(name: str) -> None:
        for _ in range(60):
            superuser.keyboard.press("Tab")
            if superuser.evaluate("document.activeElement.textContent.trim()") == name:
                return
        raise AssertionError(f"Tab never comes to {name}")

    superuser.goto("/tasks/")
    superuser.keyboard.press("Tab")
    expect(superuser.get_by_role("link", name="Skip to the content")).to_be_focused()
    superuser.keyboard.press("Enter")
    tab_to("New Task")
    superuser.keyboard.press("Enter")
    superuser.wait_for_url("**/tasks/new/**")
    superuser.get_by_label("Title").focus()
    superuser.keyboard.type("By keyboard")
    for _ in range(2):
        superuser.keyboard.press("Tab")
        superuser.keyboard.type("1")
    superuser.keyboard.press("Enter")
    mine = superuser.get_by_role("row").filter(has_text="By keyboard")
    expect(mine).to_be_visible()

    number = mine.get_by_role("cell").first.inner_text()
    tab_to(f"Delete Task {number}")
    superuser.keyboard.press("Enter")
    expect(superuser.get_by_role("button", name="Keep it")).to_be_focused()
    superuser.keyboard.press("Tab")
    superuser.keyboard.press("Enter")
    expect(superuser.get_by_role("status")).to_contain_text("deleted", ignore_case=True)


def test_run_now_brings_a_number_to_the_page_that_is_open(superuser: Page, task_id: int) -> None:
    superuser.goto(f"/tasks/details/?id={task_id}")
    numbers = superuser.get_by_role("region", name="Numbers of this Task")
    expect(numbers).to_contain_text("No number has been drawn yet.")
    superuser.get_by_role("button", name="Run now").click()

    expect(superuser.get_by_text(re.compile("^Run now: "))).to_be_visible()
    expect(numbers.get_by_role("row").filter(has_text="run now")).to_have_count(1)


def test_an_open_page_shows_what_is_drawn_meanwhile_and_plots_it(superuser: Page, behind: Flask, task_id: int) -> None:
    superuser.goto(f"/tasks/details/?id={task_id}")
    numbers = superuser.get_by_role("region", name="Numbers of this Task")
    expect(numbers).to_contain_text("No number has been drawn yet.")
    with behind.app_context():
        for result in (0.25, 0.75):
            make_result(db.session.get_one(Task, task_id), result)

    expect(numbers.get_by_role("row").filter(has_text="run now")).to_have_count(2)
    expect(numbers.get_by_role("img")).to_have_count(2)
    for plot in numbers.get_by_role("img").all():
        assert plot.evaluate("canvas => Chart.getChart(canvas).data.datasets[0].data.length") >= 2


def test_a_whole_tick_is_launched_and_followed_to_its_end(superuser: Page, task_id: int) -> None:
    superuser.goto("/workers/schedule/")
    superuser.get_by_role("button", name="Run whole tick now").click()
    superuser.wait_for_url("**/workers/schedule/?tick=*")
    number = superuser.url.partition("=")[2]

    expect(superuser.get_by_role("region", name="Launched by hand")).to_contain_text(f"Tick {number}")
    row = superuser.get_by_role("region", name="Ticks", exact=True).get_by_role("row").filter(has=superuser.get_by_role("cell", name=number, exact=True))
    expect(row).to_contain_text("finished", timeout=60_000)


def test_a_page_that_can_not_be_kept_fresh_says_so_and_takes_it_back(superuser: Page, watch: Watch, task_id: int) -> None:
    superuser.goto(f"/tasks/details/?id={task_id}")
    trouble = superuser.get_by_text("The site does not answer")
    expect(trouble).to_be_hidden()

    superuser.context.set_offline(True)
    expect(trouble).to_be_visible()
    superuser.context.set_offline(False)
    expect(trouble).to_be_hidden()

    assert all("Failed to fetch" in fault for fault in watch.faults), watch.faults
    watch.faults.clear()


def test_a_page_that_nobody_looks_at_updates_itself_seldom(superuser: Page, task_id: int) -> None:
    # Given a page that updates itself every few seconds
    asked: list[str] = []
    superuser.clock.install()
    superuser.goto(f"/tasks/details/?id={task_id}")
    for _ in range(3):
        with superuser.expect_response(lambda response: response.request.resource_type == "fetch"):
            superuser.clock.run_for(5_000)

    # When its tab is hidden for twenty seconds, and for twenty more
    superuser.evaluate("Object.defineProperty(document, 'hidden', { value: true })")
    superuser.on("request", lambda request: asked.append(request.url) if request.resource_type == "fetch" else None)
    for _ in range(20):
        superuser.clock.run_for(1_000)
        superuser.evaluate("fetch('/healthz').then((answer) => answer.text())")
    meanwhile = [url for url in asked if "healthz" not in url]
    with superuser.expect_response(lambda response: "healthz" not in response.url):
        superuser.clock.run_for(20_000)

    assert meanwhile == []
