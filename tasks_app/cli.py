"""`flask tasks …`, and what a new site begins with."""

import secrets

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from accounts import queries as accounts
from accounts.passwords import hash_password
from project.extensions import db, settings_of
from tasks_app import queries
from tasks_app.schedule import NAME
from workers import ticks
from workers.schedule import schedules_of

tasks_cli = AppGroup("tasks", help="Launch ticks.")

SAMPLES = (("A die, more or less", 1.0, 6.0), ("A probability", 0.0, 1.0), ("Room temperature, °C", 18.0, 24.0), ("Anything at all", -1.7e308, 1.7e308))


@tasks_cli.command()
def tick() -> None:
    """Launch a tick now: one number for each Task.

    The serving process publishes it within a second or two.
    """
    schedule = schedules_of(current_app).get(NAME)
    assert schedule is not None
    launched = ticks.launch_by_hand(schedule)
    if not settings_of(current_app).in_process:
        ticks.look_after(launched.id)
    click.echo(f"Tick {launched.id} is launched.")


@click.command("first-run")
@with_appcontext
def first_run() -> None:
    """Give a new site its first superuser, whose password is printed once, and a few sample Tasks.

    Does nothing where anybody has an account already.
    """
    if accounts.any_user():
        return
    password = secrets.token_urlsafe(12)
    admin = accounts.add_user("admin", hash_password(password), is_superuser=True)
    for title, lower, upper in SAMPLES:
        queries.add_task(admin, lower, upper, title)
    db.session.commit()
    click.secho(f"\n  Log in as  admin  with the password  {password}\n  It is not shown again; change it under your name, top right.\n", bold=True)
