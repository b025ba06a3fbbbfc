"""Where superusers must have a second factor, one without it gets nowhere but to the page that sets it up."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyotp import TOTP

from accounts.models import User
from accounts.second_factor.required import STILL_OPEN, lacks_required_second_factor
from project.api import is_api
from project.extensions import db
from tests.accounts.pages import add_user, change, log_in_by_form, shown_to
from tests.accounts.second_factor.phones import OFF, PAGE, SET_UP, Clock, give_code, phone_of, secret_on
from tests.app_fixtures import log_in
from tests.apps import KeptApps, close, make_app
from tests.factories import PASSWORD
from tests.pages import read
from tests.project.routes import VISITS, Visit, World, kept_world

pytestmark = pytest.mark.no_cover

CLOSED = [visit for visit in VISITS if visit.endpoint not in STILL_OPEN and not visit.endpoint.endswith("static") and not visit.endpoint.startswith("health.")]


@pytest.fixture
def app(sqlite_url: str, kept_apps: KeptApps) -> Iterator[Flask]:
    """An app that requires it. Forms need no CSRF token."""
    with kept_apps.lent(sqlite_url, second_factor="superusers") as app:
        yield app


@pytest.fixture
def world(app: Flask) -> World:
    """A Task, and one of each kind of person."""
    return kept_world(app)


@pytest.fixture
def superuser(app: Flask, world: World) -> FlaskClient:
    """The browser of a superuser without a second factor."""
    return log_in(app.test_client(), world.people["superuser"] or 0)


def test_some_routes_are_closed_and_some_are_not() -> None:
    assert {visit.endpoint for visit in VISITS} - {visit.endpoint for visit in CLOSED} >= {*STILL_OPEN, "static", "health.healthz"}
    assert {visit.endpoint for visit in CLOSED} >= {"home.index", "tasks.delete_view", "accounts.password", "accounts.sessions"}


@pytest.mark.parametrize("visit", [visit for visit in CLOSED if not is_api(visit.url)], ids=str)
def test_a_superuser_without_one_is_led_to_set_it_up(superuser: FlaskClient, world: World, visit: Visit) -> None:
    answer = superuser.open(world.filled(visit.url), method=visit.method, data={name: world.filled(value) for name, value in visit.form.items()})

    assert (answer.status_code, answer.location) == (302, PAGE)


@pytest.mark.parametrize("visit", [visit for visit in CLOSED if is_api(visit.url)], ids=str)
def test_a_superuser_without_one_is_refused_by_the_api(superuser: FlaskClient, world: World, visit: Visit) -> None:
    answer = superuser.open(world.filled(visit.url), method=visit.method, headers={"Accept": "application/json"})

    assert (answer.status_code, answer.get_json()["error"]) == (403, "forbidden")


def test_a_page_that_polls_is_made_to_reload(superuser: FlaskClient) -> None:
    answer = superuser.get("/workers/schedule/ticks", headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers.get("HX-Refresh"), answer.text) == (401, "true", "")


def test_a_superuser_without_one_sets_it_up_and_goes_on(superuser: FlaskClient, clock: Clock) -> None:
    assert "Superusers of this site need a second factor." in read(superuser.get(PAGE)).text
    superuser.post(PAGE, data={"current": PASSWORD})
    secret = secret_on(superuser.get(SET_UP).text)

    assert give_code(superuser, TOTP(secret).at(clock.now()), SET_UP).status_code == 200

    assert superuser.get("/tasks/").status_code == 200


def test_a_superuser_without_one_may_leave_and_sees_files_and_probes(superuser: FlaskClient) -> None:
    for url in ("/static/callboard.css", "/static/logo.svg", "/healthz"):
        with superuser.get(url) as answer:
            assert answer.status_code == 200
    assert superuser.post("/accounts/logout").location == "/"
    assert shown_to(superuser) is None


def test_it_is_asked_for_right_after_logging_in(app: Flask, client: FlaskClient) -> None:
    add_user(app, "ada", is_superuser=True)

    answer = client.get(log_in_by_form(client, "ada").location)

    assert (answer.status_code, answer.location) == (302, PAGE)


def test_a_superuser_with_one_opens_what_superusers_open(app: Flask, clock: Clock) -> None:
    browser = log_in(app.test_client(), phone_of(app, clock, "ada", is_superuser=True).user_id)

    assert browser.get("/tasks/").status_code == 200


def test_a_superuser_cannot_turn_it_off(app: Flask, clock: Clock) -> None:
    phone = phone_of(app, clock, "ada", is_superuser=True)
    browser = log_in(app.test_client(), phone.user_id)

    answers = [browser.get(OFF), give_code(browser, phone.code(), OFF)]

    assert {(answer.status_code, answer.location) for answer in answers} == {(302, PAGE)}
    assert OFF not in browser.get(PAGE).text
    assert browser.get("/tasks/").status_code == 200


@pytest.mark.parametrize("person", ["visitor", "plain user", "reviewer"])
def test_other_people_are_not_asked_for_it(app: Flask, world: World, person: str) -> None:
    user_id = world.people[person]
    browser = log_in(app.test_client(), user_id) if user_id else app.test_client()

    assert browser.get("/").status_code == 200


def test_who_becomes_a_superuser_is_asked_for_it_at_once(app: Flask, client: FlaskClient) -> None:
    log_in(client, add_user(app, "ada"))
    assert client.get("/").status_code == 200

    change(app, "ada", is_superuser=True)

    assert client.get("/").location == PAGE


def test_an_unconfirmed_app_is_none(superuser: FlaskClient) -> None:
    superuser.post(PAGE, data={"current": PASSWORD})

    assert superuser.get("/").location == PAGE


@pytest.mark.parametrize(("is_superuser", "has_one", "lacks"), [(True, False, True), (True, True, False), (False, False, False), (False, True, False)])
@pytest.mark.parametrize("setting", ["superusers", "optional"])
def test_who_lacks_it(sqlite_url: str, clock: Clock, setting: str, is_superuser: bool, has_one: bool, lacks: bool) -> None:
    app = make_app(sqlite_url, second_factor=setting)
    user_id = phone_of(app, clock, "ada", is_superuser=is_superuser).user_id if has_one else add_user(app, "ada", is_superuser=is_superuser)

    with app.app_context():
        user = db.session.get(User, user_id)
        assert user
        assert lacks_required_second_factor(user) is (lacks and setting == "superusers")
    close(app)
