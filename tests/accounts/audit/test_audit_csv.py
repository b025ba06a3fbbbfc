"""The audit as CSV: all that a filter finds, safe in a spreadsheet, streamed."""

import csv
import io
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert

from project.audit import AuditEvent
from project.database import utc_now
from project.extensions import db
from tests.accounts.audit.events import make_event
from tests.accounts.pages import add_user
from tests.pages import link, read
from tests.statements import statements


def lines(browser: FlaskClient, address: str = "/audit/events.csv") -> list[list[str]]:
    """The CSV's lines, the heading first."""
    response = browser.get(address)
    assert (response.status_code, response.mimetype) == (200, "text/csv")
    return list(csv.reader(io.StringIO(response.text)))


def test_an_event_is_a_line(app: Flask, browser: FlaskClient) -> None:
    ada = add_user(app, "ada")
    noon = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    make_event(app, "task.changed", ("task", 7), actor_id=ada, at=noon, details={"title": "Tür"}, address="192.0.2.9", request_id="abc")

    assert lines(browser) == [
        ["number", "at", "who", "action", "on", "details", "address", "request"],
        ["1", "2026-11-21T12:00:00+00:00", "ada", "task.changed", "task 7", '{"title": "Tür"}', "192.0.2.9", "abc"],
    ]


def test_the_csv_of_a_filter_holds_what_it_finds(app: Flask, browser: FlaskClient) -> None:
    for number in range(1, 61):
        make_event(app, "login", ("task", number))
        make_event(app, "logout", ("task", number))
    address = link(read(browser.get("/audit/?action=login")), "CSV")

    _heading, *events = lines(browser, address)

    assert [event[4] for event in events] == [f"task {number}" for number in range(60, 0, -1)]


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_a_spreadsheet_would_reckon_with_is_quoted(app: Flask, browser: FlaskClient, start: str) -> None:
    make_event(app, action=start)

    assert lines(browser)[1][3] == f"'{start}"


def test_a_filter_with_a_mistake_has_no_csv(browser: FlaskClient) -> None:
    answer = browser.get("/audit/events.csv?who=eve")

    assert answer.status_code == 400
    assert "There is no user &#34;eve&#34;." in answer.text


def test_a_filter_with_a_mistake_offers_no_csv(browser: FlaskClient) -> None:
    assert "events.csv" not in browser.get("/audit/?who=eve").text


def test_the_csv_is_saved_under_a_name(browser: FlaskClient) -> None:
    assert browser.get("/audit/events.csv").headers["Content-Disposition"] == "attachment; filename=audit.csv"


def test_thousands_of_events_take_one_statement(app: Flask, browser: FlaskClient) -> None:
    with app.app_context():
        db.session.execute(insert(AuditEvent), [{"at": utc_now(), "action": "login", "details": {}} for _ in range(2500)])
        db.session.commit()

    with statements(app) as sent:
        assert len(lines(browser)) == 2501

    assert len([statement for statement in sent if "audit_events" in statement]) == 1
