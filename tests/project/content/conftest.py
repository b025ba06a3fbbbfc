"""A site with one of everything, as it is served."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.apps import close, make_app
from tests.project.gallery import PROVIDER, Gallery, make_gallery


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """A database that takes text of any length."""
    return sqlite_url


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    """An app that answers a fault with 500, as in earnest. Forms need no CSRF token."""
    app = make_app(database_url, providers=(PROVIDER,))
    app.config.update(WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
    yield app
    close(app)


@pytest.fixture
def gallery(app: Flask) -> Gallery:
    """What there is to attack."""
    return make_gallery(app)
