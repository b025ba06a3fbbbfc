"""`flask accounts reset-second-factor`: the way back in for who has lost both the phone and the recovery codes."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.accounts.pages import add_user, log_in_by_form, shown_to
from tests.accounts.second_factor.phones import Phone, audited

# Nothing here depends on the kind of database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def reset(app: Flask, name: str) -> tuple[int, str]:
    """Run the command; its exit code and all that it prints."""
    result = app.test_cli_runner().invoke(args=["accounts", "reset-second-factor", name])
    return result.exit_code, result.output


def test_after_a_reset_the_password_alone_logs_in(app: Flask, client: FlaskClient, phone: Phone) -> None:
    assert reset(app, "ADA") == (0, "ada has no second factor any more.\n")

    log_in_by_form(client, "ada")
    assert shown_to(client) == "ada"
    assert audited(app)[0] == ("second_factor.off", None, phone.user_id, {})


@pytest.mark.parametrize(("name", "error"), [("grace", "grace has no second factor"), ("ghost", 'there is no user "ghost"')])
def test_what_is_not_there_is_not_reset(app: Flask, name: str, error: str) -> None:
    add_user(app, "grace")

    assert reset(app, name) == (1, f"Error: {error}\n")
