"""`flask courses …`: what an operator does to courses without a browser."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from courses import importing, making, people, queries, token_queries
from courses.actors import send_or_leave
from courses.config.faults import ConfigFaults
from courses.config_queries import lock_course
from courses.faults import ApiFault
from courses.loading import load, preview, take_effect
from courses.models import LONGEST_TOKEN_NAME, Course, Role, Scope
from courses.recomputing import Moved
from courses.tokens import new_course_token
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
    if fault := making.fault_of_new(name, [rule.rule for rule in current_app.url_map.iter_rules()]):
        raise click.ClickException(fault)
    if token is not None and (fault := making.fault_of_token(token)):
        raise click.ClickException(f"--token: {fault}")
    _, made = making.make(name, title or name, token)
    db.session.commit()
    click.echo(f"The course {name} is made. Load its config: flask courses load {name} .manytask.yml", err=True)
    if token is None:
        click.echo(made)


@courses_cli.command()
@click.argument("name")
@click.argument("username")
@click.option("--teacher", is_flag=True, help="As a teacher.")
@click.option("--id", "rms_id", metavar="ID", help="The number that GitLab has for them: by it a sign-in says who they are, whatever their name becomes.")
def enrol(name: str, username: str, teacher: bool, rms_id: str | None) -> None:
    """Enrol USERNAME, as GitLab has it, in the course NAME; whoever is in it already becomes what is said here."""
    course, role = course_named(name), Role.TEACHER if teacher else Role.STUDENT
    try:
        people.enrol(course, username, role, rms_id)
    except people.PeopleFault as fault:
        raise click.ClickException(str(fault)) from None
    db.session.commit()
    click.echo(f"{username} is a {role} of {name}.")


@courses_cli.command()
@click.argument("name")
@click.argument("token_name", metavar="TOKEN_NAME")
@click.option("--scope", type=click.Choice([scope.value for scope in Scope]), default=Scope.REPORT.value, show_default=True, help="What it may do.")
@click.option("--student", metavar="USERNAME", help="Let it report for this student alone.")
def token(name: str, token_name: str, scope: str, student: str | None) -> None:
    """Make a token of the course NAME, called TOKEN_NAME. It is printed, once; a teacher can revoke it on the course's page."""
    course, made = course_named(name), new_course_token()
    if not token_name.isprintable() or not 0 < len(token_name) <= LONGEST_TOKEN_NAME:
        raise click.ClickException(f"{token_name!r} is no name of a token: at most {LONGEST_TOKEN_NAME} characters that can be printed")
    if student is not None and scope != Scope.REPORT:
        raise click.ClickException("--student: a student's token can report, and nothing else")
    enrolment = queries.find_enrolment(course.id, student) if student is not None else None
    if student is not None and enrolment is None:
        raise click.ClickException(f'--student: nobody in {name} is called "{student}"')
    row = token_queries.add_token(course.id, token_name, Scope(scope), digest(made), enrolment.id if enrolment else None)
    audit.record("course_token.made", ("course token", row.id), course=name, scope=scope, enrolment=row.enrolment_id)
    db.session.commit()
    click.echo(made)


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
        loaded = (preview if dry_run else load)(course_named(name).id, file.read_bytes())
    except (ConfigFaults, ApiFault) as fault:
        raise click.ClickException(str(fault)) from None
    for change in loaded.changes:
        click.echo(" ".join(part for part in (change.kind, change.thing, change.name, change.field) if part) + _values(change.before, change.after))
    for moved in loaded.moved or ():
        _say(moved)
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
    moved = take_effect(course, utc_now())
    audit.record("course.recomputed", ("course", course.id), moved=len(moved))
    db.session.commit()
    for each in moved:
        _say(each)
    click.echo(f"The scores of {name} are worked out; totals or grades changed: {len(moved)}.", err=True)


def _say(moved: Moved) -> None:
    if moved.before != moved.after:
        click.echo(f"total {moved.rms_username}: {moved.before} → {moved.after}")
    if moved.grade_before != moved.grade_after:
        click.echo(f"grade {moved.rms_username}: {moved.grade_before} → {moved.grade_after}")


@courses_cli.command("import")
@click.argument("name")
@click.argument("file", type=CONFIG)
def import_students(name: str, file: Path) -> None:
    """Take over students, scores, comments and grades from what a Manytask server's /api/COURSE/database answers.

    Load the course's config first: scores of tasks that it does not have are refused. It may be done again; what was earned here since stays.
    """
    try:
        imported = importing.import_database(course_named(name), file.read_bytes())
    except ApiFault as fault:
        raise click.ClickException(str(fault)) from None
    except importing.ImportFault as fault:
        raise click.ClickException(f"{file}: {fault}") from None
    db.session.commit()
    click.echo(f"{imported.students} students and {imported.scores} scores are in {name}.")


def _values(before: str, after: str) -> str:
    return f": {before or '–'} → {after or '–'}" if before or after else ""
