"""The real thing: two web processes, two worker processes, PostgreSQL and RabbitMQ, and a person with a browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from tests.apps import WEEK
from tests.servers import PostgresServer, RabbitServer
from tests.site import Site
from tests.waiting import wait_until

PASSWORD = "correct horse battery"


@pytest.fixture
def database_url(postgres: PostgresServer) -> str:
    """An empty database: the site's own commands fill it."""
    return postgres.create_database()


@pytest.fixture
def site(database_url: str, rabbit: RabbitServer, tmp_path: Path) -> Iterator[Site]:
    """A site that serves, with its superuser logged in."""
    every_week = {"WEB_CONCURRENCY": "2", "GENERATE_RANDOM_NUMBER_TASKS_SCHEDULE": str(WEEK)}
    site = Site(tmp_path, DATABASE_URL=database_url, BROKER_URL=rabbit.create_vhost(), **every_week)
    site.flask("db", "upgrade")
    site.flask("accounts", "create-superuser", "prompter", typed=PASSWORD + "\n")
    with site.running("dramatiq", "workers.main", "-p", "2", "-t", "4"), site.serving():
        site.post("/accounts/login", form_at="/accounts/login", username="Prompter", password=PASSWORD)
        yield site


def ask(database_url: str, sql: str) -> list[tuple[object, ...]]:
    """What the database answers."""
    connection = psycopg2.connect(database_url.replace("+psycopg2", ""))
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        return list(cursor.fetchall())
    finally:
        connection.close()


def test_two_ticks_draw_exactly_one_number_for_each_task(site: Site, database_url: str) -> None:
    # Given Tasks that a superuser made on the site
    for number in range(1, 21):
        site.post("/tasks/new/", form_at="/tasks/new/", title=f"Task {number}", lower_limit=f"-{number}", upper_limit=str(number))

    # When two ticks are launched by hand, beside the one of the schedule
    for _ in range(2):
        site.post("/workers/schedule/launch", form_at="/workers/schedule/", schedule="generate_random_numbers")
    wait_until(lambda: [state for (state,) in ask(database_url, "SELECT state FROM ticks")] == ["finished"] * 3)

    # Then each has one number for each Task that was there, in its range
    drawn = ask(
        database_url,
        "SELECT k.schedule, count(*), count(DISTINCT task_id), bool_and(result BETWEEN lower_limit AND upper_limit)"
        " FROM task_results r JOIN ticks k ON k.id = r.tick_id JOIN tasks t ON t.id = r.task_id GROUP BY k.id, k.schedule",
    )
    assert [row[1:] for row in drawn if row[0] == "manual"] == [(20, 20, True), (20, 20, True)]
    assert all(count == distinct for _schedule, count, distinct, _in_range in drawn)
    assert not re.search("ERROR|CRITICAL|Traceback", site.log("gunicorn").read_text() + site.log("dramatiq").read_text())


def test_a_number_for_one_task_is_drawn_by_a_worker_and_answered_on_the_page_and_in_the_shell(site: Site, database_url: str) -> None:
    # Given a Task that has had its numbers of the schedule
    site.post("/tasks/new/", form_at="/tasks/new/", title="Dice", lower_limit="1", upper_limit="6")
    wait_until(lambda: ask(database_url, "SELECT state FROM ticks") == [("finished",)])

    # When somebody presses "Run now"
    page = site.post("/tasks/run", form_at="/tasks/details/?id=1", id="1")

    # Then the page comes to show the number, whichever process answers
    state = page.url.replace("/details/", "/run/state")
    shown = wait_until(lambda: re.findall(r"Run now: <strong><span[^>]*>([\d.]+)</span>", site.browser.get(state, timeout=30).text))
    assert 1 <= float(shown[0]) <= 6

    # And when somebody asks in the shell, the number that is stored is printed
    printed = site.flask("tasks", "draw", "1")
    assert ask(database_url, "SELECT result FROM task_results ORDER BY id DESC LIMIT 1") == [(float(printed),)]
