"""Accounts: who may log in, and what each may do."""

from flask import Flask

from accounts import passwords, views
from accounts.admin import UserView
from accounts.cli import accounts_cli
from accounts.models import User
from project.extensions import admin_of, db


def register(app: Flask) -> None:
    """Hang accounts on the site: login and registration, the list of users, their commands."""
    passwords.warm_up()
    app.register_blueprint(views.blueprint)
    admin_of(app).add_view(UserView(User, db, endpoint="users", url="/users", name="Users"))
    app.cli.add_command(accounts_cli)
