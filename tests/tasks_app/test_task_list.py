"""The list of Tasks: found, sorted, paged and exported, at the same cost however many there are."""

import csv
import io
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import NOON, make_task, make_tasks, make_user
from tests.pages import link, next_page, read, rows
from tests.statements import statements
from tests.tasks_app.rows import date

SORTABLE = ("Number", "Title", "Lower limit", "Upper limit", "Author", "Created")


@pytest.fixture
def three_tasks(app: Flask) -> None:
    """Tasks `apple`, `melon` and `plum`, which each column but Number puts into the order of their names."""
    with app.app_context():
        for place, (title, author) in enumerate((("apple", "anna"), ("melon", "mike"), ("plum", "paul"))):
            task = make_task(make_user(author), lower_limit=10.0 * place, upper_limit=100.0 + place, title=title)
            date(task, created=NOON + timedelta(hours=place), changed=NOON)


def titles(client: FlaskClient, address: str) -> list[str]:
    """The titles on a page of the list, from top to bottom."""
    return [row["Title"] for row in rows(read(client.get(address)))]


def test_the_list_shows_a_tasks_number_title_limits_author_and_time(app: Flask, chief: FlaskClient) -> None:
    with app.app_context():
        task = make_task(make_user("anna"), lower_limit=-2.5, upper_limit=4.0, title="Melons <big>")
        task_id = date(task, created=NOON, changed=NOON).id

    (row,) = rows(read(chief.get("/tasks/")))

    del row["What to do"]
    assert row == {
        "Number": str(task_id),
        "Title": "Melons <big>",
        "Lower limit": "-2.5",
        "Upper limit": "4",
        "Author": "anna",
        "Created": "2026-11-21 12:00:00 UTC",
    }


def test_the_newest_task_comes_first(chief: FlaskClient, three_tasks: None) -> None:
    shown = titles(chief, "/tasks/")

    assert shown == ["plum", "melon", "apple"]


@pytest.mark.parametrize("heading", SORTABLE)
def test_a_click_on_a_heading_sorts_by_its_column(chief: FlaskClient, three_tasks: None, heading: str) -> None:
    first_look = read(chief.get("/tasks/"))

    sorted_titles = titles(chief, link(first_look, heading))

    assert sorted_titles == ["apple", "melon", "plum"]


@pytest.mark.parametrize("heading", SORTABLE)
def test_a_second_click_on_a_heading_turns_the_order_round(chief: FlaskClient, three_tasks: None, heading: str) -> None:
    first_look = read(chief.get("/tasks/"))
    sorted_page = read(chief.get(link(first_look, heading)))

    sorted_titles = titles(chief, link(sorted_page, heading))

    assert sorted_titles == ["plum", "melon", "apple"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("2", ["melon"]),
        ("melon", ["melon"]),
        ("ELO", ["melon"]),
        ("paul", ["plum"]),
        ("ann", ["apple"]),
        ("a", ["apple"]),
        ("pl", ["plum"]),
        ("PA", ["plum"]),
        ("lu", []),
        ("a ple", ["apple"]),
        ("nothing like it", []),
    ],
    ids=[
        "number",
        "title",
        "part of a title in capitals",
        "author",
        "part of an author",
        "beginning of a title and an author",
        "beginning of a title",
        "beginning of an author in capitals",
        "two letters elsewhere",
        "all words must match",
        "no match",
    ],
)
def test_the_search_finds_by_number_title_and_author(chief: FlaskClient, three_tasks: None, typed: str, found: list[str]) -> None:
    shown = titles(chief, f"/tasks/?search={typed}")

    assert shown == found


def test_following_the_pages_shows_every_task_once(app: Flask, chief: FlaskClient) -> None:
    with app.app_context():
        task_ids = make_tasks(60)

    seen: list[int] = []
    address: str | None = "/tasks/?page_size=20"
    while address:
        page = read(chief.get(address))
        seen += [int(row["Number"]) for row in rows(page)]
        address = next_page(page)

    assert seen == sorted(task_ids, reverse=True)


def test_a_page_costs_as_many_statements_for_60_tasks_as_for_5(app: Flask, chief: FlaskClient) -> None:
    with app.app_context():
        for _ in range(5):
            make_task()
    with statements(app) as for_few:
        few = rows(read(chief.get("/tasks/?page_size=100")))
    with app.app_context():
        for _ in range(55):
            make_task()

    with statements(app) as for_many:
        many = rows(read(chief.get("/tasks/?page_size=100")))

    assert (len(few), len(many)) == (5, 60)
    assert len(for_many) == len(for_few)


@pytest.mark.parametrize("query", ["", "?page=1", "?search=1", "?sort=1"])
def test_no_page_of_the_list_counts_rows(app: Flask, chief: FlaskClient, query: str) -> None:
    with app.app_context():
        make_tasks(60)

    with statements(app) as heard:
        read(chief.get(f"/tasks/{query}"))

    assert heard
    assert not [statement for statement in heard if "count(" in statement.lower()]


@pytest.mark.parametrize(
    "query",
    [
        *("page=-1", "page=99999", f"page={2**62}", f"page={10**25}", "page=word"),
        *("sort=99", "sort=-99", f"sort={10**25}", "sort=word", "desc=word", f"sort=1&desc={10**25}"),
        *("page_size=-1", "page_size=0", f"page_size={10**25}", "page_size=word"),
        *("search=%00", "search=%25", "search=_", "search=%ED%B0%80", "search=" + 1000 * "x", "search=^", "search=%5C"),
    ],
    ids=lambda query: query[:20],
)
def test_an_address_that_makes_no_sense_is_answered_by_a_page(app: Flask, chief: FlaskClient, query: str) -> None:
    with app.app_context():
        make_task()

    response = chief.get(f"/tasks/?{query}")

    assert response.status_code == 200


def test_the_csv_holds_every_task_with_all_digits_of_its_limits(app: Flask, chief: FlaskClient) -> None:
    with app.app_context():
        anna = make_user("anna")
        make_tasks(59, anna)
        make_task(anna, lower_limit=-1.7e308, upper_limit=0.1 + 0.2, title="Äpfel, rot")

    response = chief.get("/tasks/export/csv/")

    lines = list(csv.DictReader(io.StringIO(response.text)))
    assert len(lines) == 60
    newest = lines[0]
    assert (newest["Title"], newest["Author"]) == ("Äpfel, rot", "anna")
    assert (float(newest["Lower limit"]), float(newest["Upper limit"])) == (-1.7e308, 0.1 + 0.2)


def test_the_csv_of_a_search_holds_what_the_search_finds(chief: FlaskClient, three_tasks: None) -> None:
    address = link(read(chief.get("/tasks/?search=melon")), "CSV")

    lines = list(csv.DictReader(io.StringIO(chief.get(address).text)))

    assert [line["Title"] for line in lines] == ["melon"]


def test_a_title_that_a_spreadsheet_would_run_as_a_formula_is_quoted_in_the_csv(app: Flask, chief: FlaskClient) -> None:
    with app.app_context():
        make_task(title="=1+1")

    lines = chief.get("/tasks/export/csv/").text.splitlines()

    assert "'=1+1" in lines[1].split(",")
