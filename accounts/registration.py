"""Who may make an account: everybody, those with an invite, or nobody, as REGISTRATION says."""

from flask import Flask, Response, current_app, session

from accounts.links.queries import is_good_invite, use_invite
from accounts.models import User
from project import audit, errors
from project.extensions import settings_of
from project.tokens import digest

INVITE = "invite"
"""Where the browser's session keeps the hash of the invite that led here."""


class InviteGoneError(Exception):
    """The invite was used, revoked or has expired since it led here."""


def may_register() -> bool:
    """Whether the visitor at hand may make an account, as far as that is known without asking whether the invite is still good."""
    mode = settings_of(current_app).registration
    return mode == "open" or (mode == "invite" and INVITE in session)


def refusal() -> Response | None:
    """The page that says why the visitor at hand may not make an account; None for one who may."""
    if settings_of(current_app).registration == "closed":
        return errors.page(403, "Registration is closed", "Nobody can make an account here at present. Ask whoever runs this site.")
    if not may_register():
        return errors.page(403, "You need an invite", "Accounts are made by invite here. Ask a superuser of this site for a link, and open it in this browser.")
    if needs_invite() and not is_good_invite(session[INVITE]):
        return invite_gone()
    return None


def needs_invite() -> bool:
    """Whether an account takes an invite."""
    return settings_of(current_app).registration == "invite"


def keep_invite(token: str) -> bool:
    """Keep an invite in the browser's session until its bearer registers; False for one that is not good."""
    good = is_good_invite(digest(token))
    if good:
        session[INVITE] = digest(token)
    return good


def admit(user: User, **details: str) -> None:
    """Note that the new user registered and use up the invite that led here; the caller commits. Raises InviteGoneError if it takes one that is good."""
    invite = use_invite(session[INVITE], user.id) if INVITE in session else None
    if invite is None and needs_invite():
        raise InviteGoneError
    audit.record("user.registered", ("user", user.id), by=user.id, **details, **({"invite": invite} if invite else {}))


def invite_gone() -> Response:
    """The page for an invite that is not good, or not any more."""
    session.pop(INVITE, None)
    return errors.page(410, "This invite does not work any more", "It was used, was revoked or has expired. Ask whoever gave it to you for a new one.")


def register(app: Flask) -> None:
    """Let every page know whether to offer registering."""
    app.context_processor(lambda: {"may_register": may_register()})
