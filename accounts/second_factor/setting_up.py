"""A second factor that waits for the app's first code: for ten minutes, and in the session in which the password was typed, for its secret is shown there."""

from flask import session

from accounts.models import User
from accounts.second_factor import queries
from accounts.second_factor.codes import new_secret
from accounts.second_factor.models import Authenticator
from project.tokens import digest

KEY = "second_factor"
"""Where the browser's session keeps the digest of the secret that it may show."""


def begin(user: User) -> bool:
    """Let a new secret wait, in place of any other that does; False, and nothing is done, if the user's second factor is on; the caller commits."""
    secret = new_secret()
    if not queries.begin_set_up(user.id, secret):
        return False
    session[KEY] = digest(secret)
    return True


def find(user: User) -> Authenticator | None:
    """The user's app that waits for its first code; None if there is none, not any more, or not in this session."""
    app = queries.find_waiting(user.id)
    return app if app and session.get(KEY) == digest(app.secret) else None


def end() -> None:
    """Show the secret no more."""
    session.pop(KEY, None)
