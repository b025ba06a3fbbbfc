"""A site that signs people in at a provider in a process of its own."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.accounts.identities.steps import HERE
from tests.apps import close, make_app
from tests.oidc import OidcServer


@pytest.fixture(scope="session")
def oidc() -> Iterator[OidcServer]:
    """A provider for this run; tests tell each other apart by their subjects."""
    with OidcServer() as server:
        yield server


@pytest.fixture
def app(database_url: str, oidc: OidcServer, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """An app with that provider, on both kinds of database. Forms need no CSRF token. A test's parameters are settings."""
    app = make_app(database_url, **{"providers": (oidc.register(HERE),), **getattr(request, "param", {})})
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    close(app)
