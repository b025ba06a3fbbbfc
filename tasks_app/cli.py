"""`flask tasks …`, and what a new site begins with."""

import secrets

import click
from dramatiq.results import ResultFailure, ResultTimeout
from flask import current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from accounts import queries as accounts
from accounts.passwords import hash_password
from project import audit
from project.database import is_trouble
from project.extensions import db, settings_of
from project.ids import LARGEST_ID
from project.samples import samples_of
from tasks_app import queries, retention_queries
from tasks_app.actors import generate_random_number
from tasks_app.retention_queries import AGING, SLICE
from tasks_app.schedule import NAME
from workers import ticks
from workers.broker import BrokerUnreachable, broker_of
from workers.queries import database_time
from workers.schedule import schedules_of

tasks_cli = AppGroup("tasks", help="Launch ticks, draw single numbers, and delete results that are too old.")

SLICES_A_LINE = 100_000 // SLICE
"""How many slices are done between two lines of progress."""
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


@tasks_cli.command()
@click.argument("task_id", type=click.IntRange(1, LARGEST_ID))
@click.option("--wait", default=60, show_default=True, type=click.IntRange(0, 86_400), help="Seconds to wait for the number.")
def draw(task_id: int, wait: int) -> None:
    """Draw a number for one Task now, outside every tick, and print it."""
    if settings_of(current_app).in_process:
        raise click.ClickException("without RabbitMQ only the process that serves the site draws numbers: press “Run now” on the Task's page")
    if queries.get_task(task_id) is None:
        raise click.ClickException(f"there is no Task {task_id}")
    audit.record("run.sent", ("task", task_id), schedule=NAME)
    # A queue knows no rollback: what can't be recorded is not sent.
    db.session.flush()
    try:
        sent = generate_random_number.send_with_options(args=(task_id,), store_results=True)
    except BrokerUnreachable as fault:
        raise click.ClickException(f"the queue can't be reached, so nothing was sent: {fault}") from fault
    db.session.commit()
    try:
        number = sent.get_result(backend=broker_of(current_app).get_results_backend(), block=True, timeout=wait * 1000)
    except ResultTimeout as fault:
        raise click.ClickException(f"no number within {wait} s; the message waits in its queue, and the number will be on the Task's page") from fault
    except ResultFailure as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(f"Task {task_id} was deleted meanwhile." if number is None else repr(number))


@tasks_cli.command()
@click.option("--dry-run", is_flag=True, help="Count what would be deleted, in the same slices, and delete nothing.")
def prune(dry_run: bool) -> None:
    """Delete what is older than results are kept.

    These are results, failures of messages, and ticks that have ended, each once it is older than RESULTS_RETENTION_DAYS (90).
    Workers do the same every night at 00:00 UTC by themselves: this is for whoever has set that lower and will not wait.

    Rows go in slices of 5,000, each committed by itself, so that ticks go on meanwhile. It may be interrupted at any time:
    what is deleted stays deleted, and the next run goes on from there.

    Amounts go to standard output, and progress, every 100,000 rows, to standard error. Exits with 0 when it is through, also if
    nothing was old, and with 1 when the database can't be used.

    \b
    What a month less would delete:
      RESULTS_RETENTION_DAYS=60 flask tasks prune --dry-run
    """
    try:
        _prune(dry_run)
    except SQLAlchemyError as fault:
        if not is_trouble(fault):
            raise
        raise click.ClickException(f"the database can't be used: {str(fault.__cause__ or fault).strip()}") from None


def _prune(dry_run: bool) -> None:
    days = settings_of(current_app).results_retention_days
    before = retention_queries.kept_from(database_time(), days)
    step, what = (retention_queries.count_slice, "To be deleted") if dry_run else (retention_queries.delete_slice, "Deleted")
    amounts = dict.fromkeys((aging.name for aging in AGING.values()), 0)
    for table, aging in AGING.items():
        for number, old in enumerate(retention_queries.slices(step, table, before), start=1):
            amounts[aging.name] += old
            if number % SLICES_A_LINE == 0:
                click.echo(f"{aging.name} {amounts[aging.name]:,} …", err=True)
    if not dry_run and any(amounts.values()):
        audit.record("results.pruned", older_than=before.isoformat(), deleted=sum(amounts.values()))
        db.session.commit()
    listed = ", ".join(f"{name} {amount:,}" for name, amount in amounts.items())
    click.echo(f"{what}, older than {before:%Y-%m-%d %H:%M} UTC: {listed}.")


@click.command("first-run")
@with_appcontext
def first_run() -> None:
    """Give a new site its first superuser, whose password is printed once, and a few sample Tasks and a sample course.

    Does nothing where anybody has an account already.
    """
    if accounts.any_user():
        return
    password = secrets.token_urlsafe(12)
    admin = accounts.add_user("admin", hash_password(password), is_superuser=True)
    audit.record("user.created", ("user", admin.id), is_superuser=True)
    for title, lower, upper in SAMPLES:
        queries.add_task(admin, lower, upper, title)
    for make_sample in samples_of(current_app):
        make_sample(admin.id)
    db.session.commit()
    click.secho(f"\n  Log in as  admin  with the password  {password}\n  It is not shown again; change it under your name, top right.\n", bold=True)
