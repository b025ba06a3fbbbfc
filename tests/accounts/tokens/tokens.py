"""API tokens for tests, and what they are sent with."""

from datetime import timedelta
from typing import Any

from flask import Flask

from accounts.tokens.bearer import new_api_token
from accounts.tokens.models import ApiToken
from project.database import utc_now
from project.extensions import db
from project.tokens import digest


def make_token(app: Flask, user_id: int, *scopes: str, **values: Any) -> str:
    """A token of the user with those scopes, good for a month; the token itself."""
    token, at = new_api_token(), utc_now()
    row = {"name": "laptop", "created_at": at, "expires_at": at + timedelta(days=30), "scopes": list(scopes), **values}
    with app.app_context():
        db.session.add(ApiToken(user_id=user_id, token_hash=digest(token), **row))
        db.session.commit()
    return token


def bearer(token: str) -> dict[str, str]:
    """The headers of a request that carries the token."""
    return {"Authorization": f"Bearer {token}"}
