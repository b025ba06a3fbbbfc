"""The pages and the endpoints of failed messages: what they find, what they show, and what is done to one, to some and to all."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from dramatiq import Message, Worker
from dramatiq.errors import ConnectionClosed
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from project.audit import AuditEvent
from project.extensions import db
from tests.accounts.tokens.tokens import bearer, make_token
from tests.factories import NOON, make_failure, make_superuser, make_tick
from tests.pages import errors, facts, messages, next_page, read, rows
from tests.statements import statements
from tests.waiting import wait_until
from tests.workers.deadletters.conftest import browser_of_superuser, failures
from workers import queries as ledger
from workers.broker import InProcessBroker, broker_of
from workers.deadletters import queries, settling
from workers.deadletters.forms import read_filter
from workers.models import FailureState
from workers.records import ROUND

CHOOSE_NOTHING = [
    *([], 7, {}, {"ids": []}, {"ids": ["7"]}, {"ids": [True]}, {"ids": [0]}, {"ids": [2**63]}, {"ids": [1, 2] * 501}),
    *({"ids": [1], "matching": {}}, {"matching": []}, {"matching": {"actor": 7}}, {"matching": {"author": "x"}}, {"matching": {"since": "x"}}),
]
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what does not depend on the kind of database."""
ONE_ID = "7f5e0b1c-3f52-4f4e-8f0d-0d8f0c6c7a11"


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A superuser's browser."""
    return browser_of_superuser(app)


@pytest.fixture
def token(app: Flask) -> str:
    """A superuser's token that may do all."""
    with app.app_context():
        user_id = make_superuser().id
    return make_token(app, user_id, "workers:read", "workers:act")


def fail(app: Flask, *args: object, actor: str = "delete_results", queue: str = "chores", **values: Any) -> int:
    """A failed message to an actor, which can be sent again; the row's id."""
    message = Message[None](queue, actor, args, {}, {})
    row = {"actor": actor, "queue": queue, "args": {"args": list(args), "kwargs": {}}, "body": message.encode(), **values}
    with app.app_context():
        return int(make_failure(**row).id)


def queued(app: Flask, queue: str = "chores") -> list[Message[Any]]:
    """Takes every message out of a queue."""
    broker = broker_of(app)
    assert isinstance(broker, InProcessBroker)
    return [Message.decode(broker.queues[queue].get_nowait()) for _ in range(broker.queues[queue].qsize())]


def states(app: Flask) -> list[str]:
    """Of all rows, oldest first."""
    return [failure.state for failure in failures(app)]


def events(app: Flask) -> list[tuple[str, int | None, dict[str, Any]]]:
    """What the audit says of messages."""
    with app.app_context():
        return [
            (event.action, event.object_id, event.details)
            for event in db.session.scalars(select(AuditEvent).where(AuditEvent.action.startswith("message")).order_by(AuditEvent.id))
        ]


# Finding them


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [4, 3, 2, 1]),
        ({"state": "retried"}, [5]),
        ({"state": "discarded"}, []),
        ({"actor": "delete_results"}, [3, 1]),
        ({"queue": "numbers"}, [4, 2]),
        ({"text": "CURTAIN"}, [2]),
        ({"text": "grüße"}, [3]),
        ({"text": "100%"}, [1]),
        ({"text": ONE_ID.upper()}, [4]),
        ({"text": "d0d8f0c6"}, []),
        ({"since": "2026-11-21 13:00"}, [4, 3, 2]),
        ({"until": "2026-11-21 13:30"}, [2, 1]),
        ({"since": "2026-11-21", "until": "2026-11-21"}, [3, 2, 1]),
        ({"actor": "delete_results", "text": "grüße", "since": "2026-11-21"}, [3]),
        ({"actor": "nobody"}, []),
    ],
)
def test_a_filter_finds_what_it_says(context: Flask, wanted: dict[str, str], found: list[int]) -> None:
    hours = timedelta(hours=1)
    make_failure(actor="delete_results", queue="chores", error="100% wrong", created_at=NOON)
    make_failure(error="The curtain is stuck", created_at=NOON + hours)
    make_failure(actor="delete_results", queue="chores", args={"args": ["viele Grüße"], "kwargs": {}}, created_at=NOON + 2 * hours)
    make_failure(message_id=UUID(ONE_ID), created_at=NOON + 12 * hours)
    make_failure(state=FailureState.RETRIED, created_at=NOON)

    page = queries.page_of_failures(read_filter(wanted), None, 10)

    assert [failure.id for failure in page.failures] == found
    assert page.next is None


def test_pages_lead_through_all_of_them_newest_first(context: Flask) -> None:
    ids = [make_failure().id for _ in range(5)]

    seen, before = [], None
    while True:
        page = queries.page_of_failures(read_filter({}), before, 2)
        seen += [failure.id for failure in page.failures]
        if (before := page.next) is None:
            break

    assert seen == ids[::-1]


def test_a_text_is_looked_for_in_so_many_messages_a_page_and_in_older_ones_on_the_next(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "LOOKED_AT", 3)
    rare = make_failure(error="a needle").id
    for _ in range(4):
        make_failure(error="hay")

    first = queries.page_of_failures(read_filter({"text": "needle"}), None, 10)
    second = queries.page_of_failures(read_filter({"text": "needle"}), first.next, 10)

    assert (first.failures, first.looked_at) == ([], 3)
    assert ([failure.id for failure in second.failures], second.next) == ([rare], None)


@on_sqlite
@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"since": "yesterday"}, "since"),
        ({"since": "9999-01-01"}, "since"),
        ({"since": "2026-11-22", "until": "2026-11-21"}, "until"),
        ({"state": "lost"}, "state"),
        ({"text": "x" * 201}, "text"),
    ],
)
def test_what_can_not_be_looked_for_is_said_beside_its_field(app: Flask, browser: FlaskClient, wanted: dict[str, str], field: str) -> None:
    fail(app, 7)

    page = read(browser.get("/workers/messages/", query_string=wanted))

    assert set(errors(page)) == {field}
    assert rows(page) == []


# Showing them


@on_sqlite
def test_the_list_shows_each_message_and_where_the_older_ones_are(app: Flask, browser: FlaskClient) -> None:
    for number in range(51):
        fail(app, number, error=f"fault {number}", attempts=4)

    page = read(browser.get("/workers/messages/"))

    newest = rows(page)[0]
    assert (newest["Message"], newest["Arguments"], newest["Error"], newest["Tries"]) == ("51", "50", "fault 50", "4")
    older = next_page(page)
    assert older
    assert [row["Message"] for row in rows(read(browser.get(older)))] == ["1"]


@on_sqlite
def test_one_message_is_shown_whole_without_its_body(app: Flask, browser: FlaskClient) -> None:
    first = fail(app, 7, message_id=UUID(ONE_ID), state=FailureState.RETRIED, error="once")
    failure_id = fail(app, 7, message_id=UUID(ONE_ID), round=1, error="twice", traceback="Traceback: the line", worker="stage:12", body=b"hush")

    page = read(browser.get(f"/workers/messages/details?id={failure_id}"))

    shown = facts(page)
    assert (shown["Actor"], shown["Worker"], shown["Id of the message"]) == ("delete_results", "stage:12", ONE_ID)
    assert "Traceback: the line" in page.text
    assert "hush" not in page.text
    assert [row["Message"] for row in rows(page)] == [str(first)]


@on_sqlite
def test_the_list_costs_the_same_number_of_statements_however_many_there_are(app: Flask, browser: FlaskClient) -> None:
    def cost() -> int:
        with statements(app) as seen:
            browser.get("/workers/messages/")
        return len(seen)

    empty = cost()
    for number in range(60):
        fail(app, number)

    assert cost() == empty


# Retrying and discarding


def test_retried_messages_go_back_to_their_queue_as_they_first_were(app: Flask, browser: FlaskClient) -> None:
    ids = [fail(app, number) for number in range(3)]

    page = read(browser.post("/workers/messages/retry", data={"id": ids[:2]}, follow_redirects=True))

    assert messages(page) == ["success: 2 messages were sent again."]
    assert [(message.args, message.options) for message in queued(app)] == [((0,), {ROUND: 1}), ((1,), {ROUND: 1})]
    assert states(app) == ["retried", "retried", "failed"]
    assert events(app) == [("messages.retried", None, {"messages": 2, "from": ids[0], "to": ids[1], "ids": ids[:2]})]


@on_sqlite
def test_pressing_twice_sends_once(app: Flask, browser: FlaskClient) -> None:
    failure_id = fail(app, 7)

    browser.post("/workers/messages/retry", data={"id": failure_id})
    page = read(browser.post("/workers/messages/retry", data={"id": failure_id}, follow_redirects=True))

    assert len(queued(app)) == 1
    assert len(events(app)) == 1
    assert "warning: 1 message was left alone" in messages(page)[-1]


@on_sqlite
def test_a_message_that_can_not_be_published_stays_failed(app: Flask, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_reach(_messages: object) -> None:
        raise ConnectionClosed(OSError("no route"))  # type: ignore[no-untyped-call]  # Dramatiq leaves its errors' constructor untyped

    failure_id = fail(app, 7)
    monkeypatch.setattr(broker_of(app), "enqueue_page", out_of_reach)

    page = read(browser.post("/workers/messages/retry", data={"id": failure_id}, follow_redirects=True))

    assert states(app) == ["failed"]
    assert events(app) == []
    assert "error: The queue can't be reached" in messages(page)[0]


@pytest.mark.parametrize("values", [{"body": None}, {"queue": "elsewhere"}], ids=["of an earlier release", "no such queue"])
def test_what_can_not_be_sent_is_left_alone(app: Flask, browser: FlaskClient, values: dict[str, Any]) -> None:
    failure_id = fail(app, 7, **values)

    browser.post("/workers/messages/retry", data={"id": failure_id})

    assert states(app) == ["failed"]


@on_sqlite
@pytest.mark.parametrize("ids", [[], ["x"], ["0", "-1"], [str(number) for number in range(1, 60)]], ids=["none", "no number", "no ids", "too many"])
def test_nothing_chosen_is_said(app: Flask, browser: FlaskClient, ids: list[str]) -> None:
    page = read(browser.post("/workers/messages/discard", data={"id": ids}, follow_redirects=True))

    assert messages(page) == ["error: Choose messages first, 50 at most."]


def test_all_that_a_filter_finds_are_settled_and_no_other(app: Flask, browser: FlaskClient) -> None:
    fail(app, 1, error="stuck")
    fail(app, 2, error="stuck", queue="numbers", actor="generate_random_number")
    fail(app, 3, error="lost")

    browser.post("/workers/messages/discard", data={"matching": "1", "text": "STUCK", "queue": "chores"})

    assert states(app) == ["discarded", "failed", "failed"]


@on_sqlite
def test_a_worker_goes_on_with_the_rest_of_many(
    app: Flask, browser: FlaskClient, work: Callable[[], AbstractContextManager[Worker]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "SLICE", 2)
    monkeypatch.setattr(settling, "SLICES", 1)
    for number in range(7):
        fail(app, number, error="stuck" if number != 4 else "lost")

    browser.post("/workers/messages/discard", data={"matching": "1", "text": "stuck"})
    first = states(app)
    with work():
        wait_until(lambda: states(app).count("discarded") == 6)

    assert first.count("discarded") == 2
    assert states(app)[4] == "failed"
    assert {action for action, _on, _details in events(app)} == {"messages.discarded", "message.discarded"}


def test_what_fails_while_all_are_retried_is_left_for_the_next_time(context: Flask) -> None:
    upto = make_failure().id
    make_failure()

    settling.settle_matching(FailureState.DISCARDED, read_filter({}), 0, upto)

    assert queries.page_of_failures(read_filter({}), None, 10).failures[0].id > upto


# What a tick has of it


def test_a_tick_counts_what_failed_or_was_discarded_but_not_what_was_retried(context: Flask) -> None:
    tick = make_tick()
    for key, state in enumerate(FailureState, start=1):
        make_failure(tick_id=tick.id, key=key, state=state)

    counted = {key for key, state in enumerate(FailureState, start=1) if state != FailureState.RETRIED}

    assert ledger.failed_keys(tick.id, [1, 2, 3]) == counted
    assert ledger.count_failed(tick.id) == 2


def test_a_copy_that_fails_after_the_retry_counts_again(context: Flask) -> None:
    tick = make_tick()
    failure = make_failure(tick_id=tick.id, key=7, state=FailureState.RETRIED)

    ledger.record_failure(message_id=failure.message_id, tick_id=tick.id, key=7, actor="a", queue="q", args={}, error="again")

    assert ledger.failed_keys(tick.id, [7]) == {7}


# As JSON


def test_the_endpoints_tell_what_the_pages_show(app: Flask, client: FlaskClient, token: str) -> None:
    fail(app, 1, error="stuck")
    failure_id = fail(app, 2, error="lost", traceback="Traceback: the line", message_id=UUID(ONE_ID))
    other_id = fail(app, 2, error="gone", message_id=UUID(ONE_ID), round=1)

    page = client.get("/api/workers/messages?text=lost", headers=bearer(token)).json
    one = client.get(f"/api/workers/messages/{failure_id}", headers=bearer(token)).json

    assert page
    assert one
    assert page == {"messages": [{name: value for name, value in one.items() if name not in ("traceback", "others")}], "next": None}
    assert (one["message_id"], one["args"], one["error"], one["traceback"]) == (ONE_ID, [2], "lost", "Traceback: the line")
    assert [other["id"] for other in one["others"]] == [other_id]
    assert "body" not in one


@on_sqlite
@pytest.mark.parametrize("query", ["before=x", "since=x", "nothing=1", "state=lost"])
def test_an_endpoint_says_which_parameter_is_wrong(client: FlaskClient, token: str, query: str) -> None:
    answer = client.get(f"/api/workers/messages?{query}", headers=bearer(token))

    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.text


@pytest.mark.parametrize(("what", "state"), [("retry", "retried"), ("discard", "discarded")])
@pytest.mark.parametrize("how", ["ids", "matching"])
def test_messages_are_settled_by_a_token(app: Flask, client: FlaskClient, token: str, what: str, state: str, how: str) -> None:
    failure_id = fail(app, 7)
    chosen = {"ids": {"ids": [failure_id]}, "matching": {"matching": {"actor": "delete_results"}}}

    answer = client.post(f"/api/workers/messages/{what}", json=chosen[how], headers=bearer(token))

    assert answer.json == {state: 1, "more": False}
    assert states(app) == [state]
    assert len(queued(app)) == (what == "retry")


@on_sqlite
@pytest.mark.parametrize("sent", CHOOSE_NOTHING, ids=json.dumps)
def test_a_body_that_chooses_nothing_is_refused_and_settles_nothing(app: Flask, client: FlaskClient, token: str, sent: Any) -> None:
    fail(app, 7)

    answer = client.post("/api/workers/messages/discard", json=sent, headers=bearer(token))

    assert answer.status_code == 400
    assert states(app) == ["failed"]


@on_sqlite
def test_a_token_that_may_only_read_settles_nothing(app: Flask, client: FlaskClient) -> None:
    failure_id = fail(app, 7)
    with app.app_context():
        reader = make_superuser().id

    answer = client.post("/api/workers/messages/retry", json={"ids": [failure_id]}, headers=bearer(make_token(app, reader, "workers:read")))

    assert answer.status_code == 403
    assert states(app) == ["failed"]
