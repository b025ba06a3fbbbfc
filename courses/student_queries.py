"""What the students' pages ask for, a constant number of statements a page."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Row, and_, func, select, update

from accounts.identities.models import Identity
from courses.models import Assignment, Course, Enrolment, Extension, Group, Role, Score, Submission
from courses.statuses import CourseStatus
from project.database import insert, now
from project.extensions import db

SHOWN = [status.value for status in CourseStatus if status.shown_to_students]


def courses_of(account_id: int) -> Sequence[Row[Course, Enrolment]]:
    """The courses that somebody is in and may see, with who they are there: those that run first, then by title."""
    seen = Enrolment.account_id == account_id, (Enrolment.role == Role.TEACHER) | Course.status.in_(SHOWN)
    order = Course.archived_at.is_not(None), Course.title, Course.id
    return db.session.execute(select(Course, Enrolment).join(Enrolment, Enrolment.course_id == Course.id).where(*seen).order_by(*order)).all()


def enrolment_of(course_id: int, account_id: int) -> Enrolment | None:
    """Who somebody is in a course."""
    return db.session.scalar(select(Enrolment).where(Enrolment.course_id == course_id, Enrolment.account_id == account_id))


def scores_of(enrolment_id: int) -> Mapping[int, int]:
    """A student's scores by assignment."""
    rows = db.session.execute(select(Score.assignment_id, Score.value).where(Score.enrolment_id == enrolment_id))
    return dict(rows.all())


def reports_of(enrolment_id: int) -> Mapping[int, int]:
    """How many entries a student's history has, by assignment."""
    amounts = select(Submission.assignment_id, func.count()).where(Submission.enrolment_id == enrolment_id).group_by(Submission.assignment_id)
    return dict(db.session.execute(amounts).all())


def extensions_of(enrolment_id: int) -> Sequence[Extension]:
    """A student's extensions, the oldest first."""
    return db.session.scalars(select(Extension).where(Extension.enrolment_id == enrolment_id).order_by(Extension.id)).all()


def groups_with_extensions(enrolment_ids: Sequence[int]) -> Sequence[Row[int, Group, Extension | None]]:
    """The groups in which these are: enabled ones that have started, each with the extension for all of it, and once with each where there are several."""
    own = and_(Extension.group_id == Group.id, Extension.enrolment_id == Enrolment.id)
    groups = select(Enrolment.id, Group, Extension).join(Group, Group.course_id == Enrolment.course_id).outerjoin(Extension, own)
    return db.session.execute(groups.where(Enrolment.id.in_(enrolment_ids), Group.enabled, Group.starts_at <= now())).all()


def history_before(enrolment_id: int, cursor: int | None, limit: int, assignment_id: int | None = None) -> Sequence[Row[Submission, str]]:
    """A page of a student's history with the names of the assignments, newest first, older than the entry `cursor`."""
    page = select(Submission, Assignment.name).join(Assignment, Assignment.id == Submission.assignment_id).where(Submission.enrolment_id == enrolment_id)
    if cursor is not None:
        page = page.where(Submission.id < cursor)
    if assignment_id is not None:
        page = page.where(Submission.assignment_id == assignment_id)
    return db.session.execute(page.order_by(Submission.id.desc()).limit(limit)).all()


def enrol(course_id: int, account_id: int, username: str, issuer: str | None) -> int | None:
    """Let an account into a course as a student; the id of its enrolment, None if it is in there already. The caller commits.

    Somebody whom the course knows by the id that the provider `issuer` vouches for is bound to the account, with all scores. Nobody is by name alone,
    for a name can be chosen: others get an enrolment of their own under `@username`, which no report means, until a teacher says who they are.
    """
    subject = select(Identity.subject).where(Identity.user_id == account_id, Identity.issuer == issuer).scalar_subquery()
    known = Enrolment.course_id == course_id, Enrolment.account_id.is_(None), Enrolment.rms_id == subject
    if enrolment_of(course_id, account_id) is not None:
        return None
    bound = update(Enrolment).where(*known).values(account_id=account_id).returning(Enrolment.id)
    enrolment_id = db.session.scalar(bound.execution_options(synchronize_session=False))
    if enrolment_id is not None:
        return enrolment_id
    own = {"course_id": course_id, "account_id": account_id, "role": Role.STUDENT, "rms_username": f"@{username}"}
    return db.session.scalar(insert(Enrolment).values(own).on_conflict_do_nothing().returning(Enrolment.id))


def set_calendar_token(enrolment_id: int, token_hash: str | None) -> None:
    """The hash of the link by which a calendar reads the deadlines, in place of an older one; None ends it. The caller commits."""
    changed = update(Enrolment).where(Enrolment.id == enrolment_id).values(calendar_token_hash=token_hash)
    db.session.execute(changed.execution_options(synchronize_session=False))


def find_calendar(course_name: str, token_hash: str) -> Row[Course, Enrolment] | None:
    """Whose deadlines a link opens."""
    opened = select(Course, Enrolment).join(Enrolment, Enrolment.course_id == Course.id).where(Enrolment.calendar_token_hash == token_hash)
    found = db.session.execute(opened).first()
    return found if found is not None and found[0].name == course_name else None
