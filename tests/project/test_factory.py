"""The factory: it makes as many apps as one likes in a process, each its own, and starts nothing."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.cli import FlaskGroup

from accounts.queries import any_user
from project import create_app
from project.settings import SettingsError
from tasks_app.actors import generate_random_number
from tests.app_fixtures import log_in
from tests.apps import close, make_app, settings, sqlite_copy
from tests.factories import make_user
from workers.broker import InProcessBroker, broker_of
from workers.schedule import schedules_of


@pytest.fixture
def other(app: Flask, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Another app in this process, made after the first, with a database and a secret of its own."""
    url = sqlite_copy(sqlite_template, tmp_path_factory.mktemp("other"))
    other = create_app(replace(settings(url), secret_key="another secret, just as long as the first"), testing=True)
    yield other
    close(other)


def waiting(app: Flask) -> int:
    """How many messages wait in the app's broker."""
    broker = broker_of(app)
    assert isinstance(broker, InProcessBroker)
    return int(broker.queues["numbers"].qsize())


def test_two_apps_have_a_database_each(app: Flask, other: Flask) -> None:
    with app.app_context():
        make_user("ada")

    with other.app_context():
        assert not any_user()


def test_two_apps_have_a_broker_each(app: Flask, other: Flask) -> None:
    with app.app_context():
        generate_random_number.send(1)

    assert (waiting(app), waiting(other)) == (1, 0)


def test_two_apps_have_the_same_actors_each_bound_to_its_own_broker(app: Flask, other: Flask) -> None:
    first, second = broker_of(app), broker_of(other)

    assert first.get_declared_actors() == second.get_declared_actors() != set()
    assert {broker.get_actor(name).broker is broker for broker in (first, second) for name in broker.get_declared_actors()} == {True}


def test_two_apps_have_the_same_schedules(app: Flask, other: Flask) -> None:
    names = [[schedule.name for schedule in schedules_of(each).all()] for each in (app, other)]

    assert names[0] == names[1] != []


def test_two_apps_serve_the_same_pages(app: Flask, other: Flask) -> None:
    routes = [sorted(str(rule) for rule in each.url_map.iter_rules()) for each in (app, other)]

    assert routes[0] == routes[1]


def test_a_session_of_one_app_is_none_of_the_other(app: Flask, other: Flask) -> None:
    for each in (app, other):
        with each.app_context():
            user_id = make_user("ada").id
    browser, stranger = log_in(app.test_client(), user_id), other.test_client()

    cookie = browser.get_cookie("callboard")
    assert cookie is not None
    stranger.set_cookie("callboard", cookie.value)

    assert browser.get("/accounts/password").status_code == 200
    assert stranger.get("/accounts/password").status_code == 302


def test_an_app_made_later_leaves_an_earlier_one_working(app: Flask, other: Flask) -> None:
    responses = [each.test_client().get("/readyz").status_code for each in (app, other, app)]

    assert responses == [200, 200, 200]


def test_making_an_app_starts_nothing(sqlite_url: str) -> None:
    before = set(threading.enumerate())

    app = make_app(sqlite_url)

    started = set(threading.enumerate()) - before
    close(app)
    assert started == set()


def test_making_an_app_connects_to_nothing() -> None:
    app = make_app("postgresql+psycopg2://nobody@nowhere.invalid/nothing", broker_url="amqp://nowhere.invalid/nothing")

    assert app.test_client().get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "command", [["routes"], ["db", "current"], ["db", "upgrade"], ["accounts", "grant", "--review", "ada"], ["tasks", "tick"]], ids=" ".join
)
def test_a_command_starts_no_scheduler_and_no_worker(app: Flask, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    # The group sets it and leaves it set.
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "")
    with app.app_context():
        make_user("ada")
    before = set(threading.enumerate())

    result = app.test_cli_runner().invoke(FlaskGroup(create_app=lambda: app, load_dotenv=False, set_debug_flag=False), command)

    assert (result.exit_code, set(threading.enumerate()) - before) == (0, set()), result.output


def test_an_app_with_a_wrong_setting_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "http")

    with pytest.raises(SettingsError, match="PORT"):
        create_app()
