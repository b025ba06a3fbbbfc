"""The session of the request at hand: how it begins, is recognised, is seen to be in use, and ends."""

import re
from datetime import timedelta

from flask import Flask, Response, after_this_request, current_app, g, request, session
from flask_login import current_user, logout_user

from accounts.models import User
from accounts.sessions import queries
from accounts.sessions.models import LONGEST_DEVICE, LoginSession
from project.addresses import client_address
from project.database import utc_now
from project.extensions import login_manager, settings_of
from project.tokens import digest, new_token

TOKEN = "_user_id"
"""Where Flask-Login looks for what it hands to `load_user`."""
UNSEEN_BY = ("health", None)
"""Blueprints whose pages ask for no session: health's, and the static files of the site, which have none."""
DEVICE_DAYS = 365
DEVICE_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@login_manager.user_loader
def load_user(token: str) -> User | None:
    """The active user of a live session; None, which makes a visitor of whoever has another token."""
    found = queries.find_live(digest(token), settings_of(current_app))
    if found is None:
        return None
    g.login_session, user = found
    return user


def current_session() -> LoginSession:
    """The session of the current user, who has logged in."""
    assert current_user.is_authenticated
    begun: LoginSession = g.login_session
    return begun


def see_session() -> None:
    """Note that the session is in use: first of all in a request, so that nothing else is committed with it."""
    if request.blueprint in UNSEEN_BY or not current_user.is_authenticated:
        return
    if utc_now() - current_session().last_seen_at > timedelta(seconds=queries.SEEN_SECONDS):
        queries.see(current_session().id)


def begin(user: User, *, remember: bool = False) -> None:
    """Log the user in with a session that holds nothing of what was there before; the caller commits."""
    end()
    token, device = new_token(), _device_token() or new_token()
    queries.add_session(
        user_id=user.id,
        token_hash=digest(token),
        remember=remember,
        address=client_address(),
        device=request.user_agent.string[:LONGEST_DEVICE],
        device_hash=digest(device),
    )
    queries.forget_old_sessions(settings_of(current_app))
    session.permanent = remember
    session[TOKEN] = token
    _keep_device(device)


def end() -> None:
    """Log out whoever is logged in, and empty the browser's session; the caller commits."""
    if current_user.is_authenticated:
        queries.end_session(current_session().id, current_user.id)
        logout_user()
    session.clear()


def known_device(user: User | None) -> str | None:
    """The hash of this browser's device token, if the user has logged in on it before; the database is asked whether there is such a user or not."""
    token = _device_token()
    return digest(token) if token and queries.knows_device(user.id if user else 0, digest(token)) else None


def _device_cookie() -> str:
    return "__Host-device" if settings_of(current_app).production else "device"


def _device_token() -> str | None:
    token = request.cookies.get(_device_cookie(), "")
    return token if DEVICE_TOKEN.fullmatch(token) else None


def _keep_device(token: str) -> None:
    secure = settings_of(current_app).production

    @after_this_request
    def set_cookie(response: Response) -> Response:
        response.set_cookie(_device_cookie(), token, max_age=timedelta(days=DEVICE_DAYS), secure=secure, httponly=True, samesite="Lax")
        return response


def register(app: Flask) -> None:
    """Keep the app's sessions in cookies that stay with this host, and see them used."""
    settings = settings_of(app)
    app.config.update(
        # A cookie with this prefix is taken only over https, for this very host and all of it: no neighbouring host can plant one.
        SESSION_COOKIE_NAME="__Host-callboard" if settings.production else "callboard",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.production,
        PERMANENT_SESSION_LIFETIME=max(timedelta(days=settings.remember_days), timedelta(hours=settings.session_hours)),
    )
    app.before_request(see_session)
