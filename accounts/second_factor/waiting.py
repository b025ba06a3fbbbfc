"""A login that waits for its code: it is no session and opens nothing, and stands in the browser's signed cookie until the code follows or time is up."""

from dataclasses import asdict, dataclass

from flask import session

from accounts.models import User
from accounts.queries import get_user
from accounts.second_factor.queries import has_second_factor
from accounts.sessions import current
from project.database import utc_now
from project.redirects import local_target
from project.tokens import digest

KEY = "waiting_login"
SECONDS = 5 * 60
"""How long a login waits."""
LONGEST_TARGET = 1000
"""A browser keeps no cookie beyond 4096 bytes, and without it nobody could log in; who asked for a page with a longer address goes to the front page."""


@dataclass(frozen=True)
class WaitingLogin:
    """Somebody who has given the first proof: of being which user, `how`, when, and what is to come of it."""

    user_id: int
    remember: bool
    target: str | None
    how: str
    at: float
    """Seconds since 1970."""
    bound_to: str
    """The digest of the password's hash at that time: a changed password voids the login."""

    def is_over(self, at: float) -> bool:
        """Whether it has waited too long at that time."""
        return at - self.at >= SECONDS


def begin(user: User, *, remember: bool, target: str | None, how: str) -> None:
    """Let the login of a user wait for the code, and end the session that this browser has; the caller commits."""
    current.end()
    target = local_target(target)
    if target and len(target) > LONGEST_TARGET:
        target = None
    session[KEY] = asdict(WaitingLogin(user.id, remember, target, how, utc_now().timestamp(), digest(user.password_hash)))


def find() -> tuple[WaitingLogin, User] | None:
    """The login that waits in this browser and its user; None if there is none, or nothing may come of it any more."""
    if KEY not in session:
        return None
    login = WaitingLogin(**session[KEY])
    user = get_user(login.user_id)
    if user is None or not user.is_active or login.is_over(utc_now().timestamp()):
        return None
    return (login, user) if login.bound_to == digest(user.password_hash) and has_second_factor(user.id) else None
