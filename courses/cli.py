"""`flask courses …`: what an operator does to courses without a browser."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from courses import history_queries, importing, queries, token_queries
from courses.actors import send_or_leave
from courses.config.faults import ConfigFaults
from courses.config_queries import lock_course
from courses.faults import ApiFault
from courses.loading import load
from courses.models import Course, Role, Scope
from courses.names import name_fault, reserved_words
from courses.recomputing import recompute
from courses.tokens import new_course_token, token_fault
from project import audit
from project.database import utc_now
from project.extensions import db, settings_of
from project.tokens import digest, new_token

courses_cli = AppGroup("courses", help="Make courses, load their configs, enrol people, move a course from Manytask.")

CONFIG = click.Path(exists=True, dir_okay=False, path_type=Path)


def course_named(name: str) -> Course:
    """The course, or the command ends with an error that names what was typed."""
    course = queries.find_course(name)
    if course is None:
        raise click.ClickException(f'there is no course "{name}"')
    return course


@courses_cli.command()
@click.argument("name")
@click.option("--title", metavar="TITLE", help="What people call it; without it, NAME.")
@click.option("--token", metavar="TOKEN", help="A token that its checkers have already, from a Manytask server say; without it one is made.")
def create(name: str, title: str | None, token: str | None) -> None:
    """Make a course, and a token that may do everything in it. A token that is made is printed, once."""
    if fault := name_fault(name, reserved_words(rule.rule for rule in current_app.url_map.iter_rules())):
        raise click.ClickException(fault)
    if token is not None and (fault := token_fault(token)):
        raise click.ClickException(f"--token: {fault}")
    if queries.find_course(name):
        raise click.ClickException(f'there is a course "{name}" already')
    if token is not None and token_queries.is_used(digest(token)):
        raise click.ClickException("--token: another course has this token; each needs one of its own")
    course, made = queries.add_course(name, title or name), token or new_course_token()
    token_queries.add_token(course.id, "first", Scope.CONFIGURE, digest(made))
    audit.record("course.created", ("course", course.id), name=name)
    db.session.commit()
    click.echo(f"The course {name} is made. Load its config: flask courses load {name} .manytask.yml", err=True)
    if token is None:
        click.echo(made)


@courses_cli.command()
@click.argument("name")
@click.argument("username")
@click.option("--teacher", is_flag=True, help="As a teacher.")
def enrol(name: str, username: str, teacher: bool) -> None:
    """Enrol USERNAME, as GitLab has it, in the course NAME; whoever is in it already becomes what is said here."""
    course, role = course_named(name), Role.TEACHER if teacher else Role.STUDENT
    if not username.isprintable() or not 0 < len(username) <= 255:
        raise click.ClickException(f"{username!r} is no username")
    history_queries.add_enrolment(course.id, username, role=role)
    enrolment = queries.find_enrolment(course.id, username)
    assert enrolment is not None
    enrolment.role = role
    audit.record("enrolment.changed", ("enrolment", enrolment.id), role=role)
    db.session.commit()
    click.echo(f"{username} is a {role} of {name}.")


@courses_cli.command()
@click.argument("name")
@click.option("--off", is_flag=True, help="Nobody enrols by a secret any more.")
def secret(name: str, off: bool) -> None:
    """Give the course NAME a new secret, by which whoever has an account enrols as a student. It is printed, once; the one before is good no more."""
    course, made = course_named(name), None if off else new_token()
    course.enrolment_secret_hash = made and digest(made)
    audit.record("course.secret_changed", ("course", course.id), name=name, off=off)
    db.session.commit()
    click.echo(f"{name} is entered by {'no secret' if off else f'a new secret; the link is /courses/{name}/enrol?secret=SECRET'}.", err=True)
    if made:
        click.echo(made)


@courses_cli.command("load")
@click.argument("name")
@click.argument("file", type=CONFIG)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
def load_config(name: str, file: Path, dry_run: bool) -> None:
    """Load a .manytask.yml into the course NAME: all of it or, with every fault that it has, none."""
    try:
        loaded = load(course_named(name).id, file.read_bytes(), preview=dry_run)
    except (ConfigFaults, ApiFault) as fault:
        raise click.ClickException(str(fault)) from None
    for change in loaded.changes:
        click.echo(" ".join(part for part in (change.kind, change.thing, change.name, change.field) if part) + _values(change.before, change.after))
    for moved in loaded.moved or ():
        click.echo(f"total {moved.rms_username}: {moved.before} → {moved.after}")
    if dry_run:
        db.session.rollback()
        click.echo("Nothing is changed.", err=True)
        return
    db.session.commit()
    if loaded.moved is None and settings_of(current_app).in_process:
        _recompute(name)
    elif loaded.moved is None:
        send_or_leave(course_named(name).id)
    click.echo(f"{file} is the config of {name}.", err=True)


@courses_cli.command("recompute")
@click.argument("name")
def recompute_scores(name: str) -> None:
    """Work out every score of the course NAME anew, from what was reported."""
    _recompute(name)


def _recompute(name: str) -> None:
    course = course_named(name)
    lock_course(course.id)
    moved = recompute(course, utc_now())
    audit.record("course.recomputed", ("course", course.id), moved=len(moved))
    db.session.commit()
    for each in moved:
        click.echo(f"total {each.rms_username}: {each.before} → {each.after}")
    click.echo(f"The scores of {name} are worked out; totals changed: {len(moved)}.", err=True)


@courses_cli.command("import")
@click.argument("name")
@click.argument("file", type=CONFIG)
def import_students(name: str, file: Path) -> None:
    """Take over students, scores, comments and grades from what a Manytask server's /api/COURSE/database answers.

    Load the course's config first: scores of tasks that it does not have are refused. It may be done again; what was earned here since stays.
    """
    try:
        imported = importing.import_database(course_named(name), file.read_bytes())
    except importing.ImportFault as fault:
        raise click.ClickException(f"{file}: {fault}") from None
    db.session.commit()
    click.echo(f"{imported.students} students and {imported.scores} scores are in {name}.")


def _values(before: str, after: str) -> str:
    return f": {before or '–'} → {after or '–'}" if before or after else ""
