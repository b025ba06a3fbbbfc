"""Fixtures: a superuser's browser, and all links grown old."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.links.models import OneTimeLink
from project.extensions import db
from tests.accounts.pages import add_user
from tests.app_fixtures import log_in


@pytest.fixture
def boss(app: Flask) -> FlaskClient:
    """The browser of a superuser."""
    return log_in(app.test_client(), add_user(app, "boss", is_superuser=True))


@pytest.fixture
def let_pass(app: Flask) -> Callable[[timedelta], None]:
    """Make all links older, as if so much time had passed."""

    def make_older(passed: timedelta) -> None:
        with app.app_context():
            for link in db.session.scalars(select(OneTimeLink)):
                link.created_at, link.expires_at = link.created_at - passed, link.expires_at - passed
            db.session.commit()

    return make_older
