"""Pages of the list of Tasks begin where another one ended, in every order, on both databases."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from project.extensions import db
from project.keyset import Page, Place, Stretch, page
from tasks_app.list_queries import NEAR, SORT_KEYS, tasks_in
from tasks_app.models import Task
from tests.apps import close, make_app, migrate
from tests.factories import make_task, make_tasks, make_user
from tests.pages import read, rows

ORDERS = [(name, descending) for name in SORT_KEYS for descending in (False, True)]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def many(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An app with Tasks of three authors, many alike in all that they can be sorted by."""
    folder: Path = tmp_path_factory.mktemp("many")
    url = f"sqlite:///{folder}/many.db" if request.param == "sqlite" else request.getfixturevalue("postgres").create_database()
    migrate(url)
    app = make_app(url)
    with app.app_context():
        authors = [make_user(name) for name in ("mia", "Ada", "zoe")]
        make_user("idle")
        for number in range(24):
            make_task(authors[number % 5 % 3], float(number % 2), 2.0 + number % 3, [None, "dice", "Äpfel: 7"][number % 3])
    yield app
    close(app)


def pages(key: str, words: list[str], *, descending: bool, size: int, backwards: bool = False) -> list[Page[Task]]:
    """Each page from the first to the last, or back again."""
    found, place = [], None

    def at(place: Place | None) -> Page[Task]:
        return page(Stretch(size, descending, place, backwards), lambda stretch: tasks_in(stretch, words, SORT_KEYS[key]))

    if backwards:
        last = pages(key, words, descending=descending, size=size)[-1]
        found, place = [last], last.previous
    while not found or place is not None:
        found.append(at(place))
        place = found[-1].previous if backwards else found[-1].next
    return found


def has(task: Task, word: str) -> bool:
    """Whether a search for the word is to find the Task."""
    told = f" {task.title or ''} {task.author.username}".lower()
    return str(task.id) == word or (word in told if len(word) > 2 else f" {word}" in told)


def in_order(key: str, *, descending: bool) -> list[int]:
    """The ids of all Tasks as Python sorts them."""

    def value(task: Task) -> Any:
        values = {"author": task.author.username.lower(), "title": task.title or ""}
        return (values[key] if key in values else getattr(task, key), task.id)

    return [task.id for task in sorted(db.session.query(Task), key=value, reverse=descending)]


@pytest.mark.parametrize(("key", "descending"), ORDERS)
def test_the_pages_of_every_order_show_each_task_once_forwards_and_backwards(many: Flask, key: str, descending: bool) -> None:
    with many.app_context():
        ids = in_order(key, descending=descending)
        forwards = [[task.id for task in each.rows] for each in pages(key, [], descending=descending, size=7)]
        backwards = [[task.id for task in each.rows] for each in pages(key, [], descending=descending, size=7, backwards=True)]

    assert forwards == [ids[:7], ids[7:14], ids[14:21], ids[21:]]
    assert backwards == forwards[::-1]


@pytest.mark.parametrize("key", list(SORT_KEYS))
@pytest.mark.parametrize("words", [["dice"], ["ada"], ["Äpfel", "zo"], ["7"]], ids=["title", "author", "both", "number"])
def test_a_search_finds_the_same_in_every_order_near_the_place_and_far_from_it(
    many: Flask, monkeypatch: pytest.MonkeyPatch, key: str, words: list[str]
) -> None:
    def ids(near: int) -> list[int]:
        monkeypatch.setattr("tasks_app.list_queries.NEAR", near)
        return [task.id for each in pages(key, words, descending=False, size=3) for task in each.rows]

    with many.app_context():
        found = {task.id for task in db.session.query(Task) if all(has(task, word.lower()) for word in words)}
        assert ids(NEAR) == ids(1) == [task_id for task_id in in_order(key, descending=False) if task_id in found]


@pytest.mark.parametrize("place", ["word", "17", "-1:5", "1:word", "1:1e999", f"{2**63}:1", "1:" + "9" * 30, "1:%00", "1:2026-01-01", "1:%ED%B0%80"])
def test_a_place_that_there_can_not_be_is_answered_by_a_page(app: Flask, chief: FlaskClient, place: str) -> None:
    asked = [f"sort={sort}&{side}={place}" for sort in range(len(SORT_KEYS)) for side in ("after", "before")]

    assert {chief.get(f"/tasks/?{query}").status_code for query in asked} == {200}


def test_a_page_begins_after_its_place_though_that_task_is_gone(app: Flask, chief: FlaskClient) -> None:
    with app.app_context():
        first, second, third = make_tasks(3)
        db.session.delete(db.session.get_one(Task, second))
        db.session.commit()

    shown = rows(read(chief.get(f"/tasks/?after={second}:{second}")))

    assert [row["Number"] for row in shown] == [str(first)]
    assert third > second


def test_another_order_begins_at_its_first_page(app: Flask, chief: FlaskClient) -> None:
    with app.app_context():
        make_tasks(25)

    second_page = read(chief.get("/tasks/?page_size=20&after=6:6"))

    assert all("after=" not in link.attributes["href"] for link in second_page.all("a", **{"class": "sort"}))
    assert [link.attributes["href"] for link in second_page.all("a", rel="prev")] == ["/tasks/?before=5:5&page_size=20"]
