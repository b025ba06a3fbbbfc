"""How an event's people and things are called, and its details read."""

from typing import Any

from project.audit import AuditEvent
from project.formatting import NOTHING, yes_no


def user(user_id: int, username: str | None) -> str:
    """A user's name; a number for one who was deleted."""
    return username or f"user {user_id}, deleted"


def who(event: AuditEvent, username: str | None) -> str:
    """Who did it; a request has an id, so nobody without one was the command line."""
    if event.actor_id is None:
        if key := event.details.get("with"):
            return str(key)
        return "command line" if event.request_id is None else "a visitor"
    return user(event.actor_id, username)


def on_what(event: AuditEvent, username: str | None) -> str:
    """What it was done to; nothing where the event has no object."""
    if event.object_type is None:
        return ""
    if event.object_type == "user" and event.object_id is not None:
        return user(event.object_id, username)
    return f"{event.object_type} {event.object_id}"


def in_words(details: dict[str, Any]) -> str:
    """The details as a person reads them: `how: password, sessions_ended: 2`."""
    return ", ".join(f"{name}: {_in_words(value)}" for name, value in details.items())


def _in_words(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return yes_no(value)
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
