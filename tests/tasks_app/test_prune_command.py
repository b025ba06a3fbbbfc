"""`flask tasks prune`: what is too old goes at once, or is counted."""

import re
from datetime import timedelta

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from project.audit import AuditEvent
from project.database import utc_now
from project.extensions import Model, db
from tasks_app import cli, retention_queries
from tasks_app.models import TaskResult
from tests.apps import close, make_app
from tests.factories import make_result, make_task, make_tick
from tests.place import free_port
from workers.models import Tick

OLD, YOUNG = timedelta(days=90, minutes=1), timedelta(days=89, hours=23)


@pytest.fixture(autouse=True)
def slices_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice is two rows, and two slices a line of progress."""
    monkeypatch.setattr(retention_queries, "SLICE", 2)
    monkeypatch.setattr(cli, "SLICES_A_LINE", 2)


def prune(app: Flask, *options: str) -> Result:
    """What the command does."""
    return app.test_cli_runner().invoke(args=["tasks", "prune", *options])


def count(app: Flask, model: type[Model]) -> int:
    """How many rows a table has."""
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def old_results(app: Flask) -> None:
    """Five results that are a minute too old, two that are not, and a tick that is and one that is not."""
    with app.app_context():
        task = make_task()
        for age in (*(5 * [OLD]), YOUNG, YOUNG):
            make_result(task, created_at=utc_now() - age)
        for age in (OLD, YOUNG):
            make_tick(slot=utc_now() - age)


def test_it_deletes_what_is_older_than_results_are_kept_and_says_how_much(app: Flask, old_results: None) -> None:
    done = prune(app)

    assert (done.exit_code, count(app, TaskResult), count(app, Tick)) == (0, 2, 1)
    assert re.fullmatch(r"Deleted, older than 2[-\d]+ \d\d:\d\d UTC: results 5, failures of messages 0, ticks 1\.\n", done.stdout)


def test_a_dry_run_says_the_same_and_deletes_nothing(app: Flask, old_results: None) -> None:
    counted = prune(app, "--dry-run")

    assert (counted.exit_code, count(app, TaskResult), count(app, Tick), count(app, AuditEvent)) == (0, 7, 2, 0)
    assert re.fullmatch(r"To be deleted, older than 2[-\d]+ \d\d:\d\d UTC: results 5, failures of messages 0, ticks 1\.\n", counted.stdout)
    assert prune(app).stdout.endswith("results 5, failures of messages 0, ticks 1.\n")


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_progress_goes_to_standard_error(app: Flask, old_results: None, options: tuple[str, ...]) -> None:
    assert prune(app, *options).stderr == "results 4 …\n"


def test_with_nothing_too_old_it_says_so_and_that_is_no_error(app: Flask) -> None:
    done = prune(app)

    assert (done.exit_code, done.stderr, count(app, AuditEvent)) == (0, "", 0)
    assert done.stdout.endswith("results 0, failures of messages 0, ticks 0.\n")


def test_what_an_operator_deletes_is_in_the_audit(app: Flask, old_results: None) -> None:
    prune(app)

    with app.app_context():
        event = db.session.scalars(select(AuditEvent)).one()
        assert (event.action, event.details["deleted"]) == ("results.pruned", 6)


def test_it_goes_by_the_setting(database_url: str) -> None:
    app = make_app(database_url, results_retention_days=30)
    with app.app_context():
        make_result(make_task(), created_at=utc_now() - timedelta(days=31))

    assert "results 1," in prune(app).stdout
    close(app)


def test_without_its_database_it_ends_with_1_and_one_line() -> None:
    app = make_app(f"postgresql+psycopg2://callboard:secret@127.0.0.1:{free_port()}/callboard")

    failed = prune(app)

    assert (failed.exit_code, failed.stdout) == (1, "")
    assert failed.stderr.startswith("Error: the database can't be used: ")
    assert "secret" not in failed.stderr
    assert "Traceback" not in failed.stderr


def test_its_help_says_what_goes_when_and_how_it_ends(app: Flask) -> None:
    said = " ".join(prune(app, "--help").output.split())

    for fact in ("RESULTS_RETENTION_DAYS (90)", "every night at 00:00 UTC", "--dry-run", "may be interrupted", "Exits with 0", "with 1 when"):
        assert fact in said
