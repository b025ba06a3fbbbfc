"""The steps of a sign-in elsewhere, as a browser takes them, and what they leave behind."""

import re
from html import unescape
from typing import Any
from uuid import uuid4

import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from accounts.identities.models import Identity
from accounts.models import User
from project.audit import AuditEvent
from project.database import utc_now
from project.extensions import db
from tests.factories import PASSWORD
from tests.oidc import consent

HERE = "http://localhost"
"""Where Flask's test client believes to be."""


def new_subject() -> str:
    """Somebody whom the provider has not seen yet."""
    return f"subject-{uuid4().hex}"


def set_out(browser: FlaskClient, to: str = "begin", provider: str = "oidc", **form: str) -> str:
    """Press the button; the provider's address that the browser is sent to."""
    return way_out(browser.post(f"/accounts/identities/{provider}/{to}", data={"current": PASSWORD, **form}).text)


def way_out(html: str) -> str:
    """Where a page that leaves the site at once leads; no form may be redirected to another site."""
    found = re.search(r'<meta http-equiv="refresh" content="0; url=([^"]+)">', html)
    assert found, html
    return unescape(found[1])


def sign_in(browser: FlaskClient, subject: str, **form: str) -> TestResponse:
    """Press the button on the login page, log in there, and come back."""
    return browser.get(consent(set_out(browser, **form), subject))


def link(browser: FlaskClient, subject: str) -> TestResponse:
    """Press the button on one's own page, log in there, and come back."""
    return browser.get(consent(set_out(browser, "link"), subject))


def pass_through(browser: FlaskClient, to: str = "begin") -> TestResponse:
    """The same at a provider that asks nothing."""
    return browser.get(requests.get(set_out(browser, to), timeout=10, allow_redirects=False).headers["Location"])


def add_identity(app: Flask, user_id: int, issuer: str, subject: str, name: str = "ada.there") -> int:
    """Link a subject to a user behind the site's back; the identity's id."""
    with app.app_context():
        identity = Identity(user_id=user_id, issuer=issuer, subject=subject, name=name, created_at=utc_now())
        db.session.add(identity)
        db.session.commit()
        return identity.id


def linked(app: Flask) -> list[tuple[str, str, str]]:
    """Who is linked to what: username, issuer, subject."""
    with app.app_context():
        rows = db.session.execute(select(User.username, Identity.issuer, Identity.subject).join(User, User.id == Identity.user_id).order_by(Identity.id))
        return [(username, issuer, subject) for username, issuer, subject in rows]


def events(app: Flask) -> list[tuple[str, int | None, dict[str, Any]]]:
    """What the audit says happened, on which object, in which details."""
    with app.app_context():
        rows = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        return [(event.action, event.object_id, event.details) for event in rows]
