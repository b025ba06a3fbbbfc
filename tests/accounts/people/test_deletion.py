"""Deleting a person: all of it goes, Tasks pass to an heir, and the site keeps a superuser."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm.exc import StaleDataError

from accounts.people.deletion import DeletionError, delete_person
from project.audit import AuditEvent
from project.extensions import db
from tasks_app.models import Task
from tests.accounts.pages import add_user, change, errors_on, shown_to, usernames
from tests.accounts.people.rows import add_tasks, amounts, give_everything, last_event, rows_about
from tests.app_fixtures import log_in
from tests.factories import PASSWORD


def delete(boss: FlaskClient, user_id: int, username: str = "ada", **form: str) -> str:
    """Send the form that deletes a user; the page one lands on."""
    return boss.post(f"/users/delete/?id={user_id}", data={"username": username, "current": PASSWORD, **form}, follow_redirects=True).text


def test_a_deleted_user_is_gone_with_all_that_was_only_theirs(app: Flask, boss: FlaskClient, ada: int) -> None:
    give_everything(app, ada, "ada")

    page = delete(boss, ada)

    assert "ada is deleted." in page
    assert usernames(app) == ["boss"]
    assert rows_about(app, ada, "ada") == {}


@pytest.mark.parametrize("current", ["", "a wrong password"])
def test_a_session_without_the_password_deletes_nobody(app: Flask, boss: FlaskClient, ada: int, current: str) -> None:
    page = delete(boss, ada, current=current)

    assert errors_on(page).keys() == {"current"}
    assert usernames(app) == ["boss", "ada"]


def test_what_belongs_to_others_stays(app: Flask, boss: FlaskClient, ada: int) -> None:
    grace = add_user(app, "grace")
    give_everything(app, grace, "grace")
    before = rows_about(app, grace, "grace")

    delete(boss, ada)

    assert rows_about(app, grace, "grace") == before


def test_an_invite_that_the_user_made_stays_without_its_maker(app: Flask, boss: FlaskClient, ada: int) -> None:
    give_everything(app, ada, "ada")

    delete(boss, ada)

    assert "made by her" in boss.get("/invites/").text


def test_a_deleted_user_is_logged_out(app: Flask, client: FlaskClient, boss: FlaskClient, ada: int) -> None:
    log_in(client, ada)

    delete(boss, ada)

    assert shown_to(client) is None


def test_tasks_pass_to_the_heir_and_count_as_changed(app: Flask, boss: FlaskClient, ada: int, heir: int) -> None:
    add_tasks(app, ada, 3)
    add_tasks(app, heir, 1)
    with app.app_context():
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        db.session.execute(update(Task).values(updated_at=long_ago, created_at=long_ago))
        db.session.commit()

    delete(boss, ada, heir="HEIR")

    assert amounts(app) == ({"boss": 0, "heir": 4}, {"boss": 0, "heir": 4})
    with app.app_context():
        tasks = db.session.scalars(select(Task).order_by(Task.id)).all()
        assert [task.updated_at > long_ago for task in tasks] == [True, True, True, False]
        assert {task.created_at for task in tasks} == {long_ago}


def test_a_task_in_somebodys_form_is_not_given_back(app: Flask, boss: FlaskClient, ada: int, heir: int) -> None:
    add_tasks(app, ada, 1)
    with app.app_context():
        task = db.session.scalars(select(Task)).one()
        db.session.commit()
        with ThreadPoolExecutor() as elsewhere:
            elsewhere.submit(delete, boss, ada, heir="heir").result()
        task.title = "changed"
        with pytest.raises(StaleDataError):
            db.session.commit()


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "Say who gets them."),
        ("nobody", 'There is no user "nobody".'),
        ("a\0b", 'There is no user "a\0b".'),
        ("ada", "Nobody inherits from themselves. Choose another user."),
        ("idle", "This user is not active. Choose another one."),
    ],
)
def test_a_bad_heir_is_refused_beside_the_field(app: Flask, boss: FlaskClient, ada: int, typed: str, error: str) -> None:
    add_user(app, "idle", is_active=False)
    add_tasks(app, ada, 1)

    page = delete(boss, ada, heir=typed)

    assert errors_on(page)["heir"].replace("\ufffd", "\0") == error
    assert "ada" in usernames(app)


@pytest.mark.parametrize("typed", ["", "Ada", "boss", "ad"])
def test_nobody_is_deleted_whose_name_is_not_typed(app: Flask, boss: FlaskClient, ada: int, typed: str) -> None:
    page = delete(boss, ada, username=typed)

    assert list(errors_on(page)) == ["username"]
    assert "ada" in usernames(app)


def test_no_heir_is_asked_for_where_there_is_nothing_to_inherit(boss: FlaskClient, ada: int) -> None:
    assert 'name="heir"' not in boss.get(f"/users/delete/?id={ada}").text


def test_nobody_deletes_the_own_account(app: Flask, boss: FlaskClient, boss_id: int) -> None:
    add_user(app, "other", is_superuser=True)

    page = delete(boss, boss_id, username="boss")

    assert "You can&#39;t delete your own account; another superuser can." in page
    assert "boss" in usernames(app)


def test_another_superuser_can_be_deleted(app: Flask, boss: FlaskClient) -> None:
    delete(boss, add_user(app, "other", is_superuser=True), username="other")

    assert usernames(app) == ["boss"]


def test_the_last_active_superuser_is_not_deleted(app: Flask, boss_id: int) -> None:
    add_user(app, "idle", is_superuser=True, is_active=False)

    with app.app_context(), pytest.raises(DeletionError, match="last active superuser"):
        delete_person(boss_id, None)

    assert "boss" in usernames(app)


def test_a_deletion_is_audited_by_number_and_without_a_name(app: Flask, boss: FlaskClient, boss_id: int, ada: int, heir: int) -> None:
    give_everything(app, ada, "ada")
    add_tasks(app, ada, 2)

    delete(boss, ada, heir="heir")

    event = last_event(app)
    assert (event.action, event.actor_id, event.object_type, event.object_id) == ("user.deleted", boss_id, "user", ada)
    assert event.details == {"heir": heir, "tasks": 2}
    with app.app_context():
        assert [row.id for row in db.session.scalars(select(AuditEvent)) if "ada" in str(row.details)] == []


def test_what_the_user_did_stays_in_the_audit(app: Flask, boss: FlaskClient, ada: int) -> None:
    give_everything(app, ada, "ada")

    delete(boss, ada)

    with app.app_context():
        assert db.session.scalars(select(AuditEvent.action).where(AuditEvent.actor_id == ada)).all() == ["login"]


@pytest.mark.parametrize("heir_id", [None, 99999])
def test_a_deletion_that_is_refused_changes_nothing(app: Flask, ada: int, heir: int, heir_id: int | None) -> None:
    add_tasks(app, ada, 2)
    before = rows_about(app, ada, "ada")

    with app.app_context(), pytest.raises(DeletionError):
        delete_person(ada, heir_id)

    assert rows_about(app, ada, "ada") == before
    assert amounts(app) == ({"ada": 2, "heir": 0}, {"ada": 2, "heir": 0})


def test_the_heir_must_still_be_active_when_it_comes_to_it(app: Flask, ada: int, heir: int) -> None:
    change(app, "heir", is_active=False)

    with app.app_context(), pytest.raises(DeletionError, match="another, active user"):
        delete_person(ada, heir)


def test_a_user_who_is_deleted_twice_is_gone_once(app: Flask, ada: int) -> None:
    with app.app_context():
        delete_person(ada, None)
        with pytest.raises(DeletionError, match="not there any more"):
            delete_person(ada, None)


def in_threads(app: Flask, *deletions: tuple[int, int | None]) -> list[str]:
    """Delete people at the same time, each with an heir; what came of each, in order of the words."""
    both_there = Barrier(len(deletions), timeout=30)

    def take(person: tuple[int, int | None]) -> str:
        with app.app_context():
            both_there.wait()
            try:
                delete_person(*person)
            except DeletionError as refusal:
                return str(refusal)
            return "deleted"

    with ThreadPoolExecutor() as threads:
        return sorted(threads.map(take, deletions))


def test_of_two_superusers_deleted_at_once_one_is_left(app: Flask) -> None:
    one, other = (add_user(app, name, is_superuser=True) for name in ("one", "other"))

    assert in_threads(app, (one, None), (other, None)) == ["This is the last active superuser; make another one first.", "deleted"]
    assert len(usernames(app)) == 1


def test_of_two_who_are_each_others_heirs_one_is_left_with_everything(app: Flask) -> None:
    one, other = add_user(app, "one"), add_user(app, "other")
    for user_id in (one, other):
        add_tasks(app, user_id, 3)

    assert in_threads(app, (one, other), (other, one)) == ["The heir has to be another, active user.", "deleted"]
    kept, counted = amounts(app)
    assert kept == counted
    assert list(kept.values()) == [6]
