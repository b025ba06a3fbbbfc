"""Every page of the site in every state that has a template of its own, on a site where there is one of everything."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from dramatiq import Message
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete
from werkzeug.test import TestResponse

from accounts.guessing.models import FailedLogins
from accounts.identities.carrying import NEWCOMER
from accounts.identities.models import Identity
from accounts.links.queries import make_invite, make_password_link
from accounts.models import User
from accounts.second_factor.codes import new_recovery_code, new_secret
from accounts.second_factor.models import Authenticator, RecoveryCode
from accounts.tokens.models import ApiToken
from project.audit import AuditEvent
from project.database import utc_now
from project.extensions import db
from project.providers import Provider
from project.tokens import digest, new_token
from tasks_app.models import DeletedTask, Task
from tests.app_fixtures import log_in
from tests.factories import PASSWORD, make_process, make_result, make_session, make_tick
from tests.kept_rows import made_once
from tests.project.routes import VISITS, World, make_world
from workers.models import Alarm, AlarmKind, FailureState, MessageFailure, ScheduleChange, TickState
from workers.monitor.models import Outcome, QueueMinute, QueueState, WorkCount, WorkerState
from workers.records import UNDECODABLE

# Nothing of these pages asks the provider anything, so nobody has to be there.
PROVIDER = Provider(key="oidc", name="Campus", issuer="http://127.0.0.1:9", client_id="callboard", client_secret="a-secret")
RESULTS, CODES = 3, 20
HIGH = 10**6
"""An id that no row has."""


@dataclass(frozen=True)
class Showing:
    """A page as somebody gets to see it: after one request, and what it leads to; in the URL and the form stand what `Gallery.filled` knows."""

    name: str
    person: str
    """One of PEOPLE, or `guarded`: a plain user whose second factor is on."""
    url: str
    form: dict[str, str] | None = None
    """What is sent; None is a GET."""
    carries: dict[str, Any] = field(default_factory=dict)
    """What the browser's session holds besides who is logged in."""

    def __str__(self) -> str:
        """The test's id."""
        return self.name


def _plain_showings() -> Iterator[Showing]:
    """Each GET of the table of routes, as a superuser, and as a visitor where that is open too."""
    for visit in VISITS:
        if visit.method == "GET" and not visit.endpoint.endswith("static"):
            yield Showing(visit.endpoint, "superuser", visit.url)
            if visit.outcomes[0] == 200:
                yield Showing(f"{visit.endpoint}, visitor", "visitor", visit.url)


def _newcomer() -> dict[str, Any]:
    # Made when the tests are collected; a whole run may take longer than anybody has.
    voucher = {"issuer": PROVIDER.issuer, "subject": "newcomer", "name": "new.comer", "preferred_username": "new.comer"}
    return {
        NEWCOMER: {"provider": PROVIDER.key, "voucher": voucher, "target": None, "until": datetime.now(UTC).timestamp() + timedelta(days=1).total_seconds()}
    }


SHOWINGS = [
    *_plain_showings(),
    Showing("front page, plain user", "plain user", "/"),
    Showing("front page, reviewer", "reviewer", "/"),
    Showing("nothing there", "visitor", "/nowhere"),
    Showing("not open", "plain user", "/tasks/"),
    Showing("wrong password", "visitor", "/accounts/login", {"username": "nobody", "password": "wrong password"}),
    Showing("refused registration", "visitor", "/accounts/register", {"username": "x", "password": "short", "repeat": "other"}),
    Showing("refused task", "superuser", "/tasks/new/", {"title": "Odd", "lower_limit": "x", "upper_limit": "", "author": "nobody"}),
    Showing("filter with a mistake", "superuser", "/audit/?action=0&address=x"),
    Showing("search without a match", "superuser", "/tasks/?search=nowhere"),
    Showing("failed message", "superuser", "/workers/messages/details?id=2"),
    Showing("no message", "superuser", "/workers/messages/details?id=3"),
    Showing("retried messages", "superuser", "/workers/messages/?state=retried"),
    Showing("failed messages with a mistake", "superuser", "/workers/messages/?since=x&text=y"),
    Showing("new second factor", "plain user", "/accounts/second-factor", {"current": PASSWORD}),
    Showing("second factor", "guarded", "/accounts/second-factor"),
    Showing("turn off second factor", "guarded", "/accounts/second-factor/off"),
    Showing("renew recovery codes", "guarded", "/accounts/second-factor/recovery-codes"),
    Showing("new recovery codes", "guarded", "/accounts/second-factor/recovery-codes", {"recovery": "{recovery_code}"}),
    Showing("code asked", "visitor", "/accounts/login", {"username": "guarded", "password": PASSWORD}),
    Showing("turn off another's second factor", "superuser", "/users/turn-off-second-factor?id={guarded}"),
    Showing("personal data", "superuser", "/users/personal-data", {"id": "{guarded}"}),
    Showing("guarded user", "superuser", "/users/details/?id={guarded}"),
    Showing("lost worker", "superuser", "/workers/processes/process?id={lost}"),
    Showing("paused worker", "superuser", "/workers/processes/process?id={paused}"),
    Showing("set password by link", "visitor", "/accounts/set-password/{password_link}"),
    Showing("new password link", "superuser", "/users/password-link", {"id": "{user}", "current": PASSWORD}),
    Showing("new invite", "superuser", "/invites/", {"note": "For Ada"}),
    Showing("identities", "guarded", "/accounts/identities"),
    Showing("my courses", "plain user", "/courses/"),
    Showing("course, student", "plain user", "/courses/shown/"),
    Showing("submissions", "plain user", "/courses/shown/submissions"),
    Showing("enrolment refused", "plain user", "/courses/shown/enrol", {"secret": "wrong"}),
    Showing("calendar", "plain user", "/courses/shown/calendar"),
    Showing("calendar made", "plain user", "/courses/shown/calendar", {}),
    Showing("gradebook, student", "plain user", "/courses/shown/gradebook"),
    Showing("gradebook, reviewer", "reviewer", "/courses/shown/gradebook?everybody=1&sort=total&desc=1"),
    Showing("gradebook, nobody found", "superuser", "/courses/shown/gradebook?search=nobody"),
    Showing("student, reviewer", "reviewer", "/courses/shown/students/student"),
    Showing("score refused", "superuser", "/courses/shown/gradebook/{student}/{assignment}", {"seen": "5", "score": "6"}),
    Showing("comment refused", "superuser", "/courses/shown/gradebook/{student}/comment", {"seen": "x", "comment": "Was ill"}),
    Showing("scores to import", "superuser", "/courses/shown/gradebook/import", {"sheet": "username,sum,total\nstudent,3,9"}),
    Showing("scores that can't be imported", "superuser", "/courses/shown/gradebook/import", {"sheet": "username,sum,odd\nstudent,x,1\nnobody,2"}),
    Showing("new course refused", "superuser", "/courses/new", {"name": "new", "title": ""}),
    Showing("new course made", "superuser", "/courses/new", {"name": "made", "title": "Made"}),
    Showing(
        "settings refused", "superuser", "/courses/sample/settings", {"title": "", "status": "x", "timezone": "Mars", "links": "x", "max_submissions": "0"}
    ),
    Showing("course token made", "superuser", "/courses/shown/tokens", {"name": "CI", "scope": "report", "current": PASSWORD}),
    Showing("course token refused", "superuser", "/courses/shown/tokens", {"name": "", "scope": "x", "student": "nobody", "current": "wrong password"}),
    Showing("course secret made", "superuser", "/courses/shown/tokens/secret", {"a": ""}),
    Showing("no people found", "superuser", "/courses/shown/people?search=nowhere"),
    Showing("enrolment refused by a teacher", "superuser", "/courses/shown/people", {"rms_username": "@x"}),
    Showing("person without an account", "superuser", "/courses/shown/people/2"),
    Showing("binding refused", "superuser", "/courses/shown/people/2/bind", {"account": "nobody"}),
    Showing("config with faults", "superuser", "/courses/shown/config", {"text": "version: 2\nui: {}\n"}),
    Showing("config not there", "superuser", "/courses/sample/config"),
    Showing("extension refused", "superuser", "/courses/shown/extensions", {"student": "nobody", "of": "x", "days": "-1"}),
    Showing("extensions of one", "superuser", "/courses/shown/extensions?student=student"),
    Showing("copy refused", "superuser", "/courses/shown/copy", {"name": "shown", "title": "", "days": "99999"}),
    Showing("exported person", "superuser", "/courses/shown/people/1/export", {"a": ""}),
    Showing("course, superuser", "superuser", "/courses/shown/"),
    Showing("newcomer from elsewhere", "visitor", "/accounts/identities/new", carries=_newcomer()),
]


@dataclass(frozen=True)
class Gallery:
    """Who and what is there."""

    world: World
    guarded: int
    password_link: str
    recovery_codes: Iterator[str]
    lost: int
    paused: int

    def filled(self, text: str) -> str:
        """The text with ids, tokens and unused codes in it."""
        code = next(self.recovery_codes) if "{recovery_code}" in text else ""
        ids = {
            "task": self.world.task,
            "user": self.world.user,
            "process": self.world.process,
            "student": self.world.student,
            "assignment": self.world.assignment,
            "guarded": self.guarded,
            "lost": self.lost,
            "paused": self.paused,
        }
        for name, value in {**ids, "password_link": self.password_link, "recovery_code": code}.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def form_of(self, showing: Showing) -> dict[str, str] | None:
        """What is sent for it."""
        return showing.form and {name: self.filled(value) for name, value in showing.form.items()}

    def browser_for(self, app: Flask, showing: Showing) -> FlaskClient:
        """The browser of the one who is shown it."""
        user_id = self.guarded if showing.person == "guarded" else self.world.people[showing.person]
        browser = app.test_client() if user_id is None else log_in(app.test_client(), user_id)
        with browser.session_transaction() as session:
            session.update(showing.carries)
        return browser

    def show(self, app: Flask, showing: Showing) -> TestResponse:
        """The answer, whatever redirects lead to it. Forms need no token."""
        form = self.form_of(showing)
        method = "GET" if form is None else "POST"
        return self.browser_for(app, showing).open(self.filled(showing.url), method=method, data=form, follow_redirects=True)


def kept_gallery(app: Flask) -> Gallery:
    """The same in an empty database as in the tests before; no code of it was used."""
    gallery, codes = made_once(app, _make)
    return replace(gallery, recovery_codes=iter(codes))


def make_gallery(app: Flask) -> Gallery:
    """At least one row in each table, and more where a page shows more."""
    return _make(app)[0]


def _make(app: Flask) -> tuple[Gallery, list[str]]:
    world = make_world(app)
    with app.app_context():
        user, task, superuser = db.session.get_one(User, world.user), db.session.get_one(Task, world.task), world.people["superuser"] or 0
        task.title = "Dice"
        guarded = User(username="guarded", password_hash=user.password_hash)
        db.session.add(guarded)
        db.session.commit()
        codes = [new_recovery_code() for _ in range(CODES)]
        link = make_password_link(user.id, by=superuser)
        assert link
        make_invite("For Grace", by=superuser)
        make_session(user.id)
        # A site that serves has looked at its queues already.
        db.session.execute(delete(QueueState))
        db.session.execute(delete(QueueMinute))
        db.session.add_all([*_of_the_guarded(guarded.id, codes), *_of_work(task.id, superuser)])
        _make_results(task)
        lost = make_process(heartbeat_at=utc_now() - timedelta(minutes=1))
        paused = make_process(WorkerState.PAUSED, at_work=[])
        db.session.commit()
        gallery = Gallery(world, guarded.id, link[1], iter(codes), lost.id, paused.id)
        db.session.remove()
    return gallery, codes


def _of_the_guarded(user_id: int, codes: list[str]) -> Iterator[Any]:
    at = utc_now()
    yield Authenticator(user_id=user_id, secret=new_secret(), created_at=at, confirmed_at=at)
    yield from (RecoveryCode(user_id=user_id, code_hash=digest(code)) for code in codes)
    yield Identity(user_id=user_id, issuer=PROVIDER.issuer, subject="guarded", name="guar.ded", created_at=at)
    yield Identity(user_id=user_id, issuer="https://elsewhere.example", subject="guarded", name="guar.ded", created_at=at)
    until = at + timedelta(days=30)
    yield ApiToken(user_id=user_id, name="laptop", scopes=["account:read"], token_hash=digest(new_token()), created_at=at, expires_at=until)
    yield FailedLogins(subject="name:somebody", failures=1.0, last_at=at, blocked_until=at)


def _of_work(task_id: int, superuser: int) -> Iterator[Any]:
    at = utc_now()
    noted = {"action": "task.changed", "object_type": "task", "object_id": task_id, "details": {"title": "Dice", "author_id": superuser}}
    yield AuditEvent(at=at, actor_id=superuser, address="192.0.2.1", request_id="0123456789abcdef", **noted)
    yield DeletedTask(task_id=HIGH, deleted_at=at)
    yield ScheduleChange(name="delete_old_rows", interval=3600, paused_at=at)
    body = Message("numbers", "generate_random_number", (task_id,), {}, {}).encode()
    failed = {"message_id": uuid4(), "actor": "generate_random_number", "queue": "numbers", "args": {"args": [task_id], "kwargs": {}}, "body": body}
    yield MessageFailure(**failed, error="ValueError", traceback="Traceback\nValueError", worker="stage:1", state=FailureState.RETRIED)
    yield MessageFailure(**failed, error="ValueError", traceback="Traceback\nValueError", worker="stage:1", round=1)
    yield MessageFailure(**failed | {"actor": UNDECODABLE, "message_id": uuid4(), "body": b"<no message>"}, error="not a message")
    yield WorkCount(at=at, queue="numbers", actor="generate_random_number", outcome=Outcome.PROCESSED, bucket=3, messages=20, seconds=0.8)
    yield QueueState(queue="numbers", ready=7, consumers=2, unacknowledged=3, oldest_at=at, seen_at=at, fault="RabbitMQ does not answer")
    yield QueueMinute(at=at, queue="numbers", ready=7)
    yield Alarm(kind=AlarmKind.ABANDONED_TICK, about="1", text="Tick 1 was abandoned.", began_at=at, ended_at=at, next_try_at=at)


def _make_results(task: Task) -> None:
    at = utc_now()
    ticks = [make_tick(slot=at - timedelta(hours=hours), finished_at=at, published=1, verified=1) for hours in range(RESULTS)]
    make_tick(TickState.ABANDONED, slot=at - timedelta(hours=RESULTS), reason="No worker was there.", published=1)
    for part, tick in enumerate(ticks):
        make_result(task, result=part / RESULTS, tick_id=tick.id, created_at=tick.slot)
