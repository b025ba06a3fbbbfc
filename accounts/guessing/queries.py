"""What is asked of the table of failed logins. Nothing here locks more than one row at a time, so that no two tries wait for each other in a circle."""

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, or_, select, update

from accounts.guessing.delays import ADDRESS, NEWCOMERS, PERSON, failures_at, wait_after
from accounts.guessing.models import FailedLogins
from accounts.guessing.subjects import Subject, of_devices, of_name
from project.database import insert, now, seconds_from_now
from project.extensions import db

FORGOTTEN_SECONDS = 2 * max(patience.free * patience.fade for patience in (PERSON, ADDRESS, NEWCOMERS)).total_seconds()
"""After so long without a wrong try a row says nothing any more."""


def begin_try(counted: Subject | None, *looked_at: Subject) -> timedelta | None:
    """How long a try has to wait for any of these subjects; None if it may be looked at: it is counted then as if it had failed; commits.

    Counted beforehand, so that a hundred tries at once are not all let through before the first of them has failed. That is for what belongs to one
    person: a classroom's address is only looked at, and of tries at once from there as many are let through as the site has threads.
    """
    at = db.session.execute(select(now())).scalar_one()
    ends = db.session.scalars(select(FailedLogins.blocked_until).where(FailedLogins.subject.in_([subject.name for subject in looked_at]))).all()
    row = _locked(counted) if counted else None
    if row:
        # Read once the row is locked: a moment earlier it could be behind a try that came in between, which would look like a wait.
        at = db.session.execute(select(now())).scalar_one()
        ends = [*ends, row.blocked_until]
    wait = max((end - at for end in ends), default=timedelta())
    if wait > timedelta():
        db.session.rollback()
        return wait
    if counted:
        count_failure(counted)
    db.session.commit()
    return None


def count_failure(subject: Subject) -> None:
    """Count a wrong try; the caller commits."""
    row = _locked(subject)
    at = db.session.execute(select(now())).scalar_one()
    row.failures = failures_at(at, row.failures, row.last_at, subject.patience) + 1
    row.last_at = at
    row.blocked_until = at + wait_after(row.failures, subject.patience)
    db.session.flush()


def _locked(subject: Subject) -> FailedLogins:
    """The subject's row, made if it was not there; locked until the transaction ends."""
    made = insert(FailedLogins).values(subject=subject.name, failures=0.0, last_at=now(), blocked_until=now())
    locked = made.on_conflict_do_update(index_elements=[FailedLogins.subject], set_={"subject": made.excluded.subject}).returning(FailedLogins)
    return db.session.scalars(locked, execution_options={"populate_existing": True}).one()


def forgive(subject: Subject) -> None:
    """Forget the wrong tries of a subject that has proved to be right; the caller commits."""
    _forget(FailedLogins.subject == subject.name)


def forget_logins_of(user_id: int, username: str) -> None:
    """Forget who failed to log in under the user's name and on the devices that the account knows; the caller commits."""
    _forget(or_(FailedLogins.subject == of_name(username).name, FailedLogins.subject.startswith(of_devices(user_id))))


def _forget(which: ColumnElement[bool]) -> None:
    # Not deleted: a try that is just being counted there would go uncounted.
    db.session.execute(update(FailedLogins).where(which).values(failures=0.0, blocked_until=now()).execution_options(synchronize_session=False))


def forget_old_tries() -> None:
    """Delete what counts no more; the caller commits."""
    old = select(FailedLogins.subject).where(FailedLogins.last_at < seconds_from_now(-FORGOTTEN_SECONDS)).limit(1000).with_for_update(skip_locked=True)
    db.session.execute(delete(FailedLogins).where(FailedLogins.subject.in_(old)).execution_options(synchronize_session=False))
