"""Export: all that the site holds about a user, as JSON, and no secret."""

import json
import re
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.people.belongings import Belongings
from accounts.people.export import as_json
from courses.models import ChangeKind, RowChange
from project.database import utc_now
from project.extensions import Model, db
from tests.accounts.pages import add_user
from tests.accounts.people.rows import SECRETS, add_tasks, give_everything, last_event
from tests.courses.rows import make_course, make_enrolment
from tests.factories import make_user
from tests.statements import statements


def exported(boss: FlaskClient, user_id: int) -> Any:
    """What the file says."""
    response = boss.post("/users/personal-data", data={"id": user_id})
    assert response.headers["Content-Disposition"] == f'attachment; filename="user-{user_id}.json"'
    assert response.mimetype == "application/json"
    return json.loads(response.text)


def test_the_export_holds_each_kind_of_what_there_is(app: Flask, boss: FlaskClient, ada: int) -> None:
    give_everything(app, ada, "ada")
    add_tasks(app, ada, 2)

    data = exported(boss, ada)

    assert {name: len(rows) for name, rows in data.items()} == {
        "account": 1,
        "sessions": 1,
        "authenticators": 1,
        "recovery_codes": 1,
        "identities": 1,
        "api_tokens": 1,
        "links": 2,
        "failed_logins": 2,
        "audit_events": 2,
        "tasks": 2,
        "enrolments": 1,
        "scores": 1,
        "submissions": 1,
        "comments and grades": 1,
        "extensions": 1,
        "course tokens": 1,
        "score edits made": 1,
        "comments and grades set": 1,
        "extensions made": 1,
        "configs uploaded": 1,
    }
    assert data["account"][0]["username"] == "ada"
    assert data["api_tokens"][0]["name"] == "my laptop"
    assert data["identities"][0]["name"] == "Ada L."
    assert sorted((row["kind"], row["failures"]) for row in data["failed_logins"]) == [("device", 1), ("name", 1)]
    assert [task["title"] for task in data["tasks"]] == ["Task 0", "Task 1"]
    assert datetime.fromisoformat(data["sessions"][0]["created_at"]).tzinfo


def test_the_export_asks_each_table_that_is_about_users(app: Flask, boss: FlaskClient, ada: int) -> None:
    about_users = {"users", *_tables_about("users"), *_tables_about("enrolments"), "audit_events", "failed_logins"}
    with statements(app) as asked:
        exported(boss, ada)

    # A new table that refers to a user or to somebody in a course is found here until it is exported.
    assert {table for table in about_users if not any(re.search(rf"\b{table}\.", statement) for statement in asked)} == set()


def _tables_about(name: str) -> set[str]:
    return {table.name for table in Model.metadata.tables.values() if any(key.column.table.name == name for key in table.foreign_keys)}


def test_the_export_holds_what_teachers_noted_and_not_whom_a_teacher_noted_it_of(app: Flask, boss: FlaskClient, ada: int) -> None:
    with app.app_context():
        bob, course = make_user("bob").id, make_course()
        alice = make_enrolment(course, ada, rms_username="alice", comment="Was ill")
        db.session.add(RowChange(enrolment_id=alice.id, kind=ChangeKind.COMMENT, before="", after="Was ill", author_id=bob, at=utc_now()))
        db.session.commit()

    of_student, of_teacher = exported(boss, ada), exported(boss, bob)

    assert (of_student["enrolments"][0]["comment"], of_student["comments and grades"][0]["after"]) == ("Was ill", "Was ill")
    assert [row["kind"] for row in of_teacher["comments and grades set"]] == ["comment"]
    assert "alice" not in json.dumps(of_teacher)
    assert "Was ill" not in json.dumps(of_teacher)


def test_the_export_of_a_new_user_is_the_account_alone(boss: FlaskClient, ada: int) -> None:
    data = exported(boss, ada)

    assert [name for name, rows in data.items() if rows] == ["account", "audit_events"]
    assert [event["action"] for event in data["audit_events"]] == ["user.exported"]


def test_the_export_holds_no_secret(app: Flask, boss: FlaskClient, ada: int) -> None:
    give_everything(app, ada, "ada")

    text = json.dumps(exported(boss, ada))

    assert [secret for secret in (*SECRETS, "argon2") if secret in text] == []


def test_the_export_holds_nothing_of_others(app: Flask, boss: FlaskClient, ada: int) -> None:
    grace = add_user(app, "grace")
    give_everything(app, grace, "grace")
    add_tasks(app, grace, 1)

    data = exported(boss, ada)

    assert [name for name, rows in data.items() if rows] == ["account", "audit_events"]


def test_the_export_says_where_the_user_was_and_not_where_a_superuser_was(app: Flask, boss: FlaskClient, ada: int) -> None:
    give_everything(app, ada, "ada")

    events = exported(boss, ada)["audit_events"]

    assert [(event["action"], event["address"]) for event in events] == [("login", "192.0.2.7"), ("user.exported", None)]


def test_an_export_is_audited(app: Flask, boss: FlaskClient, boss_id: int, ada: int) -> None:
    exported(boss, ada)

    event = last_event(app)
    assert (event.action, event.actor_id, event.object_type, event.object_id) == ("user.exported", boss_id, "user", ada)


def test_an_export_of_many_tasks_is_read_in_a_constant_number_of_statements(app: Flask, boss: FlaskClient, ada: int) -> None:
    with statements(app) as few:
        exported(boss, ada)
    add_tasks(app, ada, 2500)
    with statements(app) as many:
        data = exported(boss, ada)

    assert len(data["tasks"]) == 2500
    assert len(few) == len(many)


def test_an_export_is_written_before_all_of_it_is_read() -> None:
    read: list[int] = []

    def endless(user_id: int) -> Any:
        while True:
            read.append(user_id)
            yield {"number": len(read)}

    pieces = as_json(7, [Belongings("numbers", endless)])

    assert [next(pieces) for _ in range(3)] == ['{\n"numbers": [', '\n  {"number": 1}', ',\n  {"number": 2}']
    assert len(read) == 2


@pytest.mark.parametrize("rows", [[], [{}], [{"a": None, "b": [1], "c": 'ä"\n'}, {"a": True}]])
def test_what_is_written_is_what_was_there(rows: list[dict[str, Any]]) -> None:
    text = "".join(as_json(7, [Belongings("first", lambda _id: rows), Belongings("second", lambda _id: [])]))

    assert json.loads(text) == {"first": rows, "second": []}


def test_what_json_has_no_word_for_is_refused() -> None:
    with pytest.raises(TypeError, match="is no value of JSON"):
        list(as_json(7, [Belongings("sets", lambda _id: [{"a": {1}}])]))
