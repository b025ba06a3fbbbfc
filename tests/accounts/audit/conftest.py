"""Fixtures: the browser of a superuser who looks at the audit."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.accounts.pages import add_user
from tests.app_fixtures import log_in


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """The browser of the superuser `super`, user 1."""
    return log_in(app.test_client(), add_user(app, "super", is_superuser=True))
