"""Every route of the site, and what each kind of person gets there."""

from dataclasses import dataclass, field

from flask import Flask

from accounts.models import User
from project.extensions import db
from tests.factories import make_superuser, make_task, make_user

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
    """A request to a route, and its outcome for each of PEOPLE; `{task}` and `{user}` stand for the ids of those of the `World`."""

    endpoint: str
    method: str
    url: str
    outcomes: Outcomes
    form: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """The test's id."""
        return f"{self.method}-{self.endpoint}"


TASK = {"lower_limit": "0", "upper_limit": "1"}

VISITS = [
    Visit("static", "GET", "/static/callboard.css", everyone(200)),
    Visit("home.static", "GET", "/static/admin/admin/css/bootstrap4/admin.css", everyone(200)),
    Visit("home.index", "GET", "/", everyone(200)),
    Visit("health.healthz", "GET", "/healthz", everyone(200)),
    Visit("health.readyz", "GET", "/readyz", everyone(200)),
    Visit("accounts.login", "GET", "/accounts/login", everyone(200)),
    Visit("accounts.login", "POST", "/accounts/login", everyone(401), {"username": "nobody", "password": "wrong password"}),
    Visit("accounts.logout", "POST", "/accounts/logout", everyone(302)),
    Visit("accounts.register", "GET", "/accounts/register", everyone(200)),
    Visit("accounts.register", "POST", "/accounts/register", everyone(200), {"username": "x"}),
    Visit("accounts.password", "GET", "/accounts/password", members(200)),
    Visit("accounts.password", "POST", "/accounts/password", members(200), {"current": "wrong password"}),
    Visit("users.index_view", "GET", "/users/", superusers(200)),
    Visit("users.details_view", "GET", "/users/details/?id={user}", superusers(200)),
    Visit("users.edit_view", "GET", "/users/edit/?id={user}", superusers(200)),
    Visit("users.edit_view", "POST", "/users/edit/?id={user}", superusers(302), {"can_review_tasks": "y"}),
    Visit("users.export", "GET", "/users/export/csv/", superusers(200)),
    # Accounts are made by registering, and not deleted.
    Visit("users.create_view", "GET", "/users/new/", superusers(302)),
    Visit("users.create_view", "POST", "/users/new/", superusers(302), {"is_superuser": "y"}),
    Visit("users.delete_view", "POST", "/users/delete/", superusers(302), {"id": "{user}"}),
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
    Visit("tasks.export", "GET", "/tasks/export/csv/", superusers(200)),
    # Bulk actions and editing inside the list are switched off.
    Visit("tasks.action_view", "POST", "/tasks/action/", superusers(302), {"action": "delete", "rowid": "{task}"}),
    Visit("tasks.ajax_lookup", "GET", "/tasks/ajax/lookup/?name=x&query=y", superusers(404)),
    Visit("tasks.ajax_update", "POST", "/tasks/ajax/update/", superusers(404), {"list_form_pk": "{task}", "title": "x"}),
    Visit("results.index", "GET", "/results/", superusers(200)),
    Visit("reviews.index", "GET", "/reviews/", reviewers(200)),
    Visit("reviews.export", "GET", "/reviews/authors.csv", reviewers(200)),
    Visit("workers.index", "GET", "/workers/", superusers(200)),
    Visit("workers.ticks", "GET", "/workers/ticks", superusers(200)),
    Visit("workers.launch", "POST", "/workers/launch", superusers(302), {"schedule": "generate_random_numbers"}),
    Visit("workers.run_one", "POST", "/workers/run", superusers(302), {"schedule": "generate_random_numbers", "key": "{task}"}),
]

POSTS = [visit for visit in VISITS if visit.method == "POST"]
WITHOUT_A_PAGE = [visit for visit in POSTS if not any(page.method == "GET" and page.endpoint == visit.endpoint for page in VISITS)]
"""What changes something and shows nothing."""


@dataclass(frozen=True)
class World:
    """Ids of what is there: a Task, an ordinary user, and of each of PEOPLE."""

    task: int
    user: int
    people: dict[str, int | None]

    def filled(self, text: str) -> str:
        """The text with the ids in it."""
        return text.format(task=self.task, user=self.user)


def make_world(app: Flask) -> World:
    """One of each."""
    with app.app_context():
        people: dict[str, User] = {
            "plain user": make_user("plain"),
            "reviewer": make_user("reviewer", can_review_tasks=True),
            "superuser": make_superuser("super"),
        }
        world = World(make_task(people["superuser"]).id, make_user("bystander").id, {"visitor": None, **{name: user.id for name, user in people.items()}})
        db.session.remove()
    return world


def routes_of(app: Flask) -> set[tuple[str, str]]:
    """Each (endpoint, method) that the app answers, but for HEAD and OPTIONS, which follow from the rest."""
    return {(rule.endpoint, method) for rule in app.url_map.iter_rules() for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
