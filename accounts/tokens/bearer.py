"""From a bearer token to whom it stands for."""

import re
from datetime import timedelta

from accounts.second_factor.required import lacks_required_second_factor
from accounts.tokens import queries
from project.api import Bearer
from project.database import utc_now
from project.tokens import digest, new_token

PREFIX = "callboard_"
"""By it a scanner finds a token that was published by mistake."""
TOKEN = re.compile(PREFIX + "[A-Za-z0-9_-]{43}")


def new_api_token() -> str:
    """A token that nobody has."""
    return PREFIX + new_token()


def bearer_of(token: str) -> Bearer | None:
    """Whom a live token stands for, and what it is good for; None for a user who is not active, or lacks a second factor that is required.

    That it is used is noted, to the minute, and committed.
    """
    found = queries.find_live(digest(token)) if TOKEN.fullmatch(token) else None
    if found is None:
        return None
    row, user = found
    if lacks_required_second_factor(user):
        return None
    if row.last_used_at is None or utc_now() - row.last_used_at > timedelta(seconds=queries.USED_SECONDS):
        queries.use(row.id)
    return Bearer(f"token {row.id}", user, frozenset(row.scopes))
