"""A site with one of everything, as it is served."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.apps import KeptApps
from tests.project.gallery import PROVIDER, Gallery, kept_gallery


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """A database that takes text of any length."""
    return sqlite_url


@pytest.fixture
def app(database_url: str, kept_apps: KeptApps) -> Iterator[Flask]:
    """An app that answers a fault with 500, as in earnest. Forms need no CSRF token."""
    with kept_apps.lent(database_url, providers=(PROVIDER,)) as app, pytest.MonkeyPatch.context() as patch:
        patch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
        yield app


@pytest.fixture
def gallery(app: Flask) -> Gallery:
    """What there is to attack."""
    return kept_gallery(app)
