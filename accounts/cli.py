"""`flask accounts …`: what an operator does to accounts without a browser."""

import re
import sys

import click
from flask import current_app
from flask.cli import AppGroup

from accounts import new_password, queries
from accounts.links.models import Purpose
from accounts.links.queries import make_password_link
from accounts.models import User
from accounts.passwords import hash_password, password_fault
from accounts.people.deletion import DeletionError, delete_person, in_words
from accounts.rights import change_fault
from accounts.second_factor.queries import has_second_factor, turn_off
from accounts.sessions.queries import end_sessions
from accounts.usernames import username_fault
from project import audit
from project.extensions import db

SITE = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.:-]*(/[^\s?#]*)?")
"""The address of a site, perhaps with a path that it lives under."""

accounts_cli = AppGroup("accounts", help="Make users, set their passwords, grant and revoke what they may do.")


def user_named(username: str) -> User:
    """The user, or the command ends with an error that names what was typed."""
    user = None if username_fault(username) else queries.find_user(username)
    if user is None:
        raise click.ClickException(f'there is no user "{username}"')
    return user


def read_password(username: str) -> str:
    """A new password of that user from the prompt, or a line of standard input where that is no terminal."""
    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        # Not in the locale's encoding: browsers send UTF-8. What is none is refused below.
        password = sys.stdin.buffer.readline().decode(errors="surrogateescape").rstrip("\r\n")
    if fault := password_fault(password, username):
        raise click.ClickException(fault)
    return str(password)


@accounts_cli.command("create-superuser")
@click.argument("name")
def create_superuser(name: str) -> None:
    """Make a user who may do everything. The password comes from a prompt or from standard input."""
    if fault := username_fault(name):
        raise click.ClickException(fault)
    if queries.find_user(name):
        raise click.ClickException(f'the username "{name}" is taken')
    user = queries.add_user(name, hash_password(read_password(name)), is_superuser=True)
    audit.record("user.created", ("user", user.id), is_superuser=True)
    db.session.commit()
    click.echo(f"{name} is a superuser now.")


@accounts_cli.command("set-password")
@click.argument("name")
def set_password(name: str) -> None:
    """Give a user a new password, from a prompt or from standard input, and end all of that user's sessions."""
    user = user_named(name)
    ended = new_password.set_password(user, hash_password(read_password(user.username)))
    audit.record("password.changed", ("user", user.id), sessions_ended=ended)
    db.session.commit()
    click.echo(f"{user.username} has a new password.")


@accounts_cli.command()
@click.option("--review", "name", metavar="NAME", required=True, help="Let NAME see who owns how many tasks.")
def grant(name: str) -> None:
    """Give a user a right."""
    user = user_named(name)
    user.can_review_tasks = True
    audit.record("user.rights_changed", ("user", user.id), can_review_tasks=True)
    db.session.commit()
    click.echo(f"{user.username} may review tasks.")


@accounts_cli.command()
@click.option("--review", "name", metavar="NAME", required=True, help="Show NAME no more who owns how many tasks.")
def revoke(name: str) -> None:
    """Take a right from a user."""
    user = user_named(name)
    user.can_review_tasks = False
    audit.record("user.rights_changed", ("user", user.id), can_review_tasks=False)
    db.session.commit()
    click.echo(f"{user.username} may not review tasks any more.")


@accounts_cli.command()
@click.argument("name")
def deactivate(name: str) -> None:
    """Let a user log in no more, and end all of that user's sessions."""
    user = user_named(name)
    if fault := change_fault(user_id=user.id, stays_active_superuser=False, active_superusers=queries.lock_superusers(user.id)):
        raise click.ClickException(fault)
    user.is_active = False
    audit.record("user.rights_changed", ("user", user.id), is_active=False, sessions_ended=end_sessions(user.id))
    db.session.commit()
    click.echo(f"{user.username} is not active any more.")


@accounts_cli.command("reset-second-factor")
@click.argument("name")
def reset_second_factor(name: str) -> None:
    """Forget the authenticator app and the recovery codes of a user who has lost both."""
    user = user_named(name)
    if not has_second_factor(user.id):
        raise click.ClickException(f"{user.username} has no second factor")
    turn_off(user.id)
    audit.record("second_factor.off", ("user", user.id))
    db.session.commit()
    click.echo(f"{user.username} has no second factor any more.")


@accounts_cli.command("password-link")
@click.argument("name")
@click.option("--url", "address", metavar="URL", default="", help="The site's address, such as https://callboard.example.org; without it the link is a path.")
def password_link(name: str, address: str) -> None:
    """Print a one-time link with which a user sets a password within a day; an older one is void."""
    if address and not SITE.fullmatch(address):
        raise click.ClickException(f'--url: "{address}" is not an address, e.g. https://callboard.example.org')
    user = user_named(name)
    made = make_password_link(user.id)
    if made is None:
        raise click.ClickException(f"{user.username} is not active")
    audit.record("link.made", ("user", user.id), purpose=Purpose.PASSWORD)
    db.session.commit()
    # Not url_for, which needs to know the site's address.
    click.echo(address.rstrip("/") + current_app.url_map.bind("").build("accounts.set_password", {"token": made[1]}))


@accounts_cli.command()
@click.argument("name")
@click.option("--heir", metavar="HEIR", help="Who gets what others rely on, Tasks say; needed if there is any.")
def delete(name: str, heir: str | None) -> None:
    """Delete a user and all that the site holds about them. This can't be undone."""
    user, heir_id = user_named(name), user_named(heir).id if heir else None
    try:
        passed = delete_person(user.id, heir_id)
    except DeletionError as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo(f"{user.username} is deleted." + (f" Passed to {heir}: {in_words(passed)}." if passed else ""))
