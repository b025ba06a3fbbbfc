"""`flask accounts …`: what an operator does to accounts without a browser."""

import sys

import click
from flask.cli import AppGroup

from accounts import queries
from accounts.forms import password_fault, username_fault
from accounts.models import User
from accounts.passwords import hash_password
from accounts.rights import change_fault
from project.extensions import db

accounts_cli = AppGroup("accounts", help="Make users, set their passwords, grant and revoke what they may do.")


def user_named(username: str) -> User:
    """The user, or the command ends with an error that names what was typed."""
    user = None if username_fault(username) else queries.find_user(username)
    if user is None:
        raise click.ClickException(f'there is no user "{username}"')
    return user


def read_password() -> str:
    """A new password from the prompt, or a line of standard input where that is no terminal."""
    password = click.prompt("Password", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if fault := password_fault(password):
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
    queries.add_user(name, hash_password(read_password()), is_superuser=True)
    db.session.commit()
    click.echo(f"{name} is a superuser now.")


@accounts_cli.command("set-password")
@click.argument("name")
def set_password(name: str) -> None:
    """Give a user a new password, from a prompt or from standard input."""
    user = user_named(name)
    user.password_hash = hash_password(read_password())
    db.session.commit()
    click.echo(f"{user.username} has a new password.")


@accounts_cli.command()
@click.option("--review", "name", metavar="NAME", required=True, help="Let NAME see who owns how many tasks.")
def grant(name: str) -> None:
    """Give a user a right."""
    user = user_named(name)
    user.can_review_tasks = True
    db.session.commit()
    click.echo(f"{user.username} may review tasks.")


@accounts_cli.command()
@click.option("--review", "name", metavar="NAME", required=True, help="Show NAME no more who owns how many tasks.")
def revoke(name: str) -> None:
    """Take a right from a user."""
    user = user_named(name)
    user.can_review_tasks = False
    db.session.commit()
    click.echo(f"{user.username} may not review tasks any more.")


@accounts_cli.command()
@click.argument("name")
def deactivate(name: str) -> None:
    """Let a user log in no more, and end all of that user's sessions."""
    user = user_named(name)
    if fault := change_fault(user_id=user.id, stays_active_superuser=False, active_superusers=queries.lock_superusers()):
        raise click.ClickException(fault)
    user.is_active = False
    db.session.commit()
    click.echo(f"{user.username} is not active any more.")
