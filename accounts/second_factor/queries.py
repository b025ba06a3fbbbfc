"""What is asked of the tables of authenticator apps and recovery codes."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update

from accounts.second_factor.models import Authenticator, RecoveryCode
from project.database import insert, now, seconds_from_now
from project.extensions import db

SET_UP_SECONDS = 10 * 60
"""How long a new secret waits for the app's first code."""


def has_second_factor(user_id: int) -> bool:
    """Whether logging in as the user takes a code."""
    return bool(db.session.scalar(select(exists().where(Authenticator.user_id == user_id, Authenticator.confirmed_at.is_not(None)))))


def find_authenticator(user_id: int) -> Authenticator | None:
    """The user's app, confirmed or not."""
    return db.session.get(Authenticator, user_id)


def find_waiting(user_id: int) -> Authenticator | None:
    """The user's app, if it waits for its first code, and has not waited too long."""
    return db.session.scalar(select(Authenticator).where(Authenticator.user_id == user_id, _waits()))


def _waits() -> ColumnElement[bool]:
    return and_(Authenticator.confirmed_at.is_(None), Authenticator.created_at > seconds_from_now(-SET_UP_SECONDS))


def begin_set_up(user_id: int, secret: str) -> bool:
    """Keep a new secret until the app's first code confirms it; False, and nothing is done, if there is a confirmed one; the caller commits."""
    row = {"secret": secret, "created_at": now()}
    kept = insert(Authenticator).values(user_id=user_id, **row)
    kept = kept.on_conflict_do_update(index_elements=[Authenticator.user_id], set_=row, where=Authenticator.confirmed_at.is_(None))
    return db.session.execute(kept.returning(Authenticator.user_id)).first() is not None


def confirm(user_id: int, secret: str, step: int) -> bool:
    """Make codes of that secret needed from now on, the one of this time step used; False if it is not the one to confirm; the caller commits."""
    confirmed = (
        update(Authenticator)
        .where(Authenticator.user_id == user_id, Authenticator.secret == secret, _waits())
        .values(confirmed_at=now(), last_step=step)
        .returning(Authenticator.user_id)
    )
    return db.session.execute(confirmed.execution_options(synchronize_session=False)).first() is not None


def use_step(user_id: int, secret: str, step: int) -> bool:
    """Use up the code of a time step and of all before it; False if it is used already; the caller commits.

    One statement compares and sets, so that of two requests with the same code one gets it.
    """
    used = (
        update(Authenticator)
        .where(
            Authenticator.user_id == user_id,
            Authenticator.secret == secret,
            Authenticator.confirmed_at.is_not(None),
            or_(Authenticator.last_step.is_(None), Authenticator.last_step < step),
        )
        .values(last_step=step)
        .returning(Authenticator.user_id)
    )
    return db.session.execute(used.execution_options(synchronize_session=False)).first() is not None


def use_recovery_code(user_id: int, code_hash: str) -> bool:
    """Use up a recovery code of the user; False if there is none such, or it is used already; the caller commits."""
    used = (
        update(RecoveryCode)
        .where(RecoveryCode.user_id == user_id, RecoveryCode.code_hash == code_hash, RecoveryCode.used_at.is_(None))
        .values(used_at=now())
        .returning(RecoveryCode.id)
    )
    return db.session.execute(used.execution_options(synchronize_session=False)).first() is not None


def renew_recovery_codes(user_id: int, code_hashes: Iterable[str]) -> None:
    """Put new recovery codes in the place of the user's old ones; the caller commits."""
    # Whoever renews them at the same time waits here, and then replaces these: nobody ends up with both.
    db.session.execute(select(Authenticator.user_id).where(Authenticator.user_id == user_id).with_for_update())
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id).execution_options(synchronize_session=False))
    db.session.execute(insert(RecoveryCode).values([{"user_id": user_id, "code_hash": code_hash} for code_hash in code_hashes]))


def recovery_codes_left(user_id: int) -> int:
    """How many of the user's recovery codes are not used up."""
    return db.session.scalar(select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))) or 0


def turn_off(user_id: int) -> bool:
    """Forget the user's app and recovery codes; False if there was no app; the caller commits."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    return db.session.execute(delete(Authenticator).where(Authenticator.user_id == user_id).returning(Authenticator.user_id)).first() is not None
