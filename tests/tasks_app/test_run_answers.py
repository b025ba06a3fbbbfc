"""A Task that is run by itself answers on its page: a sign while it waits, why it takes long, and its number or its failure."""

import re
import time
import uuid
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from project.extensions import db
from tests.app_fixtures import log_in
from tests.apps import close, make_app
from tests.factories import make_superuser, make_task
from tests.pages import Element, facts, read
from workers.broker import Backlog, broker_of
from workers.queries import record_failure

LONG_AGO = 11_000
"""Milliseconds."""


@pytest.fixture
def task_id(app: Flask) -> int:
    """A Task whose number can only be 4."""
    with app.app_context():
        return make_task(lower_limit=4.0, upper_limit=4.0).id


def press(browser: FlaskClient, task_id: int) -> Element:
    """Press "Run now" on the Task's page; the part of the page that comes back which waits."""
    return read(browser.post("/tasks/run", data={"id": str(task_id)}, follow_redirects=True))


def waiting(page: Element) -> Element:
    """The part of a page that tells of the run."""
    (part,) = page.all("section", **{"aria-label": "Run now"})
    return part


def looks_at(part: Element) -> str | None:
    """Where the part fetches itself again; None if it doesn't."""
    return next((unescape(each.attributes["hx-get"]) for each in part.all("div") if "hx-get" in each.attributes), None)


def later(url: str, milliseconds: int = LONG_AGO) -> str:
    """The same run, sent so much earlier."""
    return re.sub(r"sent=(\d+)", lambda found: f"sent={int(found[1]) - milliseconds}", url)


def look(browser: FlaskClient, url: str) -> Element:
    """What the part is when it has fetched itself again."""
    return read(browser.get(url))


def nothing_new(browser: FlaskClient, url: str) -> bool:
    """Whether the part is to stay as the page came with it."""
    return browser.get(url).status_code == 204


def test_running_a_task_leads_back_to_its_page_which_waits(chief: FlaskClient, task_id: int) -> None:
    page = press(chief, task_id)

    assert facts(page)["Task"] == str(task_id)
    assert waiting(page).text == "Sent. The number shows here as soon as a worker has drawn it."
    assert waiting(page).all("progress", **{"aria-label": "Run now"})


def test_the_number_shows_when_it_is_there_and_nothing_is_fetched_any_more(chief: FlaskClient, task_id: int, work_off: Callable[[], None]) -> None:
    url = looks_at(waiting(press(chief, task_id)))
    assert url is not None

    work_off()

    part = look(chief, url)
    assert part.text.startswith("Run now: 4 , drawn at")
    assert (looks_at(part), part.all("progress")) == (None, [])


def test_another_web_process_has_the_same_answer(app: Flask, chief: FlaskClient, task_id: int, superuser_id: int, work_off: Callable[[], None]) -> None:
    url = looks_at(waiting(press(chief, task_id)))
    assert url is not None
    work_off()
    other = make_app(app.config["SQLALCHEMY_DATABASE_URI"])
    try:
        part = look(log_in(other.test_client(), superuser_id), url)
    finally:
        close(other)

    assert part.text.startswith("Run now: 4 , drawn at")


def test_each_run_has_its_own_answer(chief: FlaskClient, task_id: int, work_off: Callable[[], None]) -> None:
    first = looks_at(waiting(press(chief, task_id)))
    work_off()
    second = looks_at(waiting(press(chief, task_id)))

    assert first is not None
    assert second is not None
    assert look(chief, first).text.startswith("Run now: 4")
    assert nothing_new(chief, second)


def test_another_tasks_run_is_not_shown(app: Flask, chief: FlaskClient, task_id: int, work_off: Callable[[], None]) -> None:
    with app.app_context():
        other_id = make_task().id
    url = looks_at(waiting(press(chief, task_id)))
    work_off()

    assert url is not None
    assert nothing_new(chief, url.replace(f"id={task_id}&", f"id={other_id}&"))


def test_a_run_that_failed_for_good_says_why(app: Flask, chief: FlaskClient, task_id: int) -> None:
    url = looks_at(waiting(press(chief, task_id)))
    assert url is not None
    (message_id,) = re.findall("run=([-0-9a-f]+)", url)
    with app.app_context():
        record_failure(message_id=uuid.UUID(message_id), actor="generate_random_number", queue="numbers", args={}, error="ValueError: no dice")
        db.session.commit()

    part = look(chief, url)

    assert part.text == "Run now failed, and is not tried again: ValueError: no dice"
    assert looks_at(part) is None


@pytest.mark.parametrize(
    ("backlog", "said"),
    [
        (Backlog(1, 1), "Still waiting in the queue, up to 0 messages ahead."),
        (Backlog(2, 1), "Still waiting in the queue, up to 1 message ahead."),
        (Backlog(12_346, 3), "Still waiting in the queue, up to 12,345 messages ahead."),
        (Backlog(3, 0), "Still waiting in the queue, up to 2 messages ahead; no worker is there."),
        (Backlog(0, 1), "A worker has taken it, and is not done yet."),
    ],
)
def test_after_ten_seconds_it_says_what_it_waits_for(
    app: Flask, chief: FlaskClient, task_id: int, monkeypatch: pytest.MonkeyPatch, backlog: Backlog, said: str
) -> None:
    url = looks_at(waiting(press(chief, task_id)))
    monkeypatch.setattr(broker_of(app), "backlog", lambda _queue: backlog)

    assert url is not None
    assert nothing_new(chief, url)
    assert look(chief, later(url)).text == said


def test_what_waits_long_is_fetched_less_often(chief: FlaskClient, task_id: int) -> None:
    def pace(part: Element) -> str:
        return part.all("div")[0].attributes["hx-trigger"]

    part = waiting(press(chief, task_id))
    url = looks_at(part)

    assert url is not None
    assert (pace(part), pace(look(chief, later(url)))) == ("every 1s", "every 5s")


def test_messages_before_it_in_the_queue_are_counted(chief: FlaskClient, task_id: int) -> None:
    for _ in range(3):
        page = press(chief, task_id)

    url = looks_at(waiting(page))

    assert url is not None
    assert look(chief, later(url)).text == "Still waiting in the queue, up to 2 messages ahead; no worker is there."


def test_a_queue_that_is_out_of_reach_meanwhile_is_said(queueless: Flask) -> None:
    with queueless.app_context():
        chief = log_in(queueless.test_client(), make_superuser().id)
        task_id = make_task().id
    sent = int(time.time() * 1000) - LONG_AGO

    part = look(chief, f"/tasks/run/state?id={task_id}&run={uuid.uuid4()}&sent={sent}")

    assert part.text == "Still waiting. The queue can't be reached now."


@pytest.mark.parametrize("query", ["", "&run=x&sent=1", "&run=5d3d2a90-0000-4000-8000-000000000000", "&run=5d3d2a90-0000-4000-8000-000000000000&sent=soon"])
def test_a_run_that_cannot_be_is_none(chief: FlaskClient, task_id: int, query: str) -> None:
    page: Any = read(chief.get(f"/tasks/details/?id={task_id}{query}"))

    assert page.all("section", **{"aria-label": "Run now"}) == []
    assert chief.get(f"/tasks/run/state?id={task_id}{query}").status_code == 404
