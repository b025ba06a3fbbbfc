"""What people change about schedules and ticks: pauses and intervals are every process's at once, and slots stay right over them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from project.audit import AuditEvent
from project.database import utc_now
from project.extensions import db, settings_of
from tests.accounts.tokens.tokens import bearer, make_token
from tests.app_fixtures import log_in
from tests.apps import close, make_app
from tests.factories import make_superuser, make_task, make_tasks, make_tick
from tests.pages import messages, read
from tests.workers.ledger import all_ticks, draw, draws_per_task, fresh, let_time_pass, numbers, queued_keys
from workers import queries, schedule_queries, ticks
from workers.models import Alarm, TickState
from workers.slots import latest_slot
from workers.timetable import next_due, timetable

NUMBERS = "generate_random_numbers"


@pytest.fixture
def other_process(app: Flask) -> Iterator[Flask]:
    """Another process of the same site, as far as the database can tell."""
    other = make_app(settings_of(app).database_url)
    yield other
    close(other)


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A superuser's browser."""
    with app.app_context():
        user_id = make_superuser().id
    return log_in(app.test_client(), user_id)


@pytest.fixture
def token(app: Flask) -> str:
    """A superuser's token."""
    with app.app_context():
        user_id = make_superuser().id
    return make_token(app, user_id, "workers:read", "workers:act")


def post(browser: FlaskClient, deed: str, **form: Any) -> list[str]:
    """Send a form of the page; what is said then."""
    return messages(read(browser.post(f"/workers/schedule/{deed}", data={"schedule": NUMBERS, **form}, follow_redirects=True)))


def events() -> list[tuple[str, int | None, dict[str, Any]]]:
    """What the audit says."""
    return [(event.action, event.object_id, event.details) for event in db.session.scalars(select(AuditEvent).order_by(AuditEvent.id))]


def test_a_slot_that_comes_while_its_schedule_is_paused_is_skipped_and_says_so(app: Flask, browser: FlaskClient, other_process: Flask) -> None:
    with app.app_context():
        make_task()

    said = post(browser, "pause")
    with other_process.app_context():
        tick = ticks.launch_due(numbers())
        again = ticks.launch_due(numbers())

    assert "is paused" in said[0]
    assert tick
    assert (tick.state, tick.reason, again) == (TickState.SKIPPED, queries.PAUSED, None)
    with app.app_context():
        assert queued_keys() == []
        assert db.session.scalars(select(Alarm)).all() == []


def test_a_resumed_schedule_goes_on_with_its_next_slot(app: Flask, browser: FlaskClient) -> None:
    with app.app_context():
        make_task()
        post(browser, "pause")
        skipped = ticks.launch_due(numbers())
        post(browser, "resume")

        at_once = ticks.launch_due(numbers())
        assert skipped
        db.session.delete(fresh(skipped.id))
        db.session.commit()
        next_slot = ticks.launch_due(numbers())

        assert at_once is None
        assert next_slot
        assert next_slot.state == TickState.DRAWING
        assert [(action, details) for action, _on, details in events()] == [(f"schedule.{done}", {"schedule": NUMBERS}) for done in ("paused", "resumed")]


def test_an_open_tick_goes_on_while_its_schedule_is_paused(context: Flask) -> None:
    task_id = make_task().id
    tick = ticks.launch_due(numbers())
    assert tick
    schedule_queries.pause(NUMBERS)

    draw(tick.id, task_id)
    let_time_pass(tick.id, 1)
    ticks.look_after(tick.id)

    assert fresh(tick.id).state == TickState.FINISHED


def test_pausing_what_is_paused_changes_and_records_nothing(app: Flask, browser: FlaskClient) -> None:
    post(browser, "pause")

    said = post(browser, "pause")

    assert "is so already" in said[0]
    with app.app_context():
        assert len(events()) == 1


def test_another_interval_is_in_effect_in_every_process_at_its_next_beat(app: Flask, browser: FlaskClient, other_process: Flask) -> None:
    # Given a schedule with a slot a week, whose latest one was launched
    with other_process.app_context():
        make_tasks(2)
        weekly = ticks.launch_due(numbers())
        assert weekly
        assert ticks.launch_due(numbers()) is None

    # When somebody makes it a slot a second
    post(browser, "interval", interval="1")

    # Then the other process launches such a slot, though the earlier tick is open
    with other_process.app_context():
        tick = ticks.launch_due(numbers())
        assert tick
        assert tick.slot - latest_slot(tick.slot, 1) == timedelta(0)
        assert weekly.slot < tick.slot <= utc_now() + timedelta(seconds=1)
        assert [entry.interval for entry in timetable() if entry.schedule.name == NUMBERS] == [1]


def test_a_slot_older_than_the_newest_is_not_launched_after_the_interval_has_grown_back(context: Flask) -> None:
    make_task()
    schedule_queries.set_interval(NUMBERS, 1)
    tick = ticks.launch_due(numbers())

    schedule_queries.set_interval(NUMBERS, None)

    assert ticks.launch_due(numbers()) is None
    assert tick
    assert [tick.id for tick in all_ticks()] == [tick.id]
    assert events()[-1] == ("schedule.changed", None, {"schedule": NUMBERS, "interval": None})


@pytest.mark.parametrize("interval", ["0", "-5", "x", "1.5", "604801", "99999999999999999999"])
def test_what_is_no_interval_is_said_and_changes_nothing(app: Flask, browser: FlaskClient, interval: str) -> None:
    said = post(browser, "interval", interval=interval)

    assert said == ["error: An interval is a whole number of seconds from 1 to 604800, a week."]
    with app.app_context():
        assert schedule_queries.interval_of(NUMBERS) is None


def test_what_is_due_next_leaves_out_what_is_paused(context: Flask) -> None:
    for entry in timetable():
        schedule_queries.pause(entry.schedule.name)

    assert next_due(utc_now()) is None


@pytest.mark.parametrize("deed", ["pause", "resume", "interval"])
def test_a_schedule_that_is_none_is_not_found(browser: FlaskClient, deed: str) -> None:
    assert browser.post(f"/workers/schedule/{deed}", data={"schedule": "nothing"}).status_code == 404


def test_an_open_tick_is_published_again_from_where_it_is_and_each_task_has_one_number(app: Flask, browser: FlaskClient) -> None:
    with app.app_context():
        ids = make_tasks(3)
        tick = ticks.launch_due(numbers())
        assert tick
        draw(tick.id, ids[0])
        let_time_pass(tick.id, 1)
        ticks.look_after(tick.id)
        queued_keys()

    said = post(browser, "publish-again", id=tick.id)

    assert said == [f"success: Tick {tick.id} is published again from where it is."]
    with app.app_context():
        ticks.look_after(tick.id)
        assert queued_keys() == ids[1:]
        draw(tick.id, *ids)
        let_time_pass(tick.id, 1)
        ticks.look_after(tick.id)
        assert (fresh(tick.id).state, fresh(tick.id).published, fresh(tick.id).verified) == (TickState.FINISHED, 3, 3)
        assert draws_per_task(tick.id) == dict.fromkeys(ids, 1)


def test_an_open_tick_is_given_up_and_whoever_was_at_it_notices(app: Flask, browser: FlaskClient) -> None:
    with app.app_context():
        make_task()
        tick = queries.add_manual_tick(NUMBERS, 1)
        held = queries.lease(tick.id, "a launcher")
        assert held

        post(browser, "abandon", id=tick.id)

        assert not queries.change(held, "a launcher", published=1)
        assert (fresh(tick.id).state, fresh(tick.id).reason) == (TickState.ABANDONED, schedule_queries.GIVEN_UP)
        assert db.session.scalars(select(Alarm)).all() == []
        assert events()[-1] == ("tick.abandoned", tick.id, {})


@pytest.mark.parametrize("deed", ["publish-again", "abandon"])
def test_a_tick_that_has_ended_stays_as_it_is(app: Flask, browser: FlaskClient, deed: str) -> None:
    with app.app_context():
        tick_id = make_tick().id

    said = post(browser, deed, id=tick_id)

    assert said == [f"warning: Tick {tick_id} is not open."]
    with app.app_context():
        assert fresh(tick_id).state == TickState.FINISHED


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_endpoints_do_what_the_page_does(app: Flask, client: FlaskClient, token: str) -> None:
    def ask(path: str, **body: Any) -> Any:
        return client.post(f"/api/workers/schedules/{path}", headers=bearer(token), json=body).json

    with app.app_context():
        make_task()

    assert (ask(f"{NUMBERS}/pause"), ask(f"{NUMBERS}/pause")) == ({"changed": True}, {"changed": False})
    assert ask(f"{NUMBERS}/interval", interval=60) == {"changed": True}
    schedules = client.get("/api/workers/schedules", headers=bearer(token)).json
    assert schedules
    numbers_now = next(schedule for schedule in schedules["schedules"] if schedule["name"] == NUMBERS)
    assert (numbers_now["interval"], numbers_now["own_interval"], numbers_now["next_due"]) == (60, 604800, None)
    assert ask(f"{NUMBERS}/resume") == {"changed": True}
    launched = ask(f"{NUMBERS}/launch")
    assert launched["state"] == "publishing"
    assert ask(f"ticks/{launched['id']}/publish-again") == {"changed": True}
    assert ask(f"ticks/{launched['id']}/abandon") == {"changed": True}
    listed = client.get("/api/workers/schedules/ticks", headers=bearer(token)).json
    assert listed
    assert [(tick["id"], tick["state"]) for tick in listed["ticks"]] == [(launched["id"], "abandoned")]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("body", [{}, {"interval": 0}, {"interval": "60"}, {"interval": True}, {"interval": 60, "more": 1}])
def test_an_endpoint_refuses_what_is_no_interval(client: FlaskClient, token: str, body: Any) -> None:
    assert client.post(f"/api/workers/schedules/{NUMBERS}/interval", headers=bearer(token), json=body).status_code == 400
