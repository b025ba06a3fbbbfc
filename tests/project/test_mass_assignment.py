"""Mass assignment: no form gives anybody a right that it does not show."""

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import User
from project.extensions import db
from tests.app_fixtures import log_in
from tests.factories import PASSWORD
from tests.project.routes import POSTS, Visit, World, kept_world

# Nothing here depends on the kind of database.
pytestmark = [pytest.mark.no_cover, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

SLIPPED_IN = {
    "is_superuser": "y",
    "is_active": "y",
    "can_review_tasks": "y",
    "task_count": "7",
    "user_id": "1",
    "created_by": "1",
    "author": "super",
    "password_hash": "x",
    "username": "newcomer",
    "password": PASSWORD,
    "repeat": PASSWORD,
    "current": PASSWORD,
    "name": "laptop",
    "scopes": "account:read",
    "days": "30",
    "queue": "numbers",
    "part": "ready",
    "ticks": "again",
    "actor": "generate_random_number",
    "arguments": "[1]",
    "seen": "7",
    "score": "1",
    "reason": "x",
    "comment": "x",
    "grade": "1",
    "sheet": "username,sum\nstudent,3",
    "seal": "x",
}
"""Each field of each form that there is, and what is no field of any."""


@pytest.fixture
def world(app: Flask) -> World:
    """Who is there."""
    return kept_world(app)


def superusers_and_reviewers(app: Flask) -> set[tuple[str, bool, bool, int]]:
    """Who may do what, and how many Tasks are theirs."""
    with app.app_context():
        rights = select(User.username, User.is_superuser, User.can_review_tasks, User.task_count).where(User.is_superuser | User.can_review_tasks)
        return {(username, superuser, reviewer, count) for username, superuser, reviewer, count in db.session.execute(rights)}


@pytest.mark.parametrize("visit", POSTS, ids=str)
@pytest.mark.parametrize("person", ["visitor", "plain user", "reviewer"])
def test_no_form_gives_whoever_sends_it_a_right(app: Flask, world: World, visit: Visit, person: str) -> None:
    before = superusers_and_reviewers(app)
    browser = app.test_client()
    if user_id := world.people[person]:
        log_in(browser, user_id)

    browser.post(world.filled(visit.url), data={name: world.filled(value) for name, value in visit.form.items()} | SLIPPED_IN)

    assert superusers_and_reviewers(app) == before
