"""Access: every route has a rule, and each kind of person gets at each route what the table in routes.py says."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_admin import BaseView, expose

from project.access import everyone, open_to, superusers
from project.admin import ClosedView
from project.extensions import admin_of
from project.guard import demand_a_rule_of_every_route
from tests.app_fixtures import log_in
from tests.pages import read
from tests.project.routes import LOGIN, PEOPLE, VISITS, WITHOUT_A_PAGE, Outcome, Visit, World, kept_world, routes_of

# Nothing here depends on the kind of database.
pytestmark = [pytest.mark.no_cover, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
def world(app: Flask) -> World:
    """A Task, and one of each kind of person."""
    return kept_world(app)


def browser_of(app: Flask, world: World, person: str) -> FlaskClient:
    """A browser in which the person is logged in, if it is no visitor."""
    user_id = world.people[person]
    return app.test_client() if user_id is None else log_in(app.test_client(), user_id)


def outcome_of(app: Flask, world: World, person: str, visit: Visit) -> Outcome:
    """What the person gets."""
    form = {name: world.filled(value) for name, value in visit.form.items()}
    with browser_of(app, world, person).open(world.filled(visit.url), method=visit.method, data=form or None) as response:
        sent_to_login = response.status_code == 302 and response.location.startswith("/accounts/login?next=")
        return LOGIN if sent_to_login else response.status_code


def test_the_table_knows_every_route(app: Flask) -> None:
    assert {(visit.endpoint, visit.method) for visit in VISITS} == routes_of(app)


@pytest.mark.parametrize("visit", VISITS, ids=str)
def test_each_visit_leads_to_the_route_it_names(app: Flask, world: World, visit: Visit) -> None:
    path = world.filled(visit.url).partition("?")[0]

    endpoint, _ = app.url_map.bind("").match(path, visit.method)

    assert endpoint == visit.endpoint


@pytest.mark.parametrize("visit", VISITS, ids=str)
def test_each_person_gets_what_the_table_says(app: Flask, world: World, visit: Visit) -> None:
    outcomes = {person: outcome_of(app, world, person, visit) for person in PEOPLE}

    assert outcomes == dict(zip(PEOPLE, visit.outcomes, strict=True))


@pytest.mark.parametrize("visit", [visit for visit in VISITS if visit.outcomes[0] == LOGIN], ids=str)
def test_a_fragment_that_a_visitors_page_polls_reloads_the_page_instead_of_showing_a_login_in_it(app: Flask, world: World, visit: Visit) -> None:
    response = app.test_client().open(world.filled(visit.url), method=visit.method, headers={"HX-Request": "true"})

    assert (response.status_code, response.headers.get("HX-Refresh"), response.text) == (401, "true", "")


def test_a_fragment_that_a_plain_user_polls_is_refused(app: Flask, world: World) -> None:
    response = browser_of(app, world, "plain user").get("/workers/schedule/ticks", headers={"HX-Request": "true"})

    assert (response.status_code, "HX-Refresh" in response.headers) == (403, False)


@pytest.mark.parametrize("person", PEOPLE)
def test_no_link_on_the_front_page_leads_to_a_closed_door(app: Flask, world: World, person: str) -> None:
    browser = browser_of(app, world, person)

    links = set(re.findall(r'<a [^>]*href="(/[^"]*)"', browser.get("/").text))

    assert links
    assert {link: browser.get(link).status_code for link in links} == dict.fromkeys(links, 200)


@pytest.mark.parametrize(
    ("person", "pages"),
    [
        ("visitor", set()),
        ("plain user", {"/courses/"}),
        ("reviewer", {"/courses/", "/reviews/"}),
        ("superuser", {"/courses/", "/reviews/", "/tasks/", "/results/", "/users/", "/workers/", "/audit/"}),
    ],
)
def test_the_front_page_names_the_pages_that_each_person_may_open(app: Flask, world: World, person: str, pages: set[str]) -> None:
    navigation = read(browser_of(app, world, person).get("/")).all("nav", **{"aria-label": "Main"})

    assert {link.attributes["href"] for main in navigation for link in main.all("a")} == pages


@pytest.mark.parametrize("visit", WITHOUT_A_PAGE, ids=str)
def test_what_changes_something_and_shows_nothing_is_no_link(app: Flask, world: World, visit: Visit) -> None:
    response = browser_of(app, world, "superuser").get(world.filled(visit.url))

    assert response.status_code == 405


def test_an_app_with_a_route_without_a_rule_does_not_start(new_app: Flask) -> None:
    new_app.add_url_rule("/bare", "bare", lambda: "open to all")

    with pytest.raises(RuntimeError, match="bare"):
        demand_a_rule_of_every_route(new_app)


def test_a_name_that_ends_in_static_is_no_way_around_the_rule(new_app: Flask) -> None:
    new_app.add_url_rule("/ecstatic", "ecstatic", lambda: "open to all")

    with pytest.raises(RuntimeError, match="ecstatic"):
        demand_a_rule_of_every_route(new_app)


def test_an_app_with_an_admin_view_without_a_rule_does_not_start(new_app: Flask) -> None:
    class Bare(ClosedView):
        @expose("/")
        def index(self) -> str:
            return "open to all"

    admin_of(new_app).add_view(Bare(endpoint="bare"))

    with pytest.raises(RuntimeError, match="bare"):
        demand_a_rule_of_every_route(new_app)


def test_an_admin_view_that_is_not_closed_does_not_start_though_it_names_a_rule(new_app: Flask) -> None:
    class Leaky(BaseView):
        rule = superusers

        @expose("/")
        def index(self) -> str:
            return "open to all"

    admin_of(new_app).add_view(Leaky(endpoint="leaky"))

    with pytest.raises(RuntimeError, match="leaky"):
        demand_a_rule_of_every_route(new_app)


def test_a_route_open_to_everyone_says_so_by_its_rule(new_app: Flask) -> None:
    @new_app.route("/hello")
    @open_to(everyone)
    def hello() -> str:
        return "hello"

    demand_a_rule_of_every_route(new_app)
