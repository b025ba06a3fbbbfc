"""A site that runs, and Chromium at it; no test has to look for what `Watch` looks for."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page

from tests.app_fixtures import log_in
from tests.apps import WEEK, close, make_app, migrate
from tests.browser.watch import Watch
from tests.chromium import PACKAGE, chromium
from tests.conftest import require
from tests.factories import make_user
from tests.project.gallery import PROVIDER
from tests.servers import PostgresServer
from tests.site import Site

Open = Callable[..., Page]
SECONDS = 15
"""For whatever a page has to show: a busy machine takes its time."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, for this run."""
    require(PACKAGE)
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def database_url(postgres: PostgresServer) -> str:
    """The site's database. It is never emptied, so tests have people and Tasks of their own."""
    url = postgres.create_database()
    migrate(url)
    return url


@pytest.fixture(scope="session")
def site(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that serves, and works off its own queue."""
    provider = {"OIDC_ISSUER": PROVIDER.issuer, "OIDC_CLIENT_ID": PROVIDER.client_id, "OIDC_CLIENT_SECRET": PROVIDER.client_secret, "OIDC_NAME": PROVIDER.name}
    every_week = {"GENERATE_RANDOM_NUMBER_TASKS_SCHEDULE": str(WEEK)}
    site = Site(tmp_path_factory.mktemp("site"), DATABASE_URL=database_url, **provider, **every_week)
    with site.serving():
        yield site


@pytest.fixture(scope="session")
def behind(database_url: str) -> Iterator[Flask]:
    """An app on the same database, to do things behind the site's back."""
    app = make_app(database_url, providers=(PROVIDER,))
    yield app
    close(app)


@pytest.fixture
def watch(site: Site) -> Iterator[Watch]:
    """What must not happen in any browser of a test."""
    watch = Watch(site.url)
    yield watch
    assert watch.faults == []


@pytest.fixture
def open_as(browser: Browser, site: Site, watch: Watch) -> Iterator[Open]:
    """Open a browser: `open_as(client)` with the cookies of a client of the app, `open_as()` with none; its page, blank, and options of Playwright's."""
    contexts = []

    def open_browser(client: FlaskClient | None = None, **options: Any) -> Page:
        # A theme that fades in would be seen half-way.
        context = browser.new_context(base_url=site.url, reduced_motion="reduce", **options)
        contexts.append(context)
        context.set_default_timeout(SECONDS * 1000)
        watch.over(context)
        if client and (cookie := client.get_cookie(client.application.config["SESSION_COOKIE_NAME"])):
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site.url}])
        return context.new_page()

    yield open_browser
    for context in contexts:
        context.close()


@pytest.fixture
def visitor(open_as: Open) -> Page:
    """The page of somebody who has not logged in."""
    return open_as()


@pytest.fixture
def superuser(open_as: Open, behind: Flask) -> Page:
    """The page of a superuser."""
    return open_as(member(behind, is_superuser=True))


def member(app: Flask, **values: Any) -> FlaskClient:
    """A client in which a new user is logged in."""
    with app.app_context():
        user_id = make_user(**values).id
    return log_in(app.test_client(), user_id)
