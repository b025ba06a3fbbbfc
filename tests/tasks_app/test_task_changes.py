"""Making and changing Tasks: what may be typed, what is said of the rest, and what no form can change."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session, joinedload

from accounts.models import User
from project.extensions import db
from tasks_app.models import Task
from tests.app_fixtures import log_in
from tests.factories import NOON, make_superuser, make_task, make_user
from tests.pages import errors, messages, read
from tests.tasks_app.rows import date

LARGEST = sys.float_info.max
LONG_AGO = NOON - timedelta(days=900)
FINE = {"title": "Melons", "lower_limit": "0", "upper_limit": "1", "author": ""}
NOT_A_NUMBER = "is not a number, e.g. 0, -2.5 or 1e6."
NOT_FINITE = "is not a finite number."

MISTAKES = [
    ({"lower_limit": ""}, "lower_limit", "Type a number."),
    ({"upper_limit": "  "}, "upper_limit", "Type a number."),
    ({"lower_limit": "few"}, "lower_limit", f'"few" {NOT_A_NUMBER}'),
    ({"upper_limit": "1.2.3"}, "upper_limit", f'"1.2.3" {NOT_A_NUMBER}'),
    ({"upper_limit": "1,000"}, "upper_limit", '"1,000" has a comma. Write 1000 or 1.5.'),
    ({"upper_limit": "1_000"}, "upper_limit", f'"1_000" {NOT_A_NUMBER}'),
    ({"upper_limit": "0x10"}, "upper_limit", f'"0x10" {NOT_A_NUMBER}'),
    ({"lower_limit": "nan"}, "lower_limit", f'"nan" {NOT_FINITE}'),
    ({"upper_limit": "inf"}, "upper_limit", f'"inf" {NOT_FINITE}'),
    ({"lower_limit": "-Infinity"}, "lower_limit", f'"-Infinity" {NOT_FINITE}'),
    ({"upper_limit": "1e999"}, "upper_limit", f'"1e999" {NOT_FINITE}'),
    ({"lower_limit": "2"}, "upper_limit", "The upper limit 1 is below the lower limit 2."),
    ({"title": "x" * 121}, "title", "A title has at most 120 characters."),
    ({"title": "a\0b"}, "title", "There is a control character in it."),
    ({"title": "a\nb"}, "title", "There is a control character in it."),
    ({"title": "a\x7fb"}, "title", "There is a control character in it."),
    ({"author": "nobody"}, "author", 'There is no user "nobody".'),
    ({"author": "a\0b"}, "author", "There is no user"),
]
mistakes = pytest.mark.parametrize(("typed", "field", "said"), MISTAKES, ids=[f"{field} {next(iter(typed.values()))!r:.12}" for typed, field, _ in MISTAKES])


def the_task(app: Flask) -> Task:
    """The only Task there is, with its author."""
    with app.app_context():
        return db.session.scalars(select(Task).options(joinedload(Task.author))).one()


@pytest.fixture
def old_task_id(app: Flask) -> int:
    """A Task of `anna`, made and last changed long ago."""
    with app.app_context():
        task = make_task(make_user("anna"), lower_limit=0.1 + 0.2, upper_limit=1.7e308, title="Old")
        return date(task, created=LONG_AGO, changed=LONG_AGO + timedelta(days=1)).id


def test_a_task_is_made_from_what_was_typed(app: Flask, chief: FlaskClient) -> None:
    chief.post("/tasks/new/", data={"title": " Melons, ripe ", "lower_limit": "-2.5", "upper_limit": "1e6", "author": "chief"})

    task = the_task(app)
    assert (task.title, task.lower_limit, task.upper_limit, task.author.username) == ("Melons, ripe", -2.5, 1e6, "chief")


def test_after_making_a_task_the_list_says_so(chief: FlaskClient) -> None:
    page = read(chief.post("/tasks/new/", data=FINE, follow_redirects=True))

    assert messages(page) == ["success: Created."]


@mistakes
def test_each_mistake_is_named_beside_its_field(chief: FlaskClient, typed: dict[str, str], field: str, said: str) -> None:
    page = read(chief.post("/tasks/new/", data=FINE | typed))

    # Each mistake is said once, beside its field.
    assert messages(page) == []
    shown = errors(page)
    assert list(shown) == [field]
    assert said in shown[field]


def test_a_form_with_a_mistake_makes_no_task(app: Flask, chief: FlaskClient) -> None:
    chief.post("/tasks/new/", data=FINE | {"lower_limit": "2"})

    with app.app_context():
        assert db.session.scalars(select(Task)).all() == []


def test_a_form_with_a_mistake_changes_no_task(app: Flask, chief: FlaskClient, old_task_id: int) -> None:
    before = facts_of(the_task(app))

    page = read(chief.post(f"/tasks/edit/?id={old_task_id}", data=FINE | {"lower_limit": "2"}))

    assert list(errors(page)) == ["upper_limit"]
    assert facts_of(the_task(app)) == before


def facts_of(task: Task) -> dict[str, Any]:
    """Every column of the Task."""
    return {column.key: getattr(task, column.key) for column in Task.__table__.columns}


def test_a_form_with_a_mistake_keeps_what_was_typed(chief: FlaskClient) -> None:
    page = read(chief.post("/tasks/new/", data=FINE | {"upper_limit": "three", "title": "Kept"}))

    typed = {field.attributes["name"]: field.attributes.get("value", "") for field in page.all("input") if "name" in field.attributes}
    assert (typed["title"], typed["upper_limit"]) == ("Kept", "three")


def test_a_form_sent_without_its_fields_makes_no_task(app: Flask, chief: FlaskClient) -> None:
    page = read(chief.post("/tasks/new/", data={}))

    assert errors(page).keys() == {"lower_limit", "upper_limit"}


@pytest.mark.parametrize(
    ("typed", "limit"),
    [
        *(("−2", -2.0), ("-2", -2.0), (" 3 ", 3.0), ("+4", 4.0), (".5", 0.5), ("1e-3", 0.001), ("5e-324", 5e-324)),
        *(("-1.7e308", -1.7e308), ("1.7e308", 1.7e308), (repr(-LARGEST), -LARGEST), (repr(LARGEST), LARGEST)),
    ],
)
def test_a_limit_may_be_any_finite_number_in_its_usual_spellings(app: Flask, chief: FlaskClient, typed: str, limit: float) -> None:
    chief.post("/tasks/new/", data=FINE | {"lower_limit": typed, "upper_limit": typed})

    task = the_task(app)
    assert (task.lower_limit, task.upper_limit) == (limit, limit)


@pytest.mark.parametrize(("lower", "upper"), [("-1.7e308", "1.7e308"), (repr(-LARGEST), repr(LARGEST))])
def test_a_range_may_be_as_wide_as_floats_go(app: Flask, chief: FlaskClient, lower: str, upper: str) -> None:
    chief.post("/tasks/new/", data=FINE | {"lower_limit": lower, "upper_limit": upper})

    task = the_task(app)
    assert (task.lower_limit, task.upper_limit) == (float(lower), float(upper))


@pytest.mark.parametrize(
    ("typed", "title"), [("x" * 120, "x" * 120), ("🍈" * 120, "🍈" * 120), ("", None), ("   ", None)], ids=["letters", "melons", "none", "blanks"]
)
def test_a_title_has_up_to_120_characters_of_any_script_or_is_none(app: Flask, chief: FlaskClient, typed: str, title: str | None) -> None:
    chief.post("/tasks/new/", data=FINE | {"title": typed})

    assert the_task(app).title == title


def test_the_author_is_whoever_makes_the_task_unless_another_is_named(app: Flask, chief: FlaskClient) -> None:
    chief.post("/tasks/new/", data=FINE | {"author": ""})

    assert the_task(app).author.username == "chief"


def test_the_empty_form_proposes_oneself_as_the_author(chief: FlaskClient) -> None:
    page = read(chief.get("/tasks/new/"))

    (author,) = page.all("input", name="author")
    assert author.attributes["value"] == "chief"


@pytest.mark.parametrize("typed", ["anna", "ANNA", " anna "])
def test_a_task_can_be_made_for_another_author(app: Flask, chief: FlaskClient, typed: str) -> None:
    with app.app_context():
        make_user("anna")

    chief.post("/tasks/new/", data=FINE | {"author": typed})

    assert the_task(app).author.username == "anna"


def test_a_task_can_be_given_to_another_author(app: Flask, chief: FlaskClient, old_task_id: int) -> None:
    with app.app_context():
        make_user("berta")

    chief.post(f"/tasks/edit/?id={old_task_id}", data=FINE | {"author": "berta"})

    assert the_task(app).author.username == "berta"


def test_a_change_writes_what_was_typed(app: Flask, chief: FlaskClient, old_task_id: int) -> None:
    chief.post(f"/tasks/edit/?id={old_task_id}", data={"title": "New", "lower_limit": "5", "upper_limit": "6", "author": "anna"})

    task = the_task(app)
    assert (task.title, task.lower_limit, task.upper_limit, task.author.username) == ("New", 5.0, 6.0, "anna")


def test_saving_the_form_untouched_keeps_every_digit_and_the_author(app: Flask, chief: FlaskClient, old_task_id: int) -> None:
    form = read(chief.get(f"/tasks/edit/?id={old_task_id}"))
    as_shown = {field.attributes["name"]: field.attributes.get("value", "") for field in form.all("input") if field.attributes.get("name") in FINE}

    chief.post(f"/tasks/edit/?id={old_task_id}", data=as_shown)

    task = the_task(app)
    assert (task.title, task.lower_limit, task.upper_limit, task.author.username) == ("Old", 0.1 + 0.2, 1.7e308, "anna")


def test_created_at_never_changes_and_updated_at_changes_with_each_change(app: Flask, chief: FlaskClient, old_task_id: int) -> None:
    before = the_task(app)

    chief.post(f"/tasks/edit/?id={old_task_id}", data=FINE)

    after = the_task(app)
    assert after.created_at == before.created_at
    assert after.updated_at > before.updated_at


def test_giving_a_task_away_is_a_change_too(app: Flask, chief: FlaskClient, old_task_id: int) -> None:
    before = the_task(app)
    same = {"title": "Old", "lower_limit": repr(before.lower_limit), "upper_limit": repr(before.upper_limit)}

    chief.post(f"/tasks/edit/?id={old_task_id}", data=same | {"author": "chief"})

    assert the_task(app).updated_at > before.updated_at


def test_of_two_who_change_a_task_at_once_the_second_is_told_and_changes_nothing(app: Flask, chief: FlaskClient, old_task_id: int) -> None:
    address = f"/tasks/edit/?id={old_task_id}"
    with app.app_context():
        faster = log_in(app.test_client(), make_superuser().id)

    with before_the_next_flush(lambda: faster.post(address, data=FINE | {"title": "faster"})):
        response = chief.post(address, data=FINE | {"title": "slower"})

    assert response.status_code == 409
    assert the_task(app).title == "faster"


@contextmanager
def before_the_next_flush(act: Callable[[], object]) -> Iterator[None]:
    """Have something done, in a thread of its own, when a session has read all and is about to write."""
    waiting = [act]

    def act_first(*_: Any) -> None:
        while waiting:
            elsewhere.submit(waiting.pop()).result(timeout=30)

    with ThreadPoolExecutor() as elsewhere:
        event.listen(Session, "before_flush", act_first)
        try:
            yield
        finally:
            event.remove(Session, "before_flush", act_first)


def smuggled(user_id: int) -> dict[str, str]:
    """What no form asks for, sent all the same."""
    when = "2001-01-01 00:00:00"
    return {"id": "4711", "created_by": str(user_id), "created_at": when, "updated_at": when, "author_id": str(user_id), "author.id": str(user_id)}


def test_a_form_can_smuggle_nothing_into_a_new_task(app: Flask, chief: FlaskClient) -> None:
    with app.app_context():
        anna_id = make_user("anna").id

    chief.post("/tasks/new/", data=FINE | smuggled(anna_id))

    task = the_task(app)
    assert (task.id, task.author.username) == (1, "chief")
    assert min(task.created_at.year, task.updated_at.year) > 2001


def test_a_form_can_smuggle_nothing_into_a_changed_task(app: Flask, chief: FlaskClient, old_task_id: int) -> None:
    with app.app_context():
        berta_id = make_user("berta").id
    before = the_task(app)

    chief.post(f"/tasks/edit/?id={old_task_id}", data=FINE | {"author": "anna"} | smuggled(berta_id))

    after = the_task(app)
    assert (after.id, after.created_by, after.created_at) == (before.id, before.created_by, before.created_at)
    assert after.updated_at > before.updated_at


def test_a_form_can_smuggle_nothing_into_the_author(app: Flask, chief: FlaskClient) -> None:
    chief.post("/tasks/new/", data=FINE | {"author.username": "boss", "author.is_active": "", "is_superuser": "y", "task_count": "99"})

    with app.app_context():
        author = db.session.scalars(select(User)).one()
        assert (author.username, author.is_active, author.task_count) == ("chief", True, 1)
