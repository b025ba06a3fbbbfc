"""Fixtures: a superuser's browser and somebody to look after."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.accounts.pages import add_user
from tests.app_fixtures import log_in


@pytest.fixture
def boss_id(app: Flask) -> int:
    """A superuser's id."""
    return add_user(app, "boss", is_superuser=True)


@pytest.fixture
def boss(app: Flask, boss_id: int) -> FlaskClient:
    """The browser of that superuser."""
    return log_in(app.test_client(), boss_id)


@pytest.fixture
def ada(app: Flask) -> int:
    """The id of the user `ada`."""
    return add_user(app, "ada")


@pytest.fixture
def heir(app: Flask) -> int:
    """The id of the user `heir`."""
    return add_user(app, "heir")
