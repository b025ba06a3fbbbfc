"""What `make run` starts: a site in one process on embedded defaults, that ends on Ctrl-C and finds everything again."""

import re
from pathlib import Path

import pytest

from tests.apps import WEEK
from tests.site import Site
from tests.waiting import wait_until

ONE_SLOT = {"GENERATE_RANDOM_NUMBER_TASKS_SCHEDULE": str(WEEK)}
"""The first is due at once; with five minutes, a second could begin in the middle of a test."""


@pytest.fixture
def site(tmp_path: Path, sqlite_url: str) -> Site:
    """A site on a new SQLite database with its tables, before its first start."""
    return Site(tmp_path, DATABASE_URL=sqlite_url, **ONE_SLOT)


def log_in_for_the_first_time(site: Site) -> None:
    """Log in with the password that the first run prints."""
    printed = re.search(r"as +(\w+) +with the password +(\S+)", site.flask("first-run"))
    assert printed
    site.post("/accounts/login", form_at="/accounts/login", username=printed[1], password=printed[2])


def numbers_of_the_first_task(site: Site) -> int:
    """How many numbers the first sample has, as its page says."""
    page = site.browser.get(f"{site.url}/tasks/draws?id=1", timeout=30).text
    counted = re.search(r"<dt>Count</dt><dd>\D*(\d+)", page)
    return int(counted[1]) if counted else 0


def test_the_samples_get_their_first_numbers_at_once_and_one_that_is_run_now_another_soon(site: Site) -> None:
    with site.serving():
        log_in_for_the_first_time(site)

        assert wait_until(lambda: numbers_of_the_first_task(site) == 1)

        site.post("/tasks/run", form_at="/tasks/details/?id=1", id="1")

        assert wait_until(lambda: numbers_of_the_first_task(site) == 2)


def test_a_second_start_finds_everything_as_it_was(tmp_path: Path) -> None:
    site = Site(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/callboard.db", **ONE_SLOT)
    site.flask("db", "upgrade")

    with site.serving():
        log_in_for_the_first_time(site)
        wait_until(lambda: numbers_of_the_first_task(site) == 1)

    with site.serving():
        # Still logged in, and the first run has no second.
        assert numbers_of_the_first_task(site) == 1
        assert site.flask("first-run") == ""


def test_a_start_with_a_wrong_setting_says_which_and_nothing_else(tmp_path: Path) -> None:
    site = Site(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/callboard.db", MAX_UNFINISHED_TICKS="many")

    done = site.run("gunicorn", "--config", "dockr/gunicorn.conf.py", "project.wsgi:app")

    assert done.returncode == 1
    assert done.stderr.strip() == 'callboard: MAX_UNFINISHED_TICKS: "many" is not a number of ticks, e.g. 3'


def test_workers_without_rabbitmq_say_what_is_missing(site: Site) -> None:
    done = site.run("dramatiq", "workers.main", "-p", "1", "-t", "1")

    assert done.returncode != 0
    assert "BROKER_URL: not set" in done.stderr
