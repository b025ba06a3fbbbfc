"""An event of the audit and its effect are written in one transaction: what can't be recorded is not done."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from dramatiq import Message
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from accounts.links.queries import make_invite, make_password_link
from accounts.second_factor.models import Authenticator
from accounts.tokens.models import ApiToken
from project.audit import AuditEvent
from project.database import utc_now
from project.extensions import db
from tests.accounts.tokens.tokens import make_token
from tests.app_fixtures import log_in
from tests.factories import PASSWORD, make_failure, make_process, make_session, make_tick
from tests.project.routes import World, everything, kept_world
from workers.models import ScheduleChange, TickState
from workers.monitor.models import WorkerState

NEW = "an entirely new password"
NUMBERS = {"schedule": "generate_random_numbers"}


@dataclass(frozen=True)
class Deed:
    """Something that is recorded: who sends which form where. Of a world beyond the usual, `{names}` stand for ids and a link's token."""

    action: str
    url: str
    form: dict[str, str]
    person: str = "superuser"

    def __str__(self) -> str:
        """The test's id."""
        return f"{self.action} at {self.url.partition('?')[0]}"


DEEDS = [
    Deed("login", "/accounts/login", {"username": "plain", "password": PASSWORD}, "visitor"),
    Deed("login.refused", "/accounts/login", {"username": "plain", "password": "a wrong password"}, "visitor"),
    Deed("logout", "/accounts/logout", {}),
    Deed("user.registered", "/accounts/register", {"username": "newcomer", "password": NEW, "repeat": NEW}, "visitor"),
    Deed("password.changed", "/accounts/password", {"current": PASSWORD, "password": NEW, "repeat": NEW}),
    Deed("password.set_by_link", "/accounts/set-password/{link}", {"password": NEW, "repeat": NEW}, "visitor"),
    Deed("session.ended", "/accounts/sessions/end", {"id": "{own_session}"}),
    Deed("session.others_ended", "/accounts/sessions/end-others", {}),
    Deed("token.made", "/accounts/tokens", {"name": "phone", "scopes": "account:read", "days": "30", "current": PASSWORD}),
    Deed("token.revoked", "/accounts/tokens/revoke", {"id": "{own_token}"}),
    Deed("user.rights_changed", "/users/edit/?id={user}", {"can_review_tasks": "y"}),
    Deed("link.made", "/users/password-link", {"id": "{user}", "current": PASSWORD}),
    Deed("session.ended", "/users/end-session", {"id": "{user}", "session": "{session}"}),
    Deed("user.logged_out", "/users/end-sessions", {"id": "{user}"}),
    Deed("second_factor.off", "/users/turn-off-second-factor", {"id": "{user}", "current": PASSWORD}),
    Deed("tokens.revoked", "/users/revoke-tokens", {"id": "{user}"}),
    Deed("user.deleted", "/users/delete/?id={user}", {"username": "bystander", "current": PASSWORD}),
    Deed("link.made", "/invites/", {"note": "For Ada"}),
    Deed("link.revoked", "/invites/revoke", {"id": "{invite}"}),
    Deed("task.created", "/tasks/new/", {"lower_limit": "0", "upper_limit": "1"}),
    Deed("task.changed", "/tasks/edit/?id={task}", {"lower_limit": "3", "upper_limit": "4"}),
    *(Deed(f"worker.{done}", "/workers/processes/ask", {"id": "{process}", "action": do}) for do, done in (("pause", "paused"), ("stop", "stopped"))),
    Deed("worker.resumed", "/workers/processes/ask", {"id": "{paused_process}", "action": "resume"}),
    Deed("message.sent", "/workers/actors/send", {"actor": "generate_random_number", "arguments": "[1]"}),
    Deed("queue.purged", "/workers/queues/purge", {"queue": "numbers", "name": "numbers", "part": "ready", "ticks": "give up"}),
    Deed("queue.purged", "/workers/queues/purge", {"queue": "numbers", "name": "numbers", "part": "dead", "ticks": "again"}),
    *(Deed(f"message.{done}", f"/workers/messages/{do}", {"id": "{failure}"}) for do, done in (("retry", "retried"), ("discard", "discarded"))),
    *(Deed(f"messages.{done}", f"/workers/messages/{do}", {"matching": "1"}) for do, done in (("retry", "retried"), ("discard", "discarded"))),
    Deed("schedule.paused", "/workers/schedule/pause", NUMBERS),
    Deed("schedule.resumed", "/workers/schedule/resume", {"schedule": "delete_old_rows"}),
    Deed("schedule.changed", "/workers/schedule/interval", NUMBERS | {"interval": "60"}),
    Deed("tick.launched", "/workers/schedule/launch", NUMBERS),
    Deed("run.sent", "/workers/schedule/run", NUMBERS | {"key": "{task}"}),
    Deed("run.sent", "/tasks/run", {"id": "{task}"}),
    Deed("tick.published_again", "/workers/schedule/publish-again", {"id": "{tick}"}),
    Deed("tick.abandoned", "/workers/schedule/abandon", {"id": "{tick}"}),
    Deed("task.deleted", "/tasks/delete/", {"id": "{task}"}),
]


@pytest.fixture
def app(new_app: Flask) -> Flask:
    """An app whose faults are answered, as in earnest."""
    new_app.testing = False
    new_app.config["PROPAGATE_EXCEPTIONS"] = False
    return new_app


@pytest.fixture
def world(app: Flask) -> World:
    """What there is to change."""
    return kept_world(app)


@pytest.fixture
def names(app: Flask, world: World) -> dict[str, Any]:
    """What the deeds are done to: of the user and of the superuser a session and a token each, the user's second factor, links of both kinds."""
    own = world.people["superuser"] or 0
    for user_id in (own, world.user):
        make_token(app, user_id, "account:read")
    with app.app_context():
        make_session(world.user)
        make_session(own)
        db.session.add(Authenticator(user_id=world.user, secret="x" * 32, created_at=utc_now(), confirmed_at=utc_now()))
        invite, _ = make_invite("For Grace")
        made = make_password_link(world.user)
        assert made
        db.session.commit()
        body = Message("numbers", "generate_random_number", (world.task,), {}, {}).encode()
        failures = [make_failure(body=body) for _ in range(2)]
        db.session.add(ScheduleChange(name="delete_old_rows", paused_at=utc_now()))
        db.session.commit()
        own_token = db.session.scalars(select(ApiToken.id).where(ApiToken.user_id == own)).one()
        return {
            "task": world.task,
            "user": world.user,
            "process": world.process,
            "paused_process": make_process(WorkerState.PAUSED, wanted=WorkerState.PAUSED).id,
            "failure": failures[0].id,
            "tick": make_tick(TickState.DRAWING).id,
            "session": 1,
            "own_session": 2,
            "own_token": own_token,
            "invite": invite.id,
            "link": made[1],
        }


@contextmanager
def audit_that_is_full(app: Flask) -> Iterator[None]:
    """Have the database refuse every event of the audit."""
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("CREATE TRIGGER full BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'full'); END"))
    yield
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER full"))


def browser_of(app: Flask, world: World, person: str) -> FlaskClient:
    """A browser in which the person is logged in, if it is no visitor."""
    user_id = world.people[person]
    return app.test_client() if user_id is None else log_in(app.test_client(), user_id)


def actions(app: Flask) -> list[str]:
    """What the audit says was done."""
    with app.app_context():
        return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("deed", DEEDS, ids=str)
def test_what_can_not_be_recorded_is_not_done(app: Flask, world: World, names: dict[str, Any], deed: Deed) -> None:
    first, second = (browser_of(app, world, deed.person) for _ in range(2))
    url, form = deed.url.format(**names), {name: value.format(**names) for name, value in deed.form.items()}
    before = everything(app)

    with audit_that_is_full(app):
        first.post(url, data=form)
    after = everything(app)
    second.post(url, data=form)

    # A try is counted before its password is looked at, on purpose.
    assert after | {"failed_logins": before["failed_logins"]} == before
    assert actions(app)[:1] == [deed.action]
