"""The audit's page: every event newest first, with the names of its users, found by who, what, where and when."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from project.extensions import db
from tests.accounts.audit.events import make_event
from tests.accounts.pages import add_user
from tests.pages import Element, errors, next_page, read, rows
from tests.statements import statements

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def page(browser: FlaskClient, query: str = "") -> Element:
    """The page that a filter leads to."""
    return read(browser.get(f"/audit/?{query}"))


def actions(browser: FlaskClient, query: str = "") -> list[str]:
    """The actions on the page, from top to bottom."""
    return [row["Action"] for row in rows(page(browser, query))]


def delete_user(app: Flask, user_id: int) -> None:
    """Delete a user behind the site's back."""
    with app.app_context():
        db.session.execute(db.text("DELETE FROM users WHERE id = :id"), {"id": user_id})
        db.session.commit()


def test_an_event_is_told_in_full(app: Flask, browser: FlaskClient) -> None:
    ada = add_user(app, "ada")
    make_event(
        app,
        "task.changed",
        ("task", 7),
        actor_id=ada,
        at=NOON,
        details={"title": None, "lower_limit": 0.5, "again": True, "scopes": ["a", "b"]},
        address="192.0.2.9",
        request_id="0123456789ab",
    )

    assert rows(page(browser)) == [
        {
            "When": "2026-11-21 12:00:00 UTC",
            "Who": "ada",
            "Action": "task.changed",
            "On": "task 7",
            "Details": "title: —, lower_limit: 0.5, again: yes, scopes: a b",
            "From": "192.0.2.9",
            "Request": "01234567",
        }
    ]


@pytest.mark.parametrize(("request_id", "who"), [("abc", "a visitor"), (None, "command line")])
def test_who_was_nobody_is_a_visitor_or_the_command_line(app: Flask, browser: FlaskClient, request_id: str | None, who: str) -> None:
    make_event(app, request_id=request_id)

    assert [row["Who"] for row in rows(page(browser))] == [who]


def test_users_are_shown_by_their_names_of_today(app: Flask, browser: FlaskClient) -> None:
    ada, bob = add_user(app, "ada"), add_user(app, "bob")
    make_event(app, on=("user", bob), actor_id=ada)

    assert [(row["Who"], row["On"]) for row in rows(page(browser))] == [("ada", "bob")]


def test_users_who_were_deleted_are_shown_by_their_numbers(app: Flask, browser: FlaskClient) -> None:
    ada = add_user(app, "ada")
    make_event(app, on=("user", ada), actor_id=ada)
    delete_user(app, ada)

    assert [(row["Who"], row["On"]) for row in rows(page(browser))] == [(f"user {ada}, deleted", f"user {ada}, deleted")]


def test_a_thing_with_a_users_number_has_no_users_name(app: Flask, browser: FlaskClient) -> None:
    ada = add_user(app, "ada")
    make_event(app, on=("task", ada))

    assert [row["On"] for row in rows(page(browser))] == [f"task {ada}"]


def test_following_the_pages_shows_each_event_once_newest_first(app: Flask, browser: FlaskClient) -> None:
    made = [make_event(app, on=("task", number)) for number in range(1, 121)]
    pages, address = [], "/audit/"
    while address:
        read_page = read(browser.get(address))
        pages.append([row["On"] for row in rows(read_page)])
        address = next_page(read_page) or ""

    assert [len(page) for page in pages] == [50, 50, 20]
    assert [on for page in pages for on in page] == [f"task {number}" for number in range(len(made), 0, -1)]


def test_the_pages_of_a_filter_keep_it(app: Flask, browser: FlaskClient) -> None:
    for number in range(1, 61):
        make_event(app, "login", ("task", number))
        make_event(app, "logout", ("task", number))

    second = read(browser.get(next_page(page(browser, "action=login&since=2020-01-01")) or ""))

    assert {row["Action"] for row in rows(second)} == {"login"}
    assert len(rows(second)) == 10


@pytest.mark.parametrize("before", ["", "0", "-1", "x", "1.5", str(2**63), "%00", "9" * 5000], ids=lambda value: value[:12])
def test_a_page_before_no_event_is_the_first(app: Flask, browser: FlaskClient, before: str) -> None:
    make_event(app)

    assert actions(browser, f"before={before}") == ["login"]


@pytest.fixture
def events(app: Flask) -> dict[str, int]:
    """One event of each kind; the ids of their users."""
    ada, bob = add_user(app, "Ada_L"), add_user(app, "bob")
    day = NOON.replace(day=20)
    make_event(app, "login", ("user", ada), actor_id=ada, at=day.replace(hour=0, minute=0), address="192.0.2.7", request_id="req-1")
    make_event(
        app, "login.refused", ("user", bob), at=day.replace(hour=23, minute=59, second=59, microsecond=999999), address="2001:db8::1", request_id="req-2"
    )
    make_event(app, "loginx", actor_id=bob, at=NOON, address=None, request_id=None)
    make_event(app, "task.deleted", ("task", 7), actor_id=bob, at=NOON.replace(day=22), address="192.0.2.70", request_id="req_1")
    make_event(app, "task.created", ("task", 70), actor_id=99, at=NOON.replace(day=23), request_id="REQ-1")
    return {"ada": ada, "bob": bob}


ALL = ["task.created", "task.deleted", "loginx", "login.refused", "login"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ALL),
        ("who=&action=&object=&address=&request=&since=&until=", ALL),
        ("who=Ada_L", ["login"]),
        ("who=ada_l", ["login"]),
        ("who=+bob+", ["task.deleted", "loginx"]),
        ("who=nobody", ["login.refused"]),
        ("who=NOBODY", ["login.refused"]),
        ("who=user+99", ["task.created"]),
        ("who=User+99", ["task.created"]),
        ("who=user+{ada}", ["login"]),
        ("who=user+77", []),
        ("action=login", ["loginx", "login.refused", "login"]),
        ("action=LOGIN.", ["login.refused"]),
        ("action=task.d", ["task.deleted"]),
        ("action=login_", []),
        ("action=ogin", []),
        ("object=task", ["task.created", "task.deleted"]),
        ("object=task+7", ["task.deleted"]),
        ("object=Task+7", ["task.deleted"]),
        ("object=user+{bob}", ["login.refused"]),
        ("object=tas", []),
        ("address=192.0.2.7", ["login"]),
        ("address=2001:0db8:0:0::1", ["login.refused"]),
        ("address=192.0.2.99", []),
        ("request=req-1", ["login"]),
        ("request=req_1", ["task.deleted"]),
        ("since=2026-11-21", ["task.created", "task.deleted", "loginx"]),
        ("until=2026-11-20", ["login.refused", "login"]),
        ("since=2026-11-20&until=2026-11-20", ["login.refused", "login"]),
        ("since=2026-11-24", []),
        ("since=1970-01-01&until=2999-12-31", ALL),
        ("who=bob&action=task&object=task+7&address=192.0.2.70&request=req_1&since=2026-11-22&until=2026-11-22", ["task.deleted"]),
        ("who=bob&action=login&object=task", []),
    ],
)
def test_a_filter_finds_what_it_says(browser: FlaskClient, events: dict[str, int], query: str, found: list[str]) -> None:
    assert actions(browser, query.format(**events)) == found


def test_a_day_holds_events_that_were_written_late(app: Flask, browser: FlaskClient) -> None:
    day = NOON.replace(day=20)
    make_event(app, "before", at=day.replace(day=19))
    make_event(app, "early", at=day.replace(day=21, hour=0, minute=30))
    make_event(app, "late", at=day.replace(hour=23, minute=45))
    make_event(app, "latest", at=day.replace(hour=23, minute=59))
    make_event(app, "after", at=day.replace(day=22))

    assert actions(browser, "since=2026-11-20&until=2026-11-20") == ["latest", "late"]
    assert actions(browser, "since=2026-11-21&until=2026-11-21") == ["early"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("query", "field", "error"),
    [
        ("who=eve", "who", 'There is no user "eve".'),
        ("who=a%00b", "who", 'There is no user "a\0b".'),
        ("who=user+x", "who", 'There is no user "user x".'),
        (f"who=user+{2**63}", "who", f'There is no user "user {2**63}".'),
        ("action=drop+table", "action", '"drop table" is not how an action begins, e.g. login or task.deleted.'),
        ("action=%25", "action", '"%" is not how an action begins, e.g. login or task.deleted.'),
        ("action=a%00", "action", '"a\0" is not how an action begins, e.g. login or task.deleted.'),
        ("object=7", "object", '"7" is nothing that is acted on, e.g. user or task 7.'),
        ("object=task+x7", "object", '"task x7" is nothing that is acted on, e.g. user or task 7.'),
        ("object=task+0", "object", '"task 0" is nothing that is acted on, e.g. user or task 7.'),
        (f"object=task+{2**63}", "object", f'"task {2**63}" is nothing that is acted on, e.g. user or task 7.'),
        ("object=task%00", "object", '"task\0" is nothing that is acted on, e.g. user or task 7.'),
        ("address=192.0.2", "address", '"192.0.2" is not an IP address, e.g. 192.0.2.7.'),
        ("address=192.0.2.0/24", "address", '"192.0.2.0/24" is not an IP address, e.g. 192.0.2.7.'),
        ("request=a+b", "request", "A request's id has at most 64 letters, digits or . _ -"),
        ("since=21.11.2026", "since", '"21.11.2026" is not a date, e.g. 2026-11-21.'),
        ("since=2026-02-30", "since", '"2026-02-30" is not a date, e.g. 2026-11-21.'),
        ("since=0001-01-01", "since", "Choose a year from 1970 to 2999."),
        ("until=9999-12-31", "until", "Choose a year from 1970 to 2999."),
        ("until=10000-01-01", "until", '"10000-01-01" is not a date, e.g. 2026-11-21.'),
        ("since=2026-11-21&until=2026-11-20", "until", "This lies before the first day."),
    ],
    ids=lambda value: value[:20],
)
def test_what_cannot_be_asked_is_said_beside_its_field_and_nothing_is_shown(
    browser: FlaskClient, events: dict[str, int], query: str, field: str, error: str
) -> None:
    shown = page(browser, query)

    assert errors(shown)[field] == error
    assert rows(shown) == []


# PostgreSQL's text holds less than SQLite's.
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("field", ["who", "action", "object", "address", "request", "since", "until"])
@pytest.mark.parametrize("typed", ["%ED%B0%80", "%F0%9F%8E%AD", "'", "<b>", "x" * 5000, "%5C", "٣", "²"], ids=lambda value: value[:10])
def test_odd_input_is_answered_with_a_page(browser: FlaskClient, field: str, typed: str) -> None:
    assert browser.get("/audit/", query_string=f"{field}={typed}").status_code == 200


def test_what_was_typed_is_no_markup(browser: FlaskClient) -> None:
    assert "<b>" not in browser.get("/audit/?who=<b>&action=<b>").text


def test_what_was_recorded_is_no_markup(app: Flask, browser: FlaskClient) -> None:
    make_event(app, details={"<i>": "<script>"})

    text = browser.get("/audit/").text
    assert "<script>" not in text.replace("<script defer", "")
    assert "<i>" not in text


@pytest.mark.parametrize(
    ("query", "said"),
    [("", "Nothing is recorded yet."), ("action=x", "No event matches this filter."), ("who=eve", "Nothing is shown: the filter has a mistake.")],
)
def test_an_empty_page_says_why(browser: FlaskClient, query: str, said: str) -> None:
    assert said in page(browser, query).text


@pytest.mark.parametrize("query", ["", "action=login", "who=nobody"])
def test_a_page_costs_as_many_statements_for_50_events_as_for_2(app: Flask, browser: FlaskClient, query: str) -> None:
    def costs() -> tuple[int, int]:
        with statements(app) as sent:
            shown = rows(page(browser, query))
        return len(shown), len(sent)

    for name in ("ada", "bob"):
        make_event(app, on=("user", add_user(app, name)))
    few, for_few = costs()
    for number in range(60):
        make_event(app, on=("user", add_user(app, f"many{number}")))
    many, for_many = costs()

    assert (few, many) == (2, 50)
    assert for_many == for_few


def test_the_page_stands_in_the_navigation_after_the_users(browser: FlaskClient) -> None:
    (navigation,) = page(browser).all("nav", **{"aria-label": "Main"})

    names = [anchor.text for anchor in navigation.all("a")]
    assert names.index("Audit") > names.index("Users")


def test_each_link_in_a_row_finds_its_event(app: Flask, browser: FlaskClient) -> None:
    make_event(app, "task.deleted", ("task", 7), actor_id=99, request_id="req-9")
    (table,) = page(browser).all("table")

    links: list[Any] = [anchor.attributes["href"] for anchor in table.all("a")]

    assert len(links) == 3
    for link in links:
        assert [row["Action"] for row in rows(read(browser.get(link)))] == ["task.deleted"]
