"""The schedule's page: ticks with their states, what is due next, and a button for a whole tick now."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.app_fixtures import log_in
from tests.factories import NOON, make_superuser, make_task, make_tasks, make_tick
from tests.pages import Element, read
from tests.statements import statements
from tests.workers.ledger import all_ticks, queued_keys
from workers.models import MANUAL, TickState


@pytest.fixture
def superuser(app: Flask, client: FlaskClient) -> FlaskClient:
    """A superuser's browser."""
    with app.app_context():
        user_id = make_superuser().id
    return log_in(client, user_id)


def test_a_site_without_ticks_says_what_is_due(superuser: FlaskClient) -> None:
    page = superuser.get("/workers/schedule/").text

    assert "A random number for each Task" in page


@pytest.mark.parametrize("state", list(TickState))
def test_each_tick_is_shown_with_its_state(app: Flask, superuser: FlaskClient, state: TickState) -> None:
    with app.app_context():
        make_tick(state, published=10, verified=5, reason="the reason why")

    page = superuser.get("/workers/schedule/").text

    assert state in page
    assert "the reason why" in page


def test_a_whole_tick_can_be_launched_by_hand(app: Flask, superuser: FlaskClient) -> None:
    with app.app_context():
        make_tasks(2)

    answer = superuser.post("/workers/schedule/launch", data={"schedule": "generate_random_numbers"})

    with app.app_context():
        assert [(tick.schedule, tick.state) for tick in all_ticks()] == [(MANUAL, TickState.PUBLISHING)]
    assert answer.status_code == 302


def test_an_unknown_schedule_is_not_found(superuser: FlaskClient) -> None:
    assert superuser.post("/workers/schedule/launch", data={"schedule": "nothing"}).status_code == 404


def test_the_live_part_holds_the_ticks_alone(app: Flask, superuser: FlaskClient) -> None:
    with app.app_context():
        make_tick()

    part = superuser.get("/workers/schedule/ticks").text

    assert "<html" not in part
    assert TickState.FINISHED in part


def test_older_ticks_are_a_page_away(app: Flask, superuser: FlaskClient) -> None:
    with app.app_context():
        oldest = min(make_tick(slot=NOON + timedelta(minutes=number)).id for number in range(60))

    page = superuser.get(f"/workers/schedule/?before={oldest + 10}").text

    assert page.count("<tr") == 1 + 10


@pytest.mark.parametrize("before", ["x", "-1", "99999999999999999999999"])
def test_a_page_that_begins_nowhere_is_no_error(superuser: FlaskClient, before: str) -> None:
    assert superuser.get(f"/workers/schedule/?before={before}").status_code == 200


def test_a_page_costs_the_same_number_of_statements_however_many_ticks(app: Flask, superuser: FlaskClient) -> None:
    def cost() -> int:
        with statements(app) as seen:
            superuser.get("/workers/schedule/")
        return len(seen)

    empty = cost()
    with app.app_context():
        for number in range(30):
            make_tick(slot=NOON + timedelta(minutes=number))

    assert cost() == empty


def flashed(client: FlaskClient) -> str:
    """The page that a redirect leads to, with what it says."""
    return client.get("/workers/schedule/").text


def test_one_task_can_be_run_by_its_number(app: Flask, superuser: FlaskClient) -> None:
    with app.app_context():
        task_id = make_task().id

    superuser.post("/workers/schedule/run", data={"schedule": "generate_random_numbers", "key": str(task_id)})

    with app.app_context():
        assert queued_keys() == [task_id]


@pytest.mark.parametrize("key", ["999", "", "x", "-1", "0", "99999999999999999999999"])
def test_a_number_that_is_no_tasks_is_said_and_sends_nothing(app: Flask, superuser: FlaskClient, key: str) -> None:
    superuser.post("/workers/schedule/run", data={"schedule": "generate_random_numbers", "key": key})

    with app.app_context():
        assert queued_keys() == []
    assert f"There is no Task {key}" in flashed(superuser)


def test_a_schedule_offers_to_run_once_there_is_something_to_do(app: Flask, superuser: FlaskClient) -> None:
    before = superuser.get("/workers/schedule/").text
    with app.app_context():
        make_task()

    after = superuser.get("/workers/schedule/").text

    assert "Run whole tick now" not in before
    assert "Run whole tick now" in after


LAUNCHED = {"aria-label": "Launched by hand"}


def launched(superuser: FlaskClient) -> Element:
    """The part of the schedule's page that tells of a tick just launched by hand."""
    page = read(superuser.post("/workers/schedule/launch", data={"schedule": "generate_random_numbers"}, follow_redirects=True))
    (part,) = page.all("section", **LAUNCHED)
    return part


def bar(part: Element) -> tuple[str, str]:
    """How far the progress bar is, and its end."""
    (progress,) = part.all("progress")
    return progress.attributes["value"], progress.attributes["max"]


def test_a_tick_that_is_launched_by_hand_shows_how_far_it_is(app: Flask, superuser: FlaskClient) -> None:
    with app.app_context():
        make_tasks(2)

    part = launched(superuser)

    assert bar(part)[0] == "0"
    (live,) = part.all("div")
    assert live.attributes["hx-get"] == f"/workers/schedule/tick?id={tick_by_hand(app)}"


@pytest.mark.parametrize(
    ("row", "progress", "text"),
    [
        ({"state": TickState.PUBLISHING, "published": 1000, "published_key": 40, "last_key": 100}, ("40", "100"), "1,000 messages are in the queue"),
        ({"state": TickState.DRAWING, "published": 10, "verified": 4, "last_key": 10}, ("4", "10"), "4 of 10 are done"),
        (
            {"state": TickState.FINISHED, "published": 10, "verified": 10, "finished_at": NOON + timedelta(seconds=3)},
            ("1", "1"),
            "is finished: 10 of 10 in 3 s.",
        ),
        (
            {"state": TickState.FINISHED, "published": 10, "verified": 10, "failed": 2, "finished_at": NOON + timedelta(seconds=3)},
            ("1", "1"),
            "8 of 10 in 3 s, 2 failed for good.",
        ),
    ],
)
def test_the_progress_of_a_tick_is_its_rows(app: Flask, superuser: FlaskClient, row: dict[str, Any], progress: tuple[str, str], text: str) -> None:
    with app.app_context():
        tick_id = make_tick(**row).id

    part = read(superuser.get(f"/workers/schedule/tick?id={tick_id}"))

    assert bar(part) == progress
    assert text in part.text
    is_open = row["state"] != TickState.FINISHED
    assert ["hx-get" in live.attributes for live in part.all("div")] == [is_open]


def test_an_abandoned_tick_says_why(app: Flask, superuser: FlaskClient) -> None:
    with app.app_context():
        tick_id = make_tick(TickState.ABANDONED, reason="nothing came").id

    part = read(superuser.get(f"/workers/schedule/tick?id={tick_id}"))

    assert part.text == f"Tick {tick_id} is abandoned: nothing came"


@pytest.mark.parametrize("tick", ["999", "x", "", "-1"])
def test_a_tick_that_is_not_there_shows_no_progress(superuser: FlaskClient, tick: str) -> None:
    assert superuser.get(f"/workers/schedule/tick?id={tick}").status_code == 404
    assert read(superuser.get(f"/workers/schedule/?tick={tick}")).all("section", **LAUNCHED) == []


def tick_by_hand(app: Flask) -> int:
    """The id of the tick that was launched by hand."""
    with app.app_context():
        (tick,) = all_ticks()
        return tick.id
