"""What is asked of the tokens of courses, and of the course that a request is about. A token that is revoked stays, and opens nothing."""

from collections.abc import Sequence

from sqlalchemy import Row, and_, bindparam, select, update

from courses.models import Course, CourseToken, Enrolment, Role, Scope
from project.database import now, seconds_from_now
from project.extensions import db

USED_SECONDS = 60
"""How stale `last_used_at` may be."""
_LIVE = and_(CourseToken.course_id == Course.id, CourseToken.token_hash == bindparam("token_hash"), CourseToken.revoked_at.is_(None))
_COURSE_WITH_TOKEN = select(Course, CourseToken).outerjoin(CourseToken, _LIVE).where(Course.name == bindparam("name"))


def course_with_token(name: str, token_hash: str) -> Row[Course, CourseToken | None] | None:
    """The course, and its token behind the hash, which may be none; None without such a course."""
    if "\0" in name:
        # PostgreSQL's text can't have NUL, so no course has such a name.
        return None
    return db.session.execute(_COURSE_WITH_TOKEN, {"name": name, "token_hash": token_hash}).first()


def course_of_token(token_hash: str) -> Row[Course, CourseToken] | None:
    """The course that the live token behind the hash belongs to."""
    live = (CourseToken.token_hash == token_hash, CourseToken.revoked_at.is_(None))
    return db.session.execute(select(Course, CourseToken).join(Course, Course.id == CourseToken.course_id).where(*live)).first()


def use(token_id: int) -> None:
    """Note that the token is in use, unless that was noted within the last minute; commits."""
    stale = CourseToken.last_used_at.is_(None) | (CourseToken.last_used_at < seconds_from_now(-USED_SECONDS))
    db.session.execute(update(CourseToken).where(CourseToken.id == token_id, stale).values(last_used_at=now()).execution_options(synchronize_session=False))
    db.session.commit()


def add_token(course_id: int, name: str, scope: Scope, token_hash: str, enrolment_id: int | None = None) -> CourseToken:
    """A new token, flushed; the caller commits."""
    token = CourseToken(course_id=course_id, name=name, scope=scope, token_hash=token_hash, enrolment_id=enrolment_id)
    db.session.add(token)
    db.session.flush()
    return token


def is_used(token_hash: str) -> bool:
    """Whether any course has, or had, the token behind the hash."""
    return db.session.scalar(select(CourseToken.id).where(CourseToken.token_hash == token_hash)) is not None


def role_of(course_id: int, user_id: int) -> Row[int, str] | None:
    """The id of a user's enrolment in the course, and the role; None for whoever is not in it."""
    mine = (Enrolment.course_id == course_id, Enrolment.account_id == user_id)
    return db.session.execute(select(Enrolment.id, Enrolment.role).where(*mine)).first()


def is_teacher(course_id: int, rms_username: str) -> bool:
    """Whether whoever has that name is a teacher of the course."""
    named = (Enrolment.course_id == course_id, Enrolment.rms_username == rms_username, Enrolment.role == Role.TEACHER)
    return db.session.scalar(select(Enrolment.id).where(*named)) is not None


def tokens_before(course_id: int, cursor: int | None, limit: int) -> Sequence[Row[CourseToken, str | None]]:
    """A page of the course's tokens, newest first, older than `cursor`, each with the student that it is for, if it is for one alone."""
    rows = select(CourseToken, Enrolment.rms_username).outerjoin(Enrolment, Enrolment.id == CourseToken.enrolment_id)
    rows = rows.where(CourseToken.course_id == course_id).order_by(CourseToken.id.desc()).limit(limit)
    return db.session.execute(rows if cursor is None else rows.where(CourseToken.id < cursor)).all()


def revoke(course_id: int, token_id: int) -> str | None:
    """Let a live token of the course open nothing any more; its name, None if there is none; the caller commits."""
    live = (CourseToken.id == token_id, CourseToken.course_id == course_id, CourseToken.revoked_at.is_(None))
    revoked = update(CourseToken).where(*live).values(revoked_at=now()).returning(CourseToken.name)
    return db.session.scalar(revoked.execution_options(synchronize_session=False))
