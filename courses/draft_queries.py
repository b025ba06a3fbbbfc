"""What is asked of the table of config drafts."""

from typing import Any

from sqlalchemy import delete, select, update

from courses.models import ConfigDraft, Course
from project.database import insert, now
from project.extensions import db
from project.tokens import digest


def find_draft(course_id: int) -> ConfigDraft | None:
    """The course's draft, as it is now."""
    return db.session.scalar(select(ConfigDraft).where(ConfigDraft.course_id == course_id).execution_options(populate_existing=True))


def put_draft(course_id: int, sha256: str, text: str, made_by: int) -> None:
    """A draft, in place of the one before; the caller commits."""
    row = {"sha256": sha256, "text": text, "based_on": None, "changes": None, "moved": None, "made_by": made_by, "made_at": now()}
    put = insert(ConfigDraft).values(course_id=course_id, **row)
    db.session.execute(put.on_conflict_do_update(index_elements=["course_id"], set_={name: put.excluded[name] for name in row}))


def set_preview(course_id: int, sha256: str, based_on: str | None, changes: list[dict[str, Any]], moved: list[dict[str, Any]]) -> None:
    """Keep what the draft would change, unless another one has taken its place; the caller commits."""
    mine = update(ConfigDraft).where(ConfigDraft.course_id == course_id, ConfigDraft.sha256 == sha256)
    db.session.execute(mine.values(based_on=based_on, changes=changes, moved=moved).execution_options(synchronize_session=False))


def forget_preview(course_id: int) -> None:
    """Forget what the draft would change, which is not so any more; the caller commits."""
    mine = update(ConfigDraft).where(ConfigDraft.course_id == course_id).values(changes=None, moved=None)
    db.session.execute(mine.execution_options(synchronize_session=False))


def drop_draft(course_id: int) -> None:
    """Delete the course's draft; the caller commits."""
    db.session.execute(delete(ConfigDraft).where(ConfigDraft.course_id == course_id).execution_options(synchronize_session=False))


def digest_of_config(course_id: int) -> str | None:
    """The SHA-256 of the config that the course has; None without one."""
    text = db.session.scalar(select(Course.config).where(Course.id == course_id))
    return None if text is None else digest(text)
