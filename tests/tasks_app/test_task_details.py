"""A Task's page: its facts, its numbers as a table and as plots, what they add up to, and when the next is due."""

import sys
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from project.database import utc_now
from project.extensions import db
from tasks_app.models import Task
from tests.apps import WEEK
from tests.factories import NOON, make_result, make_task, make_user
from tests.pages import Element, facts, messages, plots, read, rows
from tests.statements import statements
from tests.tasks_app.rows import date

MINUTE = timedelta(minutes=1)


@pytest.fixture
def task_id(app: Flask) -> int:
    """A Task of `anna` without a number yet."""
    with app.app_context():
        task = make_task(make_user("anna"), lower_limit=0.0, upper_limit=10.0, title="Melons")
        return date(task, created=NOON, changed=NOON + MINUTE).id


@pytest.fixture
def drawn(app: Flask, task_id: int) -> None:
    """The numbers 3, 1 and 8 of the Task, drawn a minute apart; 1 by a tick, the others by hand."""
    add_results(app, task_id, [3.0, 1.0, 8.0], ticks=[None, 7, None])


def add_results(app: Flask, task_id: int, numbers: list[float], ticks: list[int | None] | None = None) -> None:
    """Results of a Task, drawn a minute apart."""
    with app.app_context():
        task = db.session.get_one(Task, task_id)
        for minute, (number, tick_id) in enumerate(zip(numbers, ticks or [None] * len(numbers), strict=True)):
            make_result(task, number, tick_id=tick_id, created_at=NOON + minute * MINUTE)


def page_of(client: FlaskClient, task_id: int) -> Element:
    """The Task's page."""
    return read(client.get(f"/tasks/details/?id={task_id}"))


def test_the_page_shows_the_tasks_range_author_and_times(chief: FlaskClient, task_id: int) -> None:
    page = page_of(chief, task_id)

    shown = facts(page)
    del shown["Next due"]
    assert page.all("h1")[0].text == "Melons"
    assert shown == {
        "Task": str(task_id),
        "Range": "0 to 10",
        "Author": "anna",
        "Created": "2026-11-21 12:00:00 UTC",
        "Changed": "2026-11-21 12:01:00 UTC",
    }


def test_the_next_number_is_due_at_the_next_slot(chief: FlaskClient, task_id: int) -> None:
    before = utc_now()

    page = page_of(chief, task_id)

    times = [datetime.fromisoformat(time.attributes["datetime"]) for time in page.all("time")]
    due = times[-1]
    assert due.timestamp() % WEEK == 0
    assert before < due <= utc_now() + timedelta(seconds=WEEK)


def test_a_task_without_numbers_says_how_to_get_one(chief: FlaskClient, task_id: int) -> None:
    page = page_of(chief, task_id)

    assert "No number has been drawn yet." in page.text
    assert not plots(page)


def test_the_numbers_are_counted_and_their_mean_lowest_and_highest_shown(chief: FlaskClient, task_id: int, drawn: None) -> None:
    shown = facts(page_of(chief, task_id))

    assert {name: shown[name] for name in ("Count", "Mean", "Lowest", "Highest")} == {"Count": "3", "Mean": "4", "Lowest": "1", "Highest": "8"}


def test_the_last_draws_come_newest_first_each_with_what_drew_it(chief: FlaskClient, task_id: int, drawn: None) -> None:
    table = rows(page_of(chief, task_id))

    assert table == [
        {"Number": "8", "Drawn at": "2026-11-21 12:02:00 UTC", "By": "run now", "From range": "0 to 10"},
        {"Number": "1", "Drawn at": "2026-11-21 12:01:00 UTC", "By": "tick 7", "From range": "0 to 10"},
        {"Number": "3", "Drawn at": "2026-11-21 12:00:00 UTC", "By": "run now", "From range": "0 to 10"},
    ]


def test_a_draw_keeps_the_range_it_was_drawn_from(app: Flask, chief: FlaskClient, task_id: int, drawn: None) -> None:
    with app.app_context():
        db.session.get_one(Task, task_id).lower_limit = -99.0
        db.session.commit()

    table = rows(page_of(chief, task_id))

    assert {row["From range"] for row in table} == {"0 to 10"}


def test_the_line_shows_the_numbers_in_the_order_of_their_draws(chief: FlaskClient, task_id: int, drawn: None) -> None:
    line = plots(page_of(chief, task_id))["line"]

    assert line["values"] == [3.0, 1.0, 8.0]
    assert line["labels"][0] == "2026-11-21T12:00:00+00:00"


def test_the_histogram_counts_every_number_shown(chief: FlaskClient, task_id: int, drawn: None) -> None:
    histogram = plots(page_of(chief, task_id))["histogram"]

    assert sum(histogram["values"]) == 3
    assert len(histogram["labels"]) == len(histogram["values"])


def test_the_page_shows_the_last_hundred_draws_and_the_facts_of_all(app: Flask, chief: FlaskClient, task_id: int) -> None:
    add_results(app, task_id, [float(number) for number in range(110)])

    page = page_of(chief, task_id)

    assert [row["Number"] for row in rows(page)] == [str(number) for number in range(109, 9, -1)]
    assert facts(page)["Count"] == "110"


def test_the_page_says_that_the_facts_are_of_the_newest_numbers_where_there_are_more(
    chief: FlaskClient, task_id: int, drawn: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks_app.result_queries.MOST_COUNTED", 2)

    page = page_of(chief, task_id)

    assert "Of the newest 2 numbers:" in page.text
    assert "Count" not in facts(page)


def test_numbers_at_the_ends_of_the_float_range_are_shown_and_plotted(app: Flask, chief: FlaskClient, task_id: int) -> None:
    largest = sys.float_info.max
    add_results(app, task_id, [-largest, largest, 1.7e308])

    page = page_of(chief, task_id)

    assert facts(page)["Highest"] == "1.79769e+308"
    assert plots(page)["line"]["values"] == [-largest, largest, 1.7e308]


def test_what_the_page_fetches_again_holds_the_same_numbers(chief: FlaskClient, task_id: int, drawn: None) -> None:
    whole = page_of(chief, task_id)

    (live,) = whole.all("section", **{"data-live": ""})
    part = read(chief.get(live.attributes["hx-get"]))

    assert part.text == live.text


def test_a_tasks_page_costs_as_many_statements_for_60_numbers_as_for_5(app: Flask, chief: FlaskClient, task_id: int) -> None:
    add_results(app, task_id, [0.5] * 5)
    with statements(app) as for_few:
        few = rows(page_of(chief, task_id))
    add_results(app, task_id, [0.5] * 55)

    with statements(app) as for_many:
        many = rows(page_of(chief, task_id))

    assert (len(few), len(many)) == (5, 60)
    assert len(for_many) == len(for_few)


def test_a_task_without_a_title_goes_by_its_number(app: Flask, chief: FlaskClient) -> None:
    with app.app_context():
        task_id = make_task().id

    page = page_of(chief, task_id)

    assert page.all("h1")[0].text == f"Task {task_id}"
    assert not messages(page)
