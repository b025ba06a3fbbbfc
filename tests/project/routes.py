"""Every route of the site, and what each kind of person gets there."""

from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import select

from accounts.models import User
from courses.models import Course
from courses.queries import assignments_of, find_enrolment
from project.extensions import Model, db
from project.tokens import digest
from tests.courses.rows import COURSE_CONFIG, make_shown_course
from tests.factories import PASSWORD, make_process, make_superuser, make_task, make_user
from tests.kept_rows import made_once
from workers.broker import InProcessBroker, broker_of

PEOPLE = ("visitor", "plain user", "reviewer", "superuser")
LOGIN = "to login"

Outcome = int | str
"""A status, or LOGIN for a redirect to the login page."""
Outcomes = tuple[Outcome, Outcome, Outcome, Outcome]
"""In the order of PEOPLE."""


def everyone(outcome: Outcome) -> Outcomes:
    """Open to the world."""
    return outcome, outcome, outcome, outcome


def members(outcome: Outcome) -> Outcomes:
    """Open to whoever has logged in."""
    return LOGIN, outcome, outcome, outcome


def reviewers(outcome: Outcome) -> Outcomes:
    """Open to reviewers and superusers."""
    return LOGIN, 403, outcome, outcome


def superusers(outcome: Outcome) -> Outcomes:
    """Open to superusers alone."""
    return LOGIN, 403, 403, outcome


@dataclass(frozen=True)
class Visit:
    """A request to a route, and its outcome for each of PEOPLE; `{task}` and its like stand for the ids of those of the `World`."""

    endpoint: str
    method: str
    url: str
    outcomes: Outcomes
    form: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """The test's id."""
        return f"{self.method}-{self.endpoint}"


SETTINGS = {"title": "Shown", "status": "in_progress", "timezone": "Europe/Moscow", "deadline_kind": "interpolate", "identity_provider": "gitlab"}
TASK = {"lower_limit": "0", "upper_limit": "1"}

VISITS = [
    Visit("static", "GET", "/static/callboard.css", everyone(200)),
    Visit("theme.choose", "POST", "/theme", everyone(303), {"theme": "dark", "back": "/accounts/login"}),
    Visit("home.index", "GET", "/", everyone(200)),
    Visit("health.healthz", "GET", "/healthz", everyone(200)),
    Visit("health.healthcheck", "GET", "/healthcheck", everyone(200)),
    Visit("health.readyz", "GET", "/readyz", everyone(200)),
    Visit("accounts.login", "GET", "/accounts/login", everyone(200)),
    Visit("accounts.login", "POST", "/accounts/login", everyone(401), {"username": "nobody", "password": "wrong password"}),
    Visit("accounts.logout", "POST", "/accounts/logout", everyone(302)),
    Visit("accounts.register", "GET", "/accounts/register", everyone(200)),
    Visit("accounts.register", "POST", "/accounts/register", everyone(200), {"username": "x"}),
    Visit("accounts.password", "GET", "/accounts/password", members(200)),
    Visit("accounts.password", "POST", "/accounts/password", members(200), {"current": "wrong password"}),
    Visit("accounts.index", "GET", "/accounts/", members(200)),
    Visit("accounts.sessions", "GET", "/accounts/sessions", members(200)),
    Visit("accounts.end_session", "POST", "/accounts/sessions/end", members(404), {"id": "999"}),
    Visit("accounts.end_other_sessions", "POST", "/accounts/sessions/end-others", members(302)),
    # The site has no provider; tests/accounts/identities has.
    Visit("accounts.identities", "GET", "/accounts/identities", members(404)),
    Visit("accounts.begin_sign_in", "POST", "/accounts/identities/gitlab/begin", everyone(404)),
    Visit("accounts.begin_linking", "POST", "/accounts/identities/gitlab/link", members(404)),
    Visit("accounts.come_back", "GET", "/accounts/identities/gitlab/callback", everyone(404)),
    Visit("accounts.unlink", "POST", "/accounts/identities/unlink", members(404), {"id": "999"}),
    Visit("accounts.choose_username", "GET", "/accounts/identities/new", everyone(302)),
    Visit("accounts.choose_username", "POST", "/accounts/identities/new", everyone(302), {"username": "newcomer"}),
    Visit("accounts.tokens", "GET", "/accounts/tokens", members(200)),
    Visit("accounts.tokens", "POST", "/accounts/tokens", members(200), {"name": ""}),
    Visit("accounts.revoke_token", "POST", "/accounts/tokens/revoke", members(404), {"id": "999"}),
    # Without a token: what pages of the site may ask for.
    Visit("accounts_api.me", "GET", "/accounts/api/me", (401, 200, 200, 200)),
    Visit("reviews_api.authors", "GET", "/reviews/api/authors", (401, 403, 200, 200)),
    # The plain user is a student of this course; reviewers and superusers may look at any.
    Visit("courses.index", "GET", "/courses/", members(200)),
    Visit("courses.course", "GET", "/courses/shown/", members(200)),
    Visit("courses.submissions", "GET", "/courses/shown/submissions", (LOGIN, 200, 404, 404)),
    Visit("courses.enrol", "GET", "/courses/shown/enrol", members(200)),
    Visit("courses.enrol", "POST", "/courses/shown/enrol", members(200), {"secret": "wrong"}),
    Visit("courses.calendar", "GET", "/courses/shown/calendar", (LOGIN, 200, 404, 404)),
    Visit("courses.calendar", "POST", "/courses/shown/calendar", (LOGIN, 200, 404, 404), {"stop": "1"}),
    Visit("courses.deadlines", "GET", "/courses/shown/calendar/invented.ics", everyone(404)),
    # The plain user sees the own row of the gradebook; reviewers read everything, and superusers change it.
    Visit("courses.gradebook", "GET", "/courses/shown/gradebook", members(200)),
    Visit("courses.gradebook_part", "GET", "/courses/shown/gradebook/part", members(200)),
    Visit("courses.cell", "GET", "/courses/shown/gradebook/{student}/{assignment}", reviewers(200)),
    Visit("courses.cell", "POST", "/courses/shown/gradebook/{student}/{assignment}", superusers(302), {"seen": "7", "score": "6", "reason": "Why"}),
    Visit("courses.undo_edit", "POST", "/courses/shown/gradebook/{student}/{assignment}/undo", superusers(409), {"id": "999"}),
    Visit("courses.gradebook_csv", "GET", "/courses/shown/gradebook.csv", reviewers(200)),
    Visit("courses.gradebook_xlsx", "GET", "/courses/shown/gradebook.xlsx", reviewers(200)),
    Visit("courses.import_scores", "GET", "/courses/shown/gradebook/import", superusers(200)),
    Visit("courses.import_scores", "POST", "/courses/shown/gradebook/import", superusers(200), {"sheet": "username,sum\nstudent,3"}),
    Visit("courses.student", "GET", "/courses/shown/students/student", reviewers(200)),
    Visit("courses.set_comment", "POST", "/courses/shown/gradebook/{student}/comment", superusers(409), {"seen": "x", "comment": "Was ill"}),
    Visit("courses.set_grade", "POST", "/courses/shown/gradebook/{student}/grade", superusers(302), {"seen": "", "grade": "5"}),
    Visit("courses.undo_change", "POST", "/courses/shown/gradebook/{student}/undo", superusers(404), {"id": "999"}),
    Visit("courses.statistics", "GET", "/courses/shown/statistics", reviewers(200)),
    Visit("courses.assignment", "GET", "/courses/shown/assignments/sum", reviewers(200)),
    # The administration, which teachers may open too; tests/courses/administration tries them.
    Visit("courses.new", "GET", "/courses/new", superusers(200)),
    Visit("courses.new", "POST", "/courses/new", superusers(200), {"name": "next", "title": "Next"}),
    Visit("courses.settings", "GET", "/courses/shown/settings", superusers(200)),
    Visit("courses.settings", "POST", "/courses/shown/settings", superusers(302), SETTINGS),
    Visit("courses.archive", "POST", "/courses/shown/archive", superusers(302)),
    Visit("courses.copy", "GET", "/courses/shown/copy", superusers(200)),
    Visit("courses.copy", "POST", "/courses/shown/copy", superusers(200), {"name": "later", "title": "Later", "days": "364"}),
    Visit("courses.tokens", "GET", "/courses/shown/tokens", superusers(200)),
    Visit("courses.tokens", "POST", "/courses/shown/tokens", superusers(200), {"name": "CI", "scope": "report", "current": PASSWORD}),
    Visit("courses.revoke_token", "POST", "/courses/shown/tokens/revoke", superusers(302), {"id": "1"}),
    Visit("courses.secret", "POST", "/courses/shown/tokens/secret", superusers(200)),
    Visit("courses.people", "GET", "/courses/shown/people", superusers(200)),
    Visit("courses.people", "POST", "/courses/shown/people", superusers(302), {"rms_username": "somebody"}),
    Visit("courses.person", "GET", "/courses/shown/people/1", superusers(200)),
    Visit("courses.change_role", "POST", "/courses/shown/people/1/role", superusers(302), {"role": "teacher"}),
    Visit("courses.name_person", "POST", "/courses/shown/people/1/name", superusers(302), {"rms_username": "another"}),
    Visit("courses.bind_person", "POST", "/courses/shown/people/2/bind", superusers(302), {"account": "bystander"}),
    Visit("courses.unbind_person", "POST", "/courses/shown/people/1/unbind", superusers(302)),
    Visit("courses.export_person", "POST", "/courses/shown/people/1/export", superusers(200)),
    Visit("courses.delete_person", "GET", "/courses/shown/people/1/delete", superusers(200)),
    Visit("courses.delete_person", "POST", "/courses/shown/people/1/delete", superusers(302), {"typed": "student"}),
    Visit("courses.config", "GET", "/courses/shown/config", superusers(200)),
    Visit("courses.config", "POST", "/courses/shown/config", superusers(302), {"text": COURSE_CONFIG}),
    Visit("courses.config_file", "GET", "/courses/shown/config/file", superusers(200)),
    Visit("courses.config_state", "GET", "/courses/shown/config/state", superusers(200)),
    Visit("courses.preview", "GET", "/courses/shown/config/preview", superusers(200)),
    Visit("courses.preview_state", "GET", "/courses/shown/config/preview/state", superusers(200)),
    Visit("courses.load_config", "POST", "/courses/shown/config/load", superusers(302), {"sha256": digest(COURSE_CONFIG)}),
    Visit("courses.discard_config", "POST", "/courses/shown/config/discard", superusers(302)),
    Visit("courses.extensions", "GET", "/courses/shown/extensions", superusers(200)),
    Visit("courses.extensions", "POST", "/courses/shown/extensions", superusers(302), {"student": "student", "of": "task-1", "days": "2"}),
    Visit("courses.withdraw_extension", "POST", "/courses/shown/extensions/withdraw", superusers(302), {"id": "1"}),
    Visit("courses.batches", "GET", "/courses/shown/batches", superusers(200)),
    Visit("courses.batch_list", "GET", "/courses/shown/batches/list", superusers(200)),
    Visit("courses.retry_batch", "POST", "/courses/shown/batches/retry", superusers(302), {"id": "1"}),
    # By a session; tests/courses asks them with tokens.
    Visit("courses_api.healthcheck", "GET", "/api/healthcheck", everyone(200)),
    Visit("courses_api.openapi", "GET", "/api/openapi.json", everyone(200)),
    Visit("courses_api.ping", "GET", "/api/sample/ping", everyone(403)),
    Visit("courses_api.report", "POST", "/api/sample/report", everyone(403)),
    Visit("courses_api.score", "GET", "/api/sample/score", everyone(403)),
    Visit("courses_api.is_admin", "GET", "/api/sample/is_admin", everyone(403)),
    Visit("courses_api.deadlines", "GET", "/api/sample/deadlines", everyone(403)),
    Visit("courses_api.update_config", "POST", "/api/sample/update_config", everyone(403)),
    Visit("courses_api.update_cache", "POST", "/api/update_cache", everyone(403)),
    Visit("courses_api.database", "GET", "/api/sample/database", (403, 403, 200, 200)),
    Visit("courses_api.update_database", "POST", "/api/sample/database/update", (403, 403, 403, 400)),
    Visit("courses_api.update_comment", "POST", "/api/sample/comment/update", (403, 403, 403, 400)),
    Visit("courses_api.override_grade", "POST", "/api/sample/grade/override", (403, 403, 403, 400)),
    Visit("courses_api.clear_override", "POST", "/api/sample/grade/clear_override", (403, 403, 403, 400)),
    Visit("courses_api.reports", "POST", "/api/sample/reports", everyone(403)),
    Visit("courses_api.batch_state", "GET", "/api/sample/reports/1", everyone(403)),
    Visit("audit.index", "GET", "/audit/", superusers(200)),
    Visit("audit.export", "GET", "/audit/events.csv", superusers(200)),
    # Nobody has begun to log in, and nobody has set up a second factor.
    Visit("accounts.login_code", "GET", "/accounts/login/code", everyone(302)),
    Visit("accounts.login_code", "POST", "/accounts/login/code", everyone(302), {"code": "000000"}),
    Visit("accounts.second_factor", "GET", "/accounts/second-factor", members(200)),
    Visit("accounts.second_factor", "POST", "/accounts/second-factor", members(200), {"current": "wrong password"}),
    Visit("accounts.set_up_second_factor", "GET", "/accounts/second-factor/set-up", members(302)),
    Visit("accounts.set_up_second_factor", "POST", "/accounts/second-factor/set-up", members(302), {"code": "000000"}),
    Visit("accounts.renew_recovery_codes", "GET", "/accounts/second-factor/recovery-codes", members(302)),
    Visit("accounts.renew_recovery_codes", "POST", "/accounts/second-factor/recovery-codes", members(302), {"code": "000000"}),
    Visit("accounts.turn_off_second_factor", "GET", "/accounts/second-factor/off", members(302)),
    Visit("accounts.turn_off_second_factor", "POST", "/accounts/second-factor/off", members(302), {"code": "000000"}),
    Visit("users.index_view", "GET", "/users/", superusers(200)),
    Visit("users.details_view", "GET", "/users/details/?id={user}", superusers(200)),
    Visit("users.edit_view", "GET", "/users/edit/?id={user}", superusers(200)),
    Visit("users.edit_view", "POST", "/users/edit/?id={user}", superusers(302), {"can_review_tasks": "y"}),
    Visit("users.export", "GET", "/users/export/csv/", superusers(200)),
    Visit("users.password_link", "GET", "/users/password-link?id={user}", superusers(200)),
    Visit("users.password_link", "POST", "/users/password-link", superusers(200), {"id": "{user}", "current": PASSWORD}),
    Visit("users.end_session", "POST", "/users/end-session", superusers(404), {"id": "{user}", "session": "999"}),
    Visit("users.end_sessions", "POST", "/users/end-sessions", superusers(302), {"id": "{user}"}),
    Visit("users.turn_off_second_factor", "GET", "/users/turn-off-second-factor?id={user}", superusers(404)),
    Visit("users.turn_off_second_factor", "POST", "/users/turn-off-second-factor", superusers(404), {"id": "{user}"}),
    Visit("users.revoke_tokens", "POST", "/users/revoke-tokens", superusers(302), {"id": "{user}"}),
    Visit("users.personal_data", "POST", "/users/personal-data", superusers(200), {"id": "{user}"}),
    Visit("users.delete_view", "GET", "/users/delete/?id={user}", superusers(200)),
    Visit("users.delete_view", "POST", "/users/delete/?id={user}", superusers(200), {"username": "somebody else"}),
    Visit("invites.index", "GET", "/invites/", superusers(200)),
    Visit("invites.index", "POST", "/invites/", superusers(200), {"note": "For Ada"}),
    Visit("invites.revoke", "POST", "/invites/revoke", superusers(404), {"id": "999"}),
    Visit("accounts.set_password", "GET", "/accounts/set-password/invented", everyone(410)),
    Visit("accounts.set_password", "POST", "/accounts/set-password/invented", everyone(410), {"password": "a long password", "repeat": "a long password"}),
    Visit("accounts.invite", "GET", "/accounts/invite/invented", everyone(410)),
    # Accounts are made by registering.
    Visit("users.create_view", "GET", "/users/new/", superusers(302)),
    Visit("users.create_view", "POST", "/users/new/", superusers(302), {"is_superuser": "y"}),
    Visit("users.action_view", "POST", "/users/action/", superusers(302), {"action": "delete", "rowid": "{user}"}),
    Visit("users.ajax_lookup", "GET", "/users/ajax/lookup/?name=x&query=y", superusers(404)),
    Visit("users.ajax_update", "POST", "/users/ajax/update/", superusers(404), {"list_form_pk": "{user}", "is_superuser": "y"}),
    Visit("tasks.index_view", "GET", "/tasks/", superusers(200)),
    Visit("tasks.details_view", "GET", "/tasks/details/?id={task}", superusers(200)),
    Visit("tasks.draws", "GET", "/tasks/draws?id={task}", superusers(200)),
    Visit("tasks.create_view", "GET", "/tasks/new/", superusers(200)),
    Visit("tasks.create_view", "POST", "/tasks/new/", superusers(302), TASK),
    Visit("tasks.edit_view", "GET", "/tasks/edit/?id={task}", superusers(200)),
    Visit("tasks.edit_view", "POST", "/tasks/edit/?id={task}", superusers(302), TASK),
    Visit("tasks.delete_view", "POST", "/tasks/delete/", superusers(302), {"id": "{task}"}),
    Visit("tasks.run_now", "POST", "/tasks/run", superusers(302), {"id": "{task}"}),
    Visit("tasks.run_state", "GET", "/tasks/run/state?id={task}&run=5d3d2a90-0000-4000-8000-000000000000&sent=1", superusers(200)),
    Visit("tasks.export", "GET", "/tasks/export/csv/", superusers(200)),
    # Bulk actions and editing inside the list are switched off.
    Visit("tasks.action_view", "POST", "/tasks/action/", superusers(302), {"action": "delete", "rowid": "{task}"}),
    Visit("tasks.ajax_lookup", "GET", "/tasks/ajax/lookup/?name=x&query=y", superusers(404)),
    Visit("tasks.ajax_update", "POST", "/tasks/ajax/update/", superusers(404), {"list_form_pk": "{task}", "title": "x"}),
    Visit("results.index", "GET", "/results/", superusers(200)),
    Visit("reviews.index", "GET", "/reviews/", reviewers(200)),
    Visit("reviews.export", "GET", "/reviews/authors.csv", reviewers(200)),
    Visit("metrics.metrics", "GET", "/metrics", everyone(404)),
    Visit("workers_api.overview", "GET", "/api/workers/", (401, 403, 403, 200)),
    Visit("workers_api.processes", "GET", "/api/workers/processes", (401, 403, 403, 200)),
    Visit("workers_api.process", "GET", "/api/workers/processes/{process}", (401, 403, 403, 200)),
    Visit("workers_api.ask", "POST", "/api/workers/processes/{process}/pause", (401, 403, 403, 202)),
    Visit("workers_api.queues", "GET", "/api/workers/queues", (401, 403, 403, 200)),
    # A form is no JSON.
    Visit("workers_api.purge", "POST", "/api/workers/queues/numbers/purge", (401, 403, 403, 415)),
    Visit("workers_api.actors", "GET", "/api/workers/actors", (401, 403, 403, 200)),
    Visit("workers_api.send", "POST", "/api/workers/actors/nobody/send", (401, 403, 403, 404)),
    Visit("workers.index", "GET", "/workers/", superusers(200)),
    Visit("workers.state", "GET", "/workers/state", superusers(200)),
    Visit("workers.plots", "GET", "/workers/plots?period=24h", superusers(200)),
    Visit("queues.index", "GET", "/workers/queues/", superusers(200)),
    Visit("queues.part", "GET", "/workers/queues/list", superusers(200)),
    Visit("queues.purge", "GET", "/workers/queues/purge?queue=numbers", superusers(200)),
    Visit("queues.purge", "POST", "/workers/queues/purge", superusers(302), {"queue": "numbers", "name": "numbers", "part": "ready", "ticks": "again"}),
    Visit("actors.index", "GET", "/workers/actors/", superusers(200)),
    Visit("actors.part", "GET", "/workers/actors/list", superusers(200)),
    Visit("actors.send", "GET", "/workers/actors/send?actor=delete_results", superusers(200)),
    Visit("actors.send", "POST", "/workers/actors/send", superusers(302), {"actor": "generate_random_number", "arguments": "[{task}]"}),
    Visit("processes.index", "GET", "/workers/processes/", superusers(200)),
    Visit("processes.part", "GET", "/workers/processes/list", superusers(200)),
    Visit("processes.process", "GET", "/workers/processes/process?id={process}", superusers(200)),
    Visit("processes.process_state", "GET", "/workers/processes/process/state?id={process}", superusers(200)),
    Visit("processes.ask", "POST", "/workers/processes/ask", superusers(302), {"id": "{process}", "action": "pause"}),
    Visit("schedule.index", "GET", "/workers/schedule/", superusers(200)),
    Visit("schedule.ticks", "GET", "/workers/schedule/ticks", superusers(200)),
    Visit("schedule.tick", "GET", "/workers/schedule/tick?id=1", superusers(404)),
    Visit("schedule.launch", "POST", "/workers/schedule/launch", superusers(302), {"schedule": "generate_random_numbers"}),
    Visit("schedule.run_one", "POST", "/workers/schedule/run", superusers(302), {"schedule": "generate_random_numbers", "key": "{task}"}),
    Visit("schedule.pause", "POST", "/workers/schedule/pause", superusers(302), {"schedule": "generate_random_numbers"}),
    Visit("schedule.resume", "POST", "/workers/schedule/resume", superusers(302), {"schedule": "generate_random_numbers"}),
    Visit("schedule.interval", "POST", "/workers/schedule/interval", superusers(302), {"schedule": "generate_random_numbers", "interval": "60"}),
    Visit("schedule.publish_again", "POST", "/workers/schedule/publish-again", superusers(302), {"id": "1"}),
    Visit("schedule.abandon", "POST", "/workers/schedule/abandon", superusers(302), {"id": "1"}),
    Visit("schedules_api.schedules", "GET", "/api/workers/schedules", (401, 403, 403, 200)),
    Visit("schedules_api.all_ticks", "GET", "/api/workers/schedules/ticks", (401, 403, 403, 200)),
    Visit("schedules_api.pause_or_resume", "POST", "/api/workers/schedules/generate_random_numbers/pause", (401, 403, 403, 200)),
    Visit("schedules_api.launch", "POST", "/api/workers/schedules/generate_random_numbers/launch", (401, 403, 403, 200)),
    Visit("schedules_api.interval", "POST", "/api/workers/schedules/generate_random_numbers/interval", (401, 403, 403, 415)),
    Visit("schedules_api.settle_tick", "POST", "/api/workers/schedules/ticks/1/abandon", (401, 403, 403, 404)),
    Visit("messages.index", "GET", "/workers/messages/", superusers(200)),
    Visit("messages.details", "GET", "/workers/messages/details?id=1", superusers(404)),
    Visit("messages.retry", "POST", "/workers/messages/retry", superusers(302), {"id": "1"}),
    Visit("messages.discard", "POST", "/workers/messages/discard", superusers(302), {"id": "1"}),
    Visit("messages_api.messages", "GET", "/api/workers/messages", (401, 403, 403, 200)),
    Visit("messages_api.message", "GET", "/api/workers/messages/1", (401, 403, 403, 404)),
    # A form is no JSON.
    Visit("messages_api.retry", "POST", "/api/workers/messages/retry", (401, 403, 403, 415)),
    Visit("messages_api.discard", "POST", "/api/workers/messages/discard", (401, 403, 403, 415)),
]

POSTS = [visit for visit in VISITS if visit.method == "POST" and not visit.endpoint.startswith("courses_api.")]
"""The forms of pages; what is posted to the API of courses is no form of a page, and tests/courses tries it."""
WITHOUT_A_PAGE = [visit for visit in VISITS if visit.method == "POST" and not any(page.method == "GET" and page.endpoint == visit.endpoint for page in VISITS)]
"""What changes something and shows nothing."""


@dataclass(frozen=True)
class World:
    """Ids of what is there: a Task, an ordinary user, a worker process, who and what is in a course, and of each of PEOPLE."""

    task: int
    user: int
    process: int
    student: int
    """The enrolment of the plain user in the course that is shown."""
    assignment: int
    """A task of it, `sum`, in which the student has a history."""
    people: dict[str, int | None]

    def filled(self, text: str) -> str:
        """The text with the ids in it; a config's own braces stay."""
        for name in ("task", "user", "process", "student", "assignment"):
            text = text.replace(f"{{{name}}}", str(getattr(self, name)))
        return text


def kept_world(app: Flask) -> World:
    """One of each, in an empty database: the same as in the tests before."""
    return made_once(app, make_world)


def make_world(app: Flask) -> World:
    """One of each, whatever there is already."""
    with app.app_context():
        people: dict[str, User] = {
            "plain user": make_user("plain"),
            "reviewer": make_user("reviewer", can_review_tasks=True),
            "superuser": make_superuser("super"),
        }
        ids = {"visitor": None, **{name: user.id for name, user in people.items()}}
        db.session.add(Course(name="sample", title="A sample"))
        shown = make_shown_course(people["plain user"].id)
        student, assignment = find_enrolment(shown.id, "student"), assignments_of(shown.id)[0]
        assert student
        world = World(make_task(people["superuser"]).id, make_user("bystander").id, make_process().id, student.id, assignment.id, ids)
        db.session.remove()
    return world


def routes_of(app: Flask) -> set[tuple[str, str]]:
    """Each (endpoint, method) that the app answers, but for HEAD and OPTIONS, which follow from the rest."""
    return {(rule.endpoint, method) for rule in app.url_map.iter_rules() for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}


def everything(app: Flask) -> dict[str, Any]:
    """All rows of all tables, and how many messages wait."""
    broker = broker_of(app)
    assert isinstance(broker, InProcessBroker)
    with app.app_context():
        tables: dict[str, Any] = {name: [tuple(row) for row in db.session.execute(select(table))] for name, table in Model.metadata.tables.items()}
    return tables | {"messages": sum(queue.qsize() for queue in broker.queues.values())}
