"""The page of results: newest first, filtered by Task, author and tick, paged without a gap, and changing nothing."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from project.extensions import db
from tasks_app.models import Task
from tests.factories import NOON, make_result, make_task, make_user
from tests.pages import errors, next_page, read, rows
from tests.statements import statements


@pytest.fixture
def results(app: Flask) -> None:
    """Numbers 1 to 4: of Anna's Task 1 by tick 7, of Anna's Task 2 by hand, of Berta's Task 3 by ticks 7 and 8."""
    with app.app_context():
        anna, berta = make_user("anna"), make_user("berta")
        one, two, three = make_task(anna), make_task(anna), make_task(berta)
        for number, (task, tick_id) in enumerate(((one, 7), (two, None), (three, 7), (three, 8)), start=1):
            make_result(task, float(number), tick_id=tick_id, created_at=NOON + timedelta(minutes=number))


def numbers(client: FlaskClient, query: str) -> list[str]:
    """The numbers on the page, from top to bottom."""
    return [row["Number"] for row in rows(read(client.get(f"/results/?{query}")))]


def test_each_line_says_what_was_drawn_when_by_what_from_which_range(app: Flask, chief: FlaskClient) -> None:
    with app.app_context():
        task = make_task(make_user("anna"), lower_limit=-1.7e308, upper_limit=0.25)
        result_id = make_result(task, -2.5, tick_id=7, created_at=NOON).id

    (row,) = rows(read(chief.get("/results/")))

    assert row["Result"] == str(result_id)
    assert row["Task"] == str(task.id)
    assert row["Number"] == "-2.5"
    assert row["Drawn at"] == "2026-11-21 12:00:00 UTC"
    assert row["By"] == "tick 7"
    assert row["From range"] == "-1.7e+308 to 0.25"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["4", "3", "2", "1"]),
        ("task=3", ["4", "3"]),
        ("author=anna", ["2", "1"]),
        ("author=ANNA", ["2", "1"]),
        ("tick=7", ["3", "1"]),
        ("task=3&tick=8", ["4"]),
        ("author=anna&tick=7", ["1"]),
        ("task=1&author=berta", []),
        ("task=4711", []),
        ("tick=4711", []),
        (f"task={2**63 - 1}", []),
        ("task=&author=&tick=", ["4", "3", "2", "1"]),
        ("task=+3+", ["4", "3"]),
    ],
)
def test_the_filter_shows_what_matches_newest_first(chief: FlaskClient, results: None, query: str, shown: list[str]) -> None:
    assert numbers(chief, query) == shown


def test_the_authors_filter_goes_by_who_owns_the_task_now(app: Flask, chief: FlaskClient, results: None) -> None:
    with app.app_context():
        task = db.session.get_one(Task, 1)
        task.created_by = db.session.get_one(Task, 3).created_by
        db.session.commit()

    assert numbers(chief, "author=berta") == ["4", "3", "1"]


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("task=word", "task", '"word" is not the number of a row.'),
        ("task=-1", "task", '"-1" is not the number of a row.'),
        ("task=1.5", "task", '"1.5" is not the number of a row.'),
        (f"task={2**63}", "task", f'"{2**63}" is not the number of a row.'),
        ("task=" + "9" * 5000, "task", "is not the number of a row."),
        ("task=%D9%A1", "task", "is not the number of a row."),
        ("task=%00", "task", "is not the number of a row."),
        ("tick=noon", "tick", '"noon" is not the number of a row.'),
        ("author=nobody", "author", 'There is no user "nobody".'),
        ("author=%00", "author", "There is no user"),
        ("author=" + "x" * 5000, "author", "There is no user"),
    ],
    ids=lambda value: value[:24],
)
def test_a_mistake_in_the_filter_is_named_beside_its_field(chief: FlaskClient, results: None, query: str, field: str, said: str) -> None:
    page = read(chief.get(f"/results/?{query}"))

    assert list(errors(page)) == [field]
    assert said in errors(page)[field]


def test_a_mistake_in_the_filter_shows_no_results(chief: FlaskClient, results: None) -> None:
    assert numbers(chief, "task=word") == []


def follow(client: FlaskClient, address: str) -> list[list[int]]:
    """The numbers of the results on each page, following the links to older ones."""
    pages = []
    next_address: str | None = address
    while next_address:
        page = read(client.get(next_address))
        pages.append([int(row["Result"]) for row in rows(page)])
        next_address = next_page(page)
    return pages


def test_following_the_links_to_older_results_shows_each_once(app: Flask, chief: FlaskClient) -> None:
    with app.app_context():
        task = make_task()
        result_ids = [make_result(task).id for _ in range(120)]

    pages = follow(chief, "/results/")

    assert [result_id for page in pages for result_id in page] == result_ids[::-1]
    assert [len(page) for page in pages] == [50, 50, 20]


def test_the_links_to_older_results_keep_the_filter(app: Flask, chief: FlaskClient) -> None:
    with app.app_context():
        task, other = make_task(make_user("anna")), make_task()
        own = []
        for _ in range(60):
            own.append(make_result(task).id)
            make_result(other)

    pages = follow(chief, "/results/?author=anna")

    assert [result_id for page in pages for result_id in page] == own[::-1]


def test_results_that_arrive_meanwhile_move_nothing_to_the_next_page(app: Flask, chief: FlaskClient) -> None:
    with app.app_context():
        task = make_task()
        result_ids = [make_result(task).id for _ in range(60)]
    older = next_page(read(chief.get("/results/")))
    with app.app_context():
        for _ in range(5):
            make_result(task)

    (second_page,) = follow(chief, older or "")

    assert second_page == result_ids[9::-1]


def test_a_page_that_is_exactly_full_leads_to_no_empty_one(app: Flask, chief: FlaskClient) -> None:
    with app.app_context():
        task = make_task()
        for _ in range(50):
            make_result(task)

    assert [len(page) for page in follow(chief, "/results/")] == [50]


@pytest.mark.parametrize("before", ["word", "-1", "0", "1.5", "%00", str(2**63), "9" * 25, "-" + "9" * 25, "9" * 5000], ids=lambda value: value[:12])
def test_a_page_after_no_result_is_answered_without_a_fault(chief: FlaskClient, results: None, before: str) -> None:
    response = chief.get(f"/results/?before={before}")

    assert response.status_code == 200


def test_a_page_costs_as_many_statements_for_50_results_as_for_5(app: Flask, chief: FlaskClient) -> None:
    with app.app_context():
        for number in range(5):
            make_result(make_task(), tick_id=number)
    with statements(app) as for_few:
        few = rows(read(chief.get("/results/")))
    with app.app_context():
        for number in range(45):
            make_result(make_task(), tick_id=number)

    with statements(app) as for_many:
        many = rows(read(chief.get("/results/")))

    assert (len(few), len(many)) == (5, 50)
    assert len(for_many) == len(for_few)


def test_no_page_of_results_counts_rows(app: Flask, chief: FlaskClient, results: None) -> None:
    with statements(app) as heard:
        read(chief.get("/results/?task=3"))

    assert heard
    assert not [statement for statement in heard if "count(" in statement.lower()]


def test_nothing_can_be_sent_to_the_results(app: Flask) -> None:
    methods = {method for rule in app.url_map.iter_rules() if rule.endpoint.startswith("results.") for method in rule.methods or ()}

    assert methods == {"GET", "HEAD", "OPTIONS"}


def test_a_result_whose_task_is_deleted_is_still_shown(app: Flask, chief: FlaskClient, results: None) -> None:
    with app.app_context():
        db.session.delete(db.session.get_one(Task, 1))
        db.session.commit()

    assert numbers(chief, "task=1") == ["1"]
