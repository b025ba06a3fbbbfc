"""Fixtures: a reviewer's browser, and authors with an amount of Tasks each."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from project.extensions import db
from tests.app_fixtures import log_in
from tests.factories import make_user

MakeAuthors = Callable[[dict[str, int]], None]


@pytest.fixture
def reviewer(app: Flask) -> FlaskClient:
    """The browser of the reviewer `rita`, who has no Tasks."""
    with app.app_context():
        return log_in(app.test_client(), make_user("rita", can_review_tasks=True).id)


@pytest.fixture
def make_authors(app: Flask) -> MakeAuthors:
    """`make_authors({"anna": 3, …})`: users with so many Tasks by their counters, in that order."""

    def make(amounts: dict[str, int]) -> None:
        with app.app_context():
            for username, amount in amounts.items():
                make_user(username).task_count = amount
            db.session.commit()

    return make
