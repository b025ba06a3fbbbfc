"""The monitor's pages, its JSON and /metrics, each action through HTTP with its effect."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from project.database import utc_now
from tests.accounts.tokens.tokens import bearer, make_token
from tests.app_fixtures import log_in
from tests.apps import KeptApps, close, make_app
from tests.factories import make_failure, make_process, make_superuser, make_tick
from tests.place import free_port
from tests.statements import statements
from tests.workers.ledger import all_ticks
from workers.broker import InProcessBroker, broker_of
from workers.masking import MASK
from workers.models import TickState
from workers.monitor import queries
from workers.monitor.gathering import Amount, Kind
from workers.monitor.models import Outcome, WorkerState
from workers.monitor.sampling import look_now, sample
from workers.queries import database_time

TOKEN = "a token of Prometheus"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the kind of database."""
    return sqlite_url


@pytest.fixture
def app(database_url: str, kept_apps: KeptApps) -> Iterator[Flask]:
    """An app with /metrics. Forms need no CSRF token."""
    with kept_apps.lent(database_url, metrics_token=TOKEN) as app:
        yield app


@pytest.fixture
def superuser(app: Flask, client: FlaskClient) -> FlaskClient:
    """A superuser's browser."""
    with app.app_context():
        user_id = make_superuser().id
    return log_in(client, user_id)


def waiting(app: Flask) -> int:
    """How many messages wait in the queue of numbers."""
    broker = broker_of(app)
    assert isinstance(broker, InProcessBroker)
    messages: int = broker.queues["numbers"].qsize()
    return messages


@pytest.mark.parametrize(("ticks", "state"), [("again", TickState.DRAWING), ("give up", TickState.ABANDONED)])
def test_a_queue_is_purged_and_its_open_ticks_go_on_or_are_given_up(app: Flask, superuser: FlaskClient, ticks: str, state: TickState) -> None:
    with app.app_context():
        make_tick(TickState.DRAWING)
        broker_of(app).get_actor("generate_random_number").send(1)

    answer = superuser.post("/workers/queues/purge", data={"queue": "numbers", "name": "numbers", "part": "ready", "ticks": ticks})

    assert answer.status_code == 302
    assert waiting(app) == 0
    with app.app_context():
        assert [tick.state for tick in all_ticks()] == [state]


def test_a_queue_is_purged_by_a_token(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        token = make_token(app, make_superuser().id, "workers:act")
        tick_id = make_tick(TickState.DRAWING).id
        broker_of(app).get_actor("generate_random_number").send(1)

    refused = client.post("/api/workers/queues/numbers/purge", json={"part": "all", "ticks": "again"}, headers=bearer(token))
    assert (refused.status_code, waiting(app)) == (400, 1)
    answer = client.post("/api/workers/queues/numbers/purge", json={"part": "ready", "ticks": "given up"}, headers=bearer(token))

    assert answer.get_json() == {"messages": 1, "ticks_given_up": [tick_id]}
    assert waiting(app) == 0


def test_a_queue_whose_name_is_typed_wrong_keeps_its_messages(app: Flask, superuser: FlaskClient) -> None:
    with app.app_context():
        broker_of(app).get_actor("generate_random_number").send(1)

    page = superuser.post("/workers/queues/purge", data={"queue": "numbers", "name": "chores", "part": "ready", "ticks": "again"})

    assert "This is not the queue&#39;s name." in page.text
    assert waiting(app) == 1


def test_a_message_is_sent_by_hand_if_its_arguments_fit(app: Flask, superuser: FlaskClient) -> None:
    refused = superuser.post("/workers/actors/send", data={"actor": "generate_random_number", "arguments": '["x"]'})
    assert "task_id: Input should be a valid integer" in refused.text
    assert waiting(app) == 0

    superuser.post("/workers/actors/send", data={"actor": "generate_random_number", "arguments": "[7]"})
    answer = superuser.post("/api/workers/actors/generate_random_number/send", data='{"task_id": 7}', content_type="application/json")

    assert answer.status_code == 202
    assert waiting(app) == 2


def test_a_worker_that_was_not_heard_for_long_is_lost_and_the_command_of_the_site_is_not_stopped(app: Flask, superuser: FlaskClient) -> None:
    with app.app_context():
        lost = make_process(heartbeat_at=utc_now() - timedelta(seconds=16)).id
        inside = make_process(command_pid=None).id

    assert superuser.get(f"/api/workers/processes/{lost}").get_json()["state"] == WorkerState.LOST
    assert superuser.post(f"/api/workers/processes/{inside}/stop").status_code == 409
    assert superuser.post(f"/api/workers/processes/{inside}/pause").get_json()["wanted"] == WorkerState.PAUSED


def test_a_worker_shows_its_own_failures_alone(app: Flask, superuser: FlaskClient) -> None:
    # Given two processes of one number, one after the other, and one of another host
    at = utc_now()
    with app.app_context():
        process = make_process(host="stage", pid=7, started_at=at - timedelta(hours=1), heartbeat_at=at)
        for worker, ago in (("stage:7", 1), ("stage:7", 2), ("stage:7", 61), ("pit:7", 1)):
            make_failure(worker=worker, created_at=at - timedelta(minutes=ago), error=f"token: of {worker}, {ago}")
        path = f"/api/workers/processes/{process.id}"

    shown = superuser.get(path).get_json()["failures"]

    assert [(failure["id"], failure["error"]) for failure in shown] == [(1, f"token: {MASK} stage:7, 1"), (2, f"token: {MASK} stage:7, 2")]
    assert f"token: {MASK} stage:7, 2" in superuser.get(f"/workers/processes/process?id={process.id}").text


def test_a_list_costs_as_many_statements_however_long_it_is(app: Flask, superuser: FlaskClient) -> None:
    costs = []
    for _ in range(2):
        with app.app_context():
            for _ in range(5):
                make_process()
        with statements(app) as seen:
            superuser.get("/workers/processes/")
        costs.append(len(seen))

    assert costs[0] == costs[1]


def test_metrics_are_for_whoever_has_the_token(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        queries.add_counts(
            database_time(), {Kind("numbers", "draw", Outcome.PROCESSED, 2): Amount(3, 0.06), Kind("numbers", "draw", Outcome.FAILED, 0): Amount(1)}
        )
        make_process(in_progress=5)
        sample()

    assert client.get("/metrics").status_code == client.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 401
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})

    said = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert said['callboard_messages_total{actor="draw",queue="numbers"}'] == "3.0"
    assert said['callboard_message_errors_total{actor="draw",queue="numbers"}'] == "1.0"
    assert said['callboard_message_duration_seconds_bucket{actor="draw",le="0.01",queue="numbers"}'] == "0.0"
    assert said['callboard_message_duration_seconds_bucket{actor="draw",le="0.025",queue="numbers"}'] == "3.0"
    assert said["callboard_messages_in_progress"] == "5.0"
    assert said["callboard_workers_online"] == "1.0"
    assert said['callboard_queue_messages{queue="numbers",state="ready"}'] == "0.0"


def test_a_broker_that_is_gone_is_said_to_be_and_no_page_waits_for_it(database_url: str) -> None:
    app = make_app(database_url, broker_url=f"amqp://127.0.0.1:{free_port()}/")
    with app.app_context():
        user_id = make_superuser().id
        look_now()
    browser = log_in(app.test_client(), user_id)

    pages = [browser.get(path).text for path in ("/workers/", "/workers/queues/")]

    assert all("RabbitMQ can&#39;t be reached: connection refused." in page for page in pages)
    close(app)
