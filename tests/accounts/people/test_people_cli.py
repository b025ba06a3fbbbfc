"""`flask accounts delete` and `password-link`: what an operator does about people without a browser."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.accounts.links.pages import NEW, send_password
from tests.accounts.pages import add_user, log_in_by_form, shown_to, usernames
from tests.accounts.people.rows import add_tasks, amounts, last_event
from tests.accounts.test_cli import run

# Nothing here depends on the kind of database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_link_is_printed_as_a_path_that_sets_the_password(app: Flask, client: FlaskClient, ada: int) -> None:
    code, output = run(app, "password-link", "ADA")

    send_password(client, output.strip())

    log_in_by_form(client, "ada", NEW)
    assert (code, output.startswith("/accounts/set-password/"), shown_to(client)) == (0, True, "ada")


@pytest.mark.parametrize("address", ["https://callboard.example.org", "https://callboard.example.org/", "http://localhost:8000"])
def test_a_link_is_printed_with_the_sites_address(app: Flask, ada: int, address: str) -> None:
    _, output = run(app, "password-link", "ada", "--url", address)

    assert output.startswith(f"{address.rstrip('/')}/accounts/set-password/")


@pytest.mark.parametrize("address", ["callboard.example.org", "/x", "ftp://callboard.example.org", "https://", "http://["])
def test_an_address_that_is_none_is_refused(app: Flask, ada: int, address: str) -> None:
    code, output = run(app, "password-link", "ada", "--url", address)

    assert (code, output) == (1, f'Error: --url: "{address}" is not an address, e.g. https://callboard.example.org\n')


def test_a_link_for_somebody_who_is_not_active_is_refused(app: Flask) -> None:
    add_user(app, "idle", is_active=False)

    assert run(app, "password-link", "idle") == (1, "Error: idle is not active\n")


def test_a_link_by_command_is_audited_without_an_actor(app: Flask, ada: int) -> None:
    run(app, "password-link", "ada")

    event = last_event(app)
    assert (event.action, event.actor_id, event.object_id) == ("link.made", None, ada)


def test_a_user_without_tasks_is_deleted(app: Flask, ada: int) -> None:
    assert run(app, "delete", "Ada") == (0, "ada is deleted.\n")
    assert usernames(app) == []


def test_a_users_tasks_pass_to_the_heir(app: Flask, ada: int, heir: int) -> None:
    add_tasks(app, ada, 2)

    assert run(app, "delete", "ada", "--heir", "heir") == (0, "ada is deleted. Passed to heir: tasks (2).\n")
    assert amounts(app) == ({"heir": 2}, {"heir": 2})


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("ada",), "The user has tasks (1): name an heir."),
        (("ada", "--heir", "ada"), "The heir has to be another, active user."),
        (("ada", "--heir", "nobody"), 'there is no user "nobody"'),
        (("nobody", "--heir", "ada"), 'there is no user "nobody"'),
        (("boss", "--heir", "ada"), "This is the last active superuser; make another one first."),
    ],
)
@pytest.mark.usefixtures("boss_id")
def test_a_deletion_that_can_not_be_says_why(app: Flask, ada: int, arguments: tuple[str, ...], error: str) -> None:
    add_tasks(app, ada, 1)

    assert run(app, "delete", *arguments) == (1, f"Error: {error}\n")
    assert sorted(usernames(app)) == ["ada", "boss"]
