"""Proving to have the second factor: by a code that the app shows, or by a recovery code."""

from enum import StrEnum

from accounts.guessing.queries import begin_try, forgive
from accounts.guessing.subjects import Subject
from accounts.login import TooManyTriesError
from accounts.models import User
from accounts.second_factor import queries
from accounts.second_factor.codes import RECOVERY_CODES, app_code, new_recovery_code, recovery_code, step_of
from project import audit
from project.database import utc_now
from project.tokens import digest


class Proof(StrEnum):
    """What somebody proved it by."""

    APP = "app"
    RECOVERY_CODE = "recovery code"


def prove(user: User, typed: str, counted: Subject) -> Proof | None:
    """What `typed` proves the user's second factor by, used up with that; None if it is wrong, which counts. The caller commits in either case.

    Raises TooManyTriesError before anything is compared. The try is counted, and that committed, before the code is looked at, so that of many codes
    sent at once only the first few are.
    """
    if wait := begin_try(counted):
        raise TooManyTriesError(wait)
    if _is_app_code(user, typed):
        proof = Proof.APP
    elif (code := recovery_code(typed)) and queries.use_recovery_code(user.id, digest(code)):
        proof = Proof.RECOVERY_CODE
        audit.record("second_factor.recovery_used", ("user", user.id), by=user.id, left=queries.recovery_codes_left(user.id))
    else:
        audit.record("login.refused", ("user", user.id), reason="wrong code")
        return None
    forgive(counted)
    return proof


def _is_app_code(user: User, typed: str) -> bool:
    code, app = app_code(typed), queries.find_authenticator(user.id)
    step = step_of(app.secret, code, utc_now()) if code and app else None
    return app is not None and step is not None and queries.use_step(user.id, app.secret, step)


def turn_on(user: User, secret: str, typed: str) -> list[str] | None:
    """Turn the user's second factor on if `typed` is a code of the app with that secret: the recovery codes, to be shown this once; else None.

    The caller commits. Tries are not counted, for whoever tries was shown the secret.
    """
    code = app_code(typed)
    step = step_of(secret, code, utc_now()) if code else None
    if step is None or not queries.confirm(user.id, secret, step):
        return None
    audit.record("second_factor.on", ("user", user.id))
    return _new_codes(user)


def renew(user: User) -> list[str]:
    """New recovery codes in the place of the user's old ones, to be shown this once; the caller commits."""
    audit.record("second_factor.recovery_renewed", ("user", user.id))
    return _new_codes(user)


def _new_codes(user: User) -> list[str]:
    codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
    queries.renew_recovery_codes(user.id, [digest(code) for code in codes])
    return codes
