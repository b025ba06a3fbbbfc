"""Deleting a person: what others rely on passes to an heir, all else goes."""

from flask import current_app

from accounts import queries
from accounts.people.belongings import heirlooms_of
from accounts.people.queries import delete_user
from accounts.rights import deletion_fault
from project import audit
from project.extensions import db


class DeletionError(Exception):
    """The person can't be deleted; the message says why, and nothing has changed."""


def heirlooms(user_id: int) -> dict[str, int]:
    """How much of what would pass to an heir, by its name; what there is none of is left out."""
    counts = {name: heirloom.count(user_id) for name, heirloom in heirlooms_of(current_app).items()}
    return {name: count for name, count in counts.items() if count}


def delete_person(user_id: int, heir_id: int | None, *, by: int | None = None) -> dict[str, int]:
    """Delete a user, `by` another (None is the command line), in one transaction; how much of what passed to the heir; commits. Raises DeletionError."""
    try:
        passed = _delete(user_id, heir_id, by)
    except DeletionError:
        db.session.rollback()
        raise
    db.session.commit()
    return passed


def _delete(user_id: int, heir_id: int | None, by: int | None) -> dict[str, int]:
    for heirloom in heirlooms_of(current_app).values():
        heirloom.hold()
    locked = queries.lock_people(user_id, *([heir_id] if heir_id else []))
    people = {user.id: user for user in locked}
    if user_id not in people:
        raise DeletionError("This user is not there any more.")
    if fault := deletion_fault(user_id=user_id, active_superusers=[user.id for user in locked if user.is_superuser and user.is_active], by=by):
        raise DeletionError(fault)
    if heir_id is not None and (heir_id == user_id or heir_id not in people or not people[heir_id].is_active):
        raise DeletionError("The heir has to be another, active user.")
    passing = heirlooms(user_id)
    if passing and heir_id is None:
        raise DeletionError(f"The user has {in_words(passing)}: name an heir.")
    if heir_id is not None:
        for name in passing:
            heirlooms_of(current_app)[name].hand_over(user_id, heir_id)
    delete_user(people[user_id])
    audit.record("user.deleted", ("user", user_id), heir=heir_id if passing else None, **passing)
    return passing


def in_words(passing: dict[str, int]) -> str:
    """`3 Tasks, 1 course`, so to speak."""
    return ", ".join(f"{name} ({count})" for name, count in passing.items())
