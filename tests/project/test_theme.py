"""The theme: chosen by a form, remembered by a cookie, and in the page from its first byte."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient

from project import create_app
from tests.apps import close, settings
from tests.pages import Element, read

Choose = Callable[..., None]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the kind of database."""
    return sqlite_url


@pytest.fixture
def app(new_app: Flask) -> Flask:
    """A test here adds a page that fails."""
    return new_app


@pytest.fixture
def choose(client: FlaskClient) -> Choose:
    """Press one of the theme's buttons."""

    def press(theme: str) -> None:
        assert client.post("/theme", data={"theme": theme, "back": "/"}).status_code == 303

    return press


def shown(client: FlaskClient, url: str = "/accounts/login") -> str | None:
    """The theme that a page comes in; None for the system's."""
    (html,) = read(client.get(url)).all("html")
    return html.attributes.get("data-theme")


def pressed(page: Element) -> list[str]:
    """Which of the theme's buttons are marked as chosen."""
    return [button.attributes["value"] for button in page.all("button", name="theme", **{"aria-pressed": "true"})]


def test_who_has_chosen_nothing_has_the_systems(client: FlaskClient) -> None:
    assert shown(client) is None
    assert pressed(read(client.get("/"))) == ["system"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_choice_is_remembered(client: FlaskClient, choose: Choose, theme: str) -> None:
    choose(theme)

    assert shown(client) == shown(client, "/") == theme
    assert pressed(read(client.get("/"))) == [theme]


def test_the_systems_can_be_chosen_again(client: FlaskClient, choose: Choose) -> None:
    choose("dark")
    choose("system")

    assert shown(client) is None


@pytest.mark.parametrize(("url", "status"), [("/nowhere", 404), ("/failing", 500)])
def test_the_page_of_an_error_comes_in_it_too(app: Flask, client: FlaskClient, choose: Choose, url: str, status: int) -> None:
    app.add_url_rule("/failing", "failing", lambda: abort(500))
    choose("dark")

    response = client.get(url)

    assert response.status_code == status
    assert 'data-theme="dark"' in response.text


@pytest.mark.parametrize("theme", ["", "purple", '"><script>', "DARK"])
def test_what_is_no_theme_changes_nothing(client: FlaskClient, choose: Choose, theme: str) -> None:
    choose("dark")
    choose(theme)

    assert shown(client) == "dark"


def test_a_cookie_that_somebody_made_up_is_not_believed(client: FlaskClient) -> None:
    client.set_cookie("theme", '"><script>')

    assert shown(client) is None


@pytest.mark.parametrize(("target", "location"), [("/tasks/?page=2", "/tasks/?page=2"), ("https://evil.example/", "/"), ("//evil.example", "/"), ("", "/")])
def test_one_returns_to_where_one_was_and_to_no_other_site(client: FlaskClient, target: str, location: str) -> None:
    assert client.post("/theme", data={"theme": "dark", "back": target}).location == location


def test_a_page_sends_one_back_to_itself(client: FlaskClient) -> None:
    page = read(client.get("/accounts/login?next=/tasks/"))
    (form,) = page.all("form", action="/theme")

    assert [field.attributes["value"] for field in form.all("input", name="back")] == ["/accounts/login?next=/tasks/"]


def test_the_cookie_lasts_for_a_year_and_keeps_to_the_site(database_url: str) -> None:
    app = create_app(settings(database_url, environment="production"))
    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()

    browser.post("/theme", data={"theme": "dark"}, base_url="https://localhost")

    cookie = browser.get_cookie("__Host-theme")
    assert cookie
    assert (cookie.secure, cookie.http_only, cookie.same_site, cookie.path) == (True, True, "Lax", "/")
    assert cookie.expires
    assert abs(cookie.expires - datetime.now(UTC) - timedelta(days=365)) < timedelta(minutes=5)
    close(app)
