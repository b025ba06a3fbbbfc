"""Accounts: who may log in, and what each may do."""

from flask import Flask

from accounts import api, passwords, people, registration, views
from accounts.admin import UserView
from accounts.audit.admin import AuditView
from accounts.blueprint import blueprint
from accounts.cli import accounts_cli
from accounts.identities import discovery
from accounts.identities import views as identity_views
from accounts.links import views as link_views
from accounts.links.admin import InviteView
from accounts.models import User
from accounts.notices import account_notice
from accounts.second_factor import required
from accounts.second_factor import views as second_factor_views
from accounts.sessions import current
from accounts.sessions import views as sessions
from accounts.sessions.browsers import browser
from accounts.tokens import views as tokens
from accounts.tokens.bearer import bearer_of
from project.access import Visitor
from project.api import find_bearers_with, scopes_of
from project.extensions import admin_of, db, login_manager, settings_of
from project.home import notices_of

PAGES = (views, sessions, link_views, second_factor_views, tokens, identity_views)
"""The modules whose routes hang on the blueprint."""


def register(app: Flask) -> None:
    """Hang accounts on the site: logging in and all that belongs to an account, the list of users, their commands."""
    passwords.warm_up()
    login_manager.login_view = "accounts.login"
    login_manager.login_message = "Log in to open that page."
    login_manager.login_message_category = "info"
    login_manager.anonymous_user = Visitor
    for part in (current, registration, people, discovery):
        part.register(app)
    required.register(app)
    app.add_template_filter(browser)
    app.jinja_env.globals["providers"] = settings_of(app).providers
    app.register_blueprint(blueprint)
    scopes_of(app)["account:read"] = "See your username and your rights"
    find_bearers_with(app, bearer_of)
    app.register_blueprint(api.blueprint)
    admin_of(app).add_view(UserView(User, db, endpoint="users", url="/users", name="Users"))
    admin_of(app).add_view(InviteView(endpoint="invites", url="/invites", name="Invites"))
    admin_of(app).add_view(AuditView(endpoint="audit", url="/audit", name="Audit"))
    notices_of(app).append(account_notice)
    app.cli.add_command(accounts_cli)
