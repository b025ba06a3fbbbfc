"""Stored attacks: whatever stands in the database, however it got there, no page takes it for markup and no spreadsheet for a formula."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import JSON, Column, String, Table, select, update
from werkzeug.test import TestResponse

from project.extensions import Model, db
from tests.pages import plots, read
from tests.project.content.attacks import BREAKS_OUT, FORMULAS, MARK, MARKUP, cells_that_compute, taken_for_markup
from tests.project.gallery import SHOWINGS, Gallery, Showing

pytestmark = pytest.mark.no_cover

OUR_OWN = {
    *("users.password_hash", "login_sessions.token_hash", "login_sessions.device_hash", "authenticators.secret", "recovery_codes.code_hash"),
    *("api_tokens.token_hash", "one_time_links.token_hash", "one_time_links.purpose", "alarms.kind", "alarms.lease_token", "ticks.lease_token"),
    *("message_failures.state", "schedule_changes.name"),
    *(
        "courses.name",
        "courses.status",
        "courses.timezone",
        "courses.deadline_kind",
        "courses.enrolment_secret_hash",
        "courses.grade_formulas",
        "course_groups.steps",
    ),
    *(
        "enrolments.role",
        "enrolments.calendar_token_hash",
        "submissions.kind",
        "course_tokens.scope",
        "course_tokens.token_hash",
        "report_batches.state",
        "row_changes.kind",
    ),
    *("worker_processes.state", "worker_processes.wanted", "work_counts.outcome"),
    # Numbers alone.
    "task_results.task_params",
}
"""What the site makes by itself, and would not work with anything else."""
SHAPES: dict[str, Callable[[str], Any]] = {
    "api_tokens.scopes": lambda text: [text],
    "courses.links": lambda text: {text: "https://forum.example"},
    "report_batches.faults": lambda text: [{"line": 1, "error": text}],
    "config_drafts.changes": lambda text: [dict.fromkeys(("kind", "thing", "name", "field", "before", "after"), text)],
    "config_drafts.moved": lambda text: [{"rms_username": text, "before": 1, "after": 2, "grade_before": 3, "grade_after": 4}],
    "worker_processes.queues": lambda text: [text],
    "worker_processes.at_work": lambda text: [{"actor": text, "message_id": text, "call": text, "since": "2026-11-21T12:00:00+00:00"}],
}
"""How text stands in JSON that is read by its names."""
SHOWN_NOWHERE = {
    *("alarms.about", "alarms.text", "failed_logins.subject"),
    *("courses.pending_config", "courses.pending_settings", "config_drafts.text", "config_drafts.based_on", "assignments.url"),
    "report_batches.lines",
    *("work_counts.queue", "work_counts.actor"),
}
"""What no answer holds."""


def is_text(column: Column[Any]) -> bool:
    """Whether the column can hold what somebody typed."""
    return isinstance(column.type, String | JSON)


def name_of(column: Column[Any]) -> str:
    """Its table's name and its own."""
    return f"{column.table.name}.{column.name}"


def _in_a_dict(text: str) -> Any:
    return {"one": text, "more": [text]}


def plant(app: Flask, attack: str) -> set[str]:
    """Put the attack into each row of each column of text, with the column's name behind it; the columns."""
    tables = Model.metadata.tables.values()
    columns = [column for table in tables for column in table.columns if is_text(column) and name_of(column) not in OUR_OWN]
    with app.app_context():
        for column in columns:
            table = column.table
            assert isinstance(table, Table)
            for number, key in enumerate(db.session.execute(select(*table.primary_key)).all()):
                text = f"{attack} {name_of(column)} {number}"
                value = SHAPES.get(name_of(column), _in_a_dict)(text) if isinstance(column.type, JSON) else text
                row = (own == part for own, part in zip(table.primary_key, key, strict=True))
                db.session.execute(update(table).where(*row).values({column: value}))
        db.session.commit()
    return {name_of(column) for column in columns}


def answers(app: Flask, gallery: Gallery) -> Iterator[tuple[Showing, TestResponse]]:
    """All that the site shows."""
    for showing in SHOWINGS:
        answer = gallery.show(app, showing)
        assert answer.status_code < 500, (showing.name, answer.status)
        yield showing, answer
        answer.close()


@pytest.mark.parametrize("attack", MARKUP)
def test_no_page_takes_what_is_stored_for_markup(app: Flask, gallery: Gallery, attack: str) -> None:
    plant(app, attack)

    taken = {showing.name: found for showing, answer in answers(app, gallery) if (found := taken_for_markup(answer))}

    assert taken == {}


def test_each_column_of_text_is_seen_on_some_page_or_known_to_be_on_none(app: Flask, gallery: Gallery) -> None:
    planted = plant(app, MARK)

    shown = {column for _, answer in answers(app, gallery) for column in planted if f"{MARK} {column}".encode() in answer.data}

    assert planted - shown == SHOWN_NOWHERE


def test_a_plot_is_told_names_as_they_are(app: Flask, gallery: Gallery) -> None:
    plant(app, BREAKS_OUT)
    showing = next(showing for showing in SHOWINGS if showing.name == "reviews.index")

    labels = plots(read(gallery.show(app, showing)))["bars"]["labels"]

    assert labels
    assert all(label.startswith(BREAKS_OUT) for label in labels)


@pytest.mark.parametrize("start", FORMULAS)
def test_no_cell_of_a_table_to_download_is_a_formula(app: Flask, gallery: Gallery, start: str) -> None:
    plant(app, f"{start}1+1")

    tables = {
        showing.name: list(csv.reader(io.StringIO(answer.text, newline=""))) for showing, answer in answers(app, gallery) if answer.mimetype == "text/csv"
    }

    assert tables
    assert {name: cells for name, rows in tables.items() if (cells := cells_that_compute(rows))} == {}
