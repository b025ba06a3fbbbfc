"""Fixtures for the tests of courses."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.app_fixtures import log_in
from tests.factories import make_user


@pytest.fixture
def student(app: Flask) -> tuple[FlaskClient, int]:
    """Somebody's browser, and the id of the account."""
    with app.app_context():
        user_id = make_user("ada").id
    return log_in(app.test_client(), user_id), user_id
