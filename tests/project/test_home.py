"""The front page: each kind of person sees what concerns them, at a cost that grows with nothing."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from project.database import utc_now
from tests.app_fixtures import log_in
from tests.factories import make_failure, make_process, make_superuser, make_tasks, make_tick, make_user
from tests.pages import facts, link, read
from tests.statements import statements
from workers import alarm_queries
from workers.models import AlarmKind, TickState
from workers.monitor import queries as monitor

MOST_STATEMENTS = 14


@pytest.fixture
def superuser(app: Flask, client: FlaskClient) -> FlaskClient:
    """A superuser's browser."""
    with app.app_context():
        user_id = make_superuser("grace").id
    return log_in(client, user_id)


@pytest.fixture
def reviewer(app: Flask) -> FlaskClient:
    """A reviewer's browser."""
    with app.app_context():
        user_id = make_user("ada", can_review_tasks=True).id
    return log_in(app.test_client(), user_id)


@pytest.fixture
def plain(app: Flask) -> FlaskClient:
    """The browser of somebody without a right."""
    with app.app_context():
        user_id = make_user("alan").id
    return log_in(app.test_client(), user_id)


def headings(client: FlaskClient) -> list[str]:
    """What is pinned up."""
    return [section.all("h2")[0].text for section in read(client.get("/")).all("section", **{"class": "pinned"})]


def test_a_visitor_learns_what_this_is_and_how_to_get_in(client: FlaskClient) -> None:
    (page,) = read(client.get("/")).all("main")

    assert "programming courses" in page.text
    assert link(page, "Log in") == "/accounts/login"
    assert headings(client) == []


def test_each_kind_of_person_sees_what_concerns_them(superuser: FlaskClient, reviewer: FlaskClient, plain: FlaskClient) -> None:
    assert headings(superuser) == ["State", "Courses", "Tasks", "Reviews", "Your account"]
    assert headings(reviewer) == ["Courses", "Reviews", "Your account"]
    assert headings(plain) == ["Courses", "Your account"]


def test_who_may_nothing_is_told_whom_to_ask(plain: FlaskClient, reviewer: FlaskClient) -> None:
    assert "Ask a superuser" in plain.get("/").text
    assert "Ask a superuser" not in reviewer.get("/").text


def test_a_new_site_tells_a_superuser_what_to_do_next(superuser: FlaskClient) -> None:
    page = read(superuser.get("/"))

    assert link(page, "New Task") == "/tasks/new/"
    idle = "none 0 in progress, 0 waiting"
    assert facts(page) | {"Next due": ""} == {"Last tick": "none yet", "Next due": "", "Workers online": idle, "Last failure": "none"}


def test_a_superuser_sees_the_state_at_a_glance(app: Flask, superuser: FlaskClient) -> None:
    with app.app_context():
        make_tick(TickState.ABANDONED, published=3, verified=3)
        make_tick(published=1200, verified=1200, slot=utc_now())
        make_failure(error="OperationalError: the disk is full")

    shown = facts(read(superuser.get("/")))

    assert shown["Last tick"].startswith("finished 1,200 of 1,200")
    assert "the disk is full" in shown["Last failure"]


def test_the_front_page_and_the_overview_say_the_same_is_amiss(app: Flask, superuser: FlaskClient) -> None:
    with app.app_context():
        alarm_queries.begin(AlarmKind.NO_WORKER, "numbers", "No worker works the queue numbers.", lasted=120)
        alarm_queries.begin(AlarmKind.NO_WORKER, "default", "Nobody works that one.", lasted=120)
        alarm_queries.end(AlarmKind.NO_WORKER, "default")
        monitor.record_fault(["numbers"], "RabbitMQ does not answer: it is away")
        make_process(in_progress=3)

    pages = [read(superuser.get(path)) for path in ("/", "/workers/")]

    alarms = [[alarm.text for alarm in page.all("div", role="alert")] for page in pages]
    assert alarms[0] == alarms[1]
    assert len(alarms[0]) == 2
    assert "RabbitMQ does not answer" in alarms[0][0]
    assert "No worker works the queue numbers." in alarms[0][1]
    assert facts(pages[0])["Workers online"] == "1 3 in progress, 0 waiting"


def test_the_newest_tasks_are_a_click_away(app: Flask, superuser: FlaskClient) -> None:
    with app.app_context():
        newest = make_tasks(7)[-5:]

    page = read(superuser.get("/"))

    assert [link(page, f"Task {task_id}") for task_id in newest] == [f"/tasks/details/?id={task_id}" for task_id in newest]
    assert "7 in all" in page.text


@pytest.mark.parametrize("person", ["visitor", "superuser", "reviewer", "plain"])
def test_it_costs_the_same_few_statements_however_much_there_is(
    app: Flask, superuser: FlaskClient, reviewer: FlaskClient, plain: FlaskClient, person: str
) -> None:
    browser = {"visitor": app.test_client(), "superuser": superuser, "reviewer": reviewer, "plain": plain}[person]

    with statements(app) as little:
        assert browser.get("/").status_code == 200
    with app.app_context():
        make_tasks(30)
        for number in range(30):
            make_user()
            make_tick(slot=utc_now() - timedelta(hours=number))
            make_failure()
    with statements(app) as much:
        assert browser.get("/").status_code == 200

    assert len(much) == len(little) <= (0 if person == "visitor" else MOST_STATEMENTS)
