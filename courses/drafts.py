"""Configs that are looked at before they are loaded: what is loaded is what was looked at, to the byte."""

from dataclasses import asdict

from courses import draft_queries as queries
from courses.config.faults import ConfigFaults
from courses.config.reader import read_config
from courses.config_queries import count_people, lock_course
from courses.faults import ApiFault
from courses.loading import FEW, Loaded, demand_configs, load, preview
from courses.models import ConfigDraft, Course
from project import audit
from project.extensions import db
from project.tokens import digest

CHANGED_MEANWHILE = "Something else was loaded or uploaded since you looked: this is what it would change now."


class DraftFault(Exception):  # noqa: N818  # a refusal, as ApiFault
    """A draft that can't be loaded as it was looked at; the text says why."""


def keep(course: Course, data: bytes, made_by: int) -> ConfigDraft | None:
    """Keep an uploaded config beside the course's own, in place of one that was uploaded before; commits.

    Of a course of few people it is worked out at once; else by whoever is sent to. None if it can't be loaded any more. Raises ConfigFaults and ApiFault.
    """
    read_config(data)
    demand_configs(course)
    course_id, text = course.id, data.decode()
    audit.record("course.config_uploaded", ("course", course_id), sha256=digest(text))
    queries.put_draft(course_id, digest(text), text, made_by)
    db.session.commit()
    if count_people(course_id) <= FEW:
        work_out(course_id, digest(text))
    return queries.find_draft(course_id)


def work_out(course_id: int, sha256: str) -> None:
    """Keep with a draft what it would change now, and who would move; commits. One that can't be loaded any more goes."""
    draft = queries.find_draft(course_id)
    if draft is None or draft.sha256 != sha256:
        return
    try:
        base = queries.digest_of_config(course_id)
        found = preview(course_id, draft.text.encode())
    except (ApiFault, ConfigFaults):
        db.session.rollback()
        queries.drop_draft(course_id)
    else:
        db.session.rollback()
        changes, moved = [asdict(change) for change in found.changes], [asdict(each) for each in found.moved or ()]
        queries.set_preview(course_id, sha256, base, changes, moved)
    db.session.commit()


def load_draft(course: Course, sha256: str) -> Loaded:
    """Load exactly the config that was looked at, if it would still replace the same one; the caller commits, as after `load`. Raises DraftFault, ApiFault."""
    locked = lock_course(course.id)
    draft = queries.find_draft(course.id)
    if locked is None or draft is None or draft.sha256 != sha256:
        raise DraftFault("The config that you looked at is not there any more: somebody loaded, discarded or replaced it.")
    if draft.changes is None or locked.pending_config is not None or draft.based_on != queries.digest_of_config(course.id):
        queries.forget_preview(course.id)
        raise DraftFault(CHANGED_MEANWHILE)
    loaded = load(course.id, draft.text.encode())
    queries.drop_draft(course.id)
    return loaded
