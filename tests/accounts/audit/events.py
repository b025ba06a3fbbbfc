"""Events of the audit for tests."""

from typing import Any

from flask import Flask

from project.audit import AuditEvent
from project.database import utc_now
from project.extensions import db


def make_event(app: Flask, action: str = "login", on: tuple[str, int] | None = None, **values: Any) -> int:
    """An event that a visitor caused just now, unless `values` say otherwise; its id."""
    object_type, object_id = on or (None, None)
    row = {"at": utc_now(), "details": {}, "address": "192.0.2.1", "request_id": "abc", **values}
    with app.app_context():
        event = AuditEvent(action=action, object_type=object_type, object_id=object_id, **row)
        db.session.add(event)
        db.session.commit()
        return event.id
