"""People as superusers look after them: what the site holds about somebody, taking that away as JSON, and deleting it."""

from flask import Flask

from accounts.people import queries
from accounts.people.belongings import Belongings, belongings_of

OWN = (
    queries.account,
    queries.sessions,
    queries.authenticators,
    queries.recovery_codes,
    queries.identities,
    queries.api_tokens,
    queries.links,
    queries.failed_logins,
    queries.audit_events,
)


def register(app: Flask) -> None:
    """Say what accounts hold about a user."""
    belongings_of(app).extend(Belongings(records.__name__, records) for records in OWN)
