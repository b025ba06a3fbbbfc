"""Logging in: from a name and a password, or from another proof, to a session."""

from datetime import timedelta

from flask import flash, redirect, session, url_for
from flask.typing import ResponseReturnValue

from accounts import queries
from accounts.guessing import subjects
from accounts.guessing.queries import begin_try, count_failure, forget_old_tries, forgive
from accounts.guessing.subjects import Subject
from accounts.models import User
from accounts.passwords import hash_password, is_outdated, matches
from accounts.second_factor import waiting
from accounts.second_factor.queries import has_second_factor
from accounts.sessions import current
from accounts.usernames import username_fault
from project import audit
from project.addresses import client_address
from project.extensions import db
from project.redirects import local_target

REFUSED = "The username or the password is wrong."


class TooManyTriesError(Exception):
    """There were too many tries; `wait` is how long the next one has to wait."""

    def __init__(self, wait: timedelta, reason: str = "There were too many wrong tries.") -> None:
        super().__init__(wait)
        self.wait = wait
        self.reason = reason

    def __str__(self) -> str:
        """What to tell whoever tried."""
        return f"{self.reason} Try again in {self.seconds} s."

    @property
    def seconds(self) -> int:
        """The wait in whole seconds, rounded up."""
        return -(-self.wait // timedelta(seconds=1))


def user_behind(username: str, password: str) -> User | None:
    """The active user with that name and password; commits. Raises TooManyTriesError, before any hash is computed.

    One hash is computed in any other case, and the answers for a name that nobody has, a wrong password and a user who is not active are the same.
    """
    name = None if username_fault(username) else username
    user = queries.find_user(name) if name else None
    device = current.known_device(user)
    address = subjects.of_address(client_address())
    if user and device:
        counted: Subject | None = subjects.of_device(user.id, device)
        wait = begin_try(counted)
    else:
        counted = subjects.of_name(name) if name else None
        wait = begin_try(counted, address)
    if wait:
        raise TooManyTriesError(wait)
    right = matches(password, user.password_hash if user else None)
    if not (user and right and user.is_active):
        reason = "no such user" if user is None else "wrong password" if not right else "not active"
        audit.record("login.refused", ("user", user.id) if user else None, reason=reason)
        count_failure(address)
        forget_old_tries()
        user = None
    elif is_outdated(user.password_hash) and not queries.renew_hash(user, hash_password(password)):
        user = None
    elif counted:
        forgive(counted)
    db.session.commit()
    return user


def prove_again(user: User, password: str) -> bool:
    """Whether that is the current password of the user who is logged in; commits. Raises TooManyTriesError, before any hash is computed."""
    counted = subjects.of_session_password(user.id, current.current_session().id)
    if wait := begin_try(counted):
        raise TooManyTriesError(wait)
    right = matches(password, user.password_hash)
    if right:
        forgive(counted)
    else:
        audit.record("login.refused", ("user", user.id), reason="wrong current password")
    db.session.commit()
    return right


def pass_first_factor(user: User, *, remember: bool, target: str | None, how: str) -> ResponseReturnValue:
    """Go on after the first proof of who somebody is, `how` it was given (`password`, say), towards `target`; commits.

    A user with a second factor gets no session before its code follows.
    """
    if not has_second_factor(user.id):
        return log_in(user, remember=remember, target=target, how=how)
    waiting.begin(user, remember=remember, target=target, how=how)
    db.session.commit()
    return redirect(url_for("accounts.login_code"))


def log_in(user: User, *, remember: bool, target: str | None, how: str) -> ResponseReturnValue:
    """Begin a session of a user who has proved enough, and go to `target`, or the front page where that is not a page of this site; commits.

    Refused if meanwhile the user was deactivated or deleted, or has another password than the one that was proved: what ends sessions then has not seen
    this one.
    """
    if not queries.hold_unchanged(user):
        db.session.rollback()
        session.clear()
        flash(REFUSED, "error")
        return redirect(url_for("accounts.login"))
    current.begin(user, remember=remember)
    audit.record("login", ("user", user.id), by=user.id, how=how)
    db.session.commit()
    return redirect(local_target(target) or url_for("home.index"))
