"""What loading a config writes: sets of rows, in the caller's transaction."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, update

from courses.models import Assignment, Course, Enrolment, Group
from project.database import insert, on_sqlite
from project.extensions import db

KEPT = ("id", "course_id", "name")
"""What an update leaves as it is."""


def lock_course(course_id: int) -> Course | None:
    """The course as it is now, None if there is none; nobody else loads a config or recomputes it until the transaction ends."""
    if on_sqlite():
        db.session.execute(update(Course).where(Course.id == course_id).values(status=Course.status).execution_options(synchronize_session=False))
    return db.session.scalar(select(Course).where(Course.id == course_id).with_for_update().execution_options(populate_existing=True))


def put(model: type[Group] | type[Assignment], rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Make those of the rows that are new and update the others, by their names in the course; the ids by name."""
    if not rows:
        return {}
    new = insert(model).values(list(rows))
    changed = {name: new.excluded[name] for name in rows[0] if name not in KEPT}
    made = new.on_conflict_do_update(index_elements=["course_id", "name"], set_=changed).returning(model.name, model.id)
    return {row.name: row.id for row in db.session.execute(made)}


def disable_all_but(model: type[Group] | type[Assignment], course_id: int, names: Collection[str]) -> None:
    """Disable what the course has under other names; its history stays."""
    gone = update(model).where(model.course_id == course_id, model.enabled, model.name.not_in(names))
    db.session.execute(gone.values(enabled=False).execution_options(synchronize_session=False))


def count_people(course_id: int) -> int:
    """How many people the course has."""
    return db.session.scalar(select(func.count()).where(Enrolment.course_id == course_id)) or 0
