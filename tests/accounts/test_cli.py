"""`flask accounts …`: an operator makes superusers, sets passwords, grants and revokes; each error names what is wrong."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.accounts.pages import add_user, log_in_by_form, read, shown_to, usernames
from tests.factories import PASSWORD

# Nothing here depends on the kind of database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NEW = "an entirely new password"


def run(app: Flask, *arguments: str, typed: str | bytes = "") -> tuple[int, str]:
    """Run the command with this on its standard input; its exit code and all that it prints."""
    result = app.test_cli_runner().invoke(args=["accounts", *arguments], input=typed)
    return result.exit_code, result.output


def test_a_superuser_is_made_with_a_password_from_standard_input(app: Flask, client: FlaskClient) -> None:
    code, output = run(app, "create-superuser", "ada", typed=f"{NEW}\n")

    log_in_by_form(client, "ada", NEW)
    assert (code, output) == (0, "ada is a superuser now.\n")
    assert shown_to(client) == "ada"
    assert read(app, "ada").is_superuser


@pytest.mark.parametrize("typed", [NEW, f"{NEW}\n", f"{NEW}\r\n", f"{NEW}\nanother line\n"])
def test_a_password_is_the_first_line_of_standard_input(app: Flask, client: FlaskClient, typed: str) -> None:
    add_user(app, "ada")

    run(app, "set-password", "ada", typed=typed)

    log_in_by_form(client, "ada", NEW)
    assert shown_to(client) == "ada"


def test_blanks_around_a_password_belong_to_it(app: Flask, client: FlaskClient) -> None:
    add_user(app, "ada")

    run(app, "set-password", "ada", typed=f" {NEW} \n")

    log_in_by_form(client, "ada", f" {NEW} ")
    assert shown_to(client) == "ada"


def test_a_new_password_closes_the_old_one(app: Flask, client: FlaskClient) -> None:
    add_user(app, "ada")

    code, output = run(app, "set-password", "ADA", typed=f"{NEW}\n")

    log_in_by_form(client, "ada", PASSWORD)
    assert (code, output) == (0, "ada has a new password.\n")
    assert shown_to(client) is None


@pytest.mark.parametrize("command", ["create-superuser", "set-password"])
def test_no_command_prints_the_password(app: Flask, command: str) -> None:
    if command == "set-password":
        add_user(app, "ada")

    _, output = run(app, command, "ada", typed=f"{NEW}\n")

    assert NEW not in output


@pytest.mark.parametrize("typed", ["", "\n", "short\n", "p" * 257 + "\n"])
@pytest.mark.parametrize("command", ["create-superuser", "set-password"])
def test_a_bad_password_is_refused_and_changes_nothing(app: Flask, command: str, typed: str) -> None:
    add_user(app, "ada")
    before = read(app, "ada").password_hash

    code, output = run(app, command, "grace" if command == "create-superuser" else "ada", typed=typed)

    assert (code, output) == (1, "Error: A password has 8 to 256 characters.\n")
    assert usernames(app) == ["ada"]
    assert read(app, "ada").password_hash == before


def test_bytes_that_are_no_text_are_refused_as_a_password(app: Flask) -> None:
    add_user(app, "ada")

    answer = run(app, "set-password", "ada", typed=b"a password with \xff in it\n")

    assert answer == (1, "Error: A password is text in UTF-8.\n")


def test_a_password_from_standard_input_is_what_a_browser_sends_for_it(app: Flask, client: FlaskClient) -> None:
    add_user(app, "ada")

    run(app, "set-password", "ada", typed="schön genug".encode())

    log_in_by_form(client, "ada", "schön genug")
    assert shown_to(client) == "ada"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("ADA", 'the username "ADA" is taken'),
        ("ab", "A username has 3 to 255 characters."),
        ("a da", "A username begins with a letter or a digit and has only A–Z, a–z, 0–9 and . _ @ + - in it."),
    ],
)
def test_a_superuser_with_a_bad_name_is_not_made(app: Flask, name: str, error: str) -> None:
    add_user(app, "ada")

    code, output = run(app, "create-superuser", name, typed=f"{NEW}\n")

    assert (code, output) == (1, f"Error: {error}\n")
    assert usernames(app) == ["ada"]


@pytest.mark.parametrize("command", [("set-password",), ("grant", "--review"), ("revoke", "--review"), ("deactivate",)], ids=" ".join)
@pytest.mark.parametrize("name", ["ghost", "", "a\0b", "'", "x" * 300])
def test_a_user_who_is_not_there_is_named(app: Flask, command: tuple[str, ...], name: str) -> None:
    code, output = run(app, *command, name, typed=f"{NEW}\n")

    assert (code, output) == (1, f'Error: there is no user "{name}"\n')


def test_the_right_to_review_is_granted(app: Flask) -> None:
    add_user(app, "ada")

    code, output = run(app, "grant", "--review", "Ada")

    assert (code, output) == (0, "ada may review tasks.\n")
    assert read(app, "ada").can_review_tasks


def test_the_right_to_review_is_revoked(app: Flask) -> None:
    add_user(app, "ada", can_review_tasks=True)

    code, output = run(app, "revoke", "--review", "ada")

    assert (code, output) == (0, "ada may not review tasks any more.\n")
    assert not read(app, "ada").can_review_tasks


@pytest.mark.parametrize("command", ["grant", "revoke"])
def test_a_right_without_a_name_is_asked_for(app: Flask, command: str) -> None:
    code, output = run(app, command)

    assert code == 2
    assert "--review" in output


@pytest.mark.parametrize(("command", "before"), [("grant", True), ("revoke", False)])
def test_granting_or_revoking_twice_changes_nothing(app: Flask, command: str, before: bool) -> None:
    add_user(app, "ada", can_review_tasks=before)

    code, _ = run(app, command, "--review", "ada")

    assert code == 0
    assert read(app, "ada").can_review_tasks is before


def test_a_user_is_deactivated_and_loses_live_sessions(app: Flask, client: FlaskClient) -> None:
    add_user(app, "ada")
    log_in_by_form(client, "ada")

    code, output = run(app, "deactivate", "ada")

    assert (code, output) == (0, "ada is not active any more.\n")
    assert shown_to(client) is None


def test_the_last_active_superuser_is_not_deactivated(app: Flask) -> None:
    add_user(app, "ada", is_superuser=True)
    add_user(app, "idle", is_superuser=True, is_active=False)

    code, output = run(app, "deactivate", "ada")

    assert (code, output) == (1, "Error: This is the last active superuser; make another one first.\n")
    assert read(app, "ada").is_active


def test_one_of_two_superusers_may_be_deactivated(app: Flask) -> None:
    add_user(app, "ada", is_superuser=True)
    add_user(app, "grace", is_superuser=True)

    code, _ = run(app, "deactivate", "ada")

    assert code == 0
    assert not read(app, "ada").is_active
