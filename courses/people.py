"""Who somebody in a course is: enrolled, a teacher or a student, bound to an account, and called what in reports.

Each function notes what it did in the audit, by numbers alone, and leaves the commit to its caller.
"""

from accounts.models import User
from courses import edits, history_queries, people_queries, queries
from courses.models import Course, Enrolment, Role
from courses.people_queries import lock_enrolment
from courses.recomputing import recompute
from courses.student_queries import enrolment_of
from project import audit
from project.database import utc_now
from project.extensions import db

PLACEHOLDER = "@"
"""With it begins the name of whoever enrolled without a name that reports could use."""


class PeopleFault(Exception):  # noqa: N818  # a refusal, as ApiFault
    """Something that can't be done with somebody; the text says why. Nothing has changed."""


def name_fault(name: str) -> str | None:
    """What is wrong with a name that reports are to use, or None."""
    if not name.isprintable() or not 0 < len(name) <= 255:
        return f"{name!r} is no username."
    return f'A name in reports does not begin with "{PLACEHOLDER}".' if name.startswith(PLACEHOLDER) else None


def enrol(course: Course, rms_username: str, role: Role, rms_id: str | None = None) -> Enrolment:
    """Enrol somebody by the name that reports use; whoever is in the course already becomes what is said here. Raises PeopleFault."""
    if fault := name_fault(rms_username):
        raise PeopleFault(fault)
    history_queries.add_enrolment(course.id, rms_username, role=role, rms_id=rms_id)
    enrolment = lock_enrolment(Enrolment.course_id == course.id, Enrolment.rms_username == rms_username)
    if enrolment is None or (rms_id is not None and enrolment.rms_id not in (None, rms_id)):
        raise PeopleFault(f"Somebody in this course has the id {rms_id}, or {rms_username} has another one.")
    enrolment.role, enrolment.rms_id = role, rms_id or enrolment.rms_id
    audit.record("enrolment.changed", ("enrolment", enrolment.id), role=role)
    return enrolment


def change_role(enrolment: Enrolment, role: Role) -> None:
    """Make somebody a teacher, or a student."""
    audit.record("enrolment.role_changed", ("enrolment", enrolment.id), before=enrolment.role, after=role)
    enrolment.role = role


def bind(course: Course, enrolment: Enrolment, account: User, *, how: str, by: int | None = None) -> None:
    """Say that somebody in the course, who is locked, is the account. Raises PeopleFault.

    If the account enrolled before under a name that no report uses, and nothing happened to it, the two become one.
    """
    if enrolment.account_id is not None:
        raise PeopleFault(f"{enrolment.rms_username} is bound to an account already. Unbind it first.")
    own = enrolment_of(course.id, account.id)
    if own is not None:
        if not is_empty(own):
            raise PeopleFault(f"{account.username} is {own.rms_username} in this course already.")
        if own.role == Role.TEACHER:
            enrolment.role = Role.TEACHER
        edits.take_over(own.id, enrolment.id, by)
        people_queries.absorb(own, into=enrolment)
        recompute(course, utc_now(), only=enrolment.id)
    enrolment.account_id = account.id
    audit.record("enrolment.bound", ("enrolment", enrolment.id), by=by, account=account.id, how=how)
    db.session.flush()


def unbind(enrolment: Enrolment) -> None:
    """Take somebody's scores from the account that saw them; whoever they are of has to be told anew. Raises PeopleFault."""
    if enrolment.account_id is None:
        raise PeopleFault(f"{enrolment.rms_username} is bound to no account.")
    if enrolment.rms_username.startswith(PLACEHOLDER):
        raise PeopleFault("Without a name in reports there would be nobody left. Say who it is, or delete it.")
    audit.record("enrolment.unbound", ("enrolment", enrolment.id), account=enrolment.account_id)
    # The link of the calendar was the account's.
    enrolment.account_id = enrolment.calendar_token_hash = None


def identify(course: Course, enrolment: Enrolment, rms_username: str, rms_id: str | None) -> Enrolment:
    """Say what reports call somebody, who is locked; if reports came for that name already, that is who it is from now on. Raises PeopleFault."""
    if fault := name_fault(rms_username):
        raise PeopleFault(fault)
    other = lock_enrolment(Enrolment.course_id == course.id, Enrolment.rms_username == rms_username, Enrolment.id != enrolment.id)
    if other is not None:
        account = enrolment.account_id and db.session.get(User, enrolment.account_id)
        if not account or not is_empty(enrolment):
            raise PeopleFault(f"Somebody else in this course is called {rms_username}.")
        bind(course, other, account, how="teacher")
        enrolment = other
    if rms_id and lock_enrolment(Enrolment.course_id == course.id, Enrolment.rms_id == rms_id, Enrolment.id != enrolment.id):
        raise PeopleFault(f"Somebody else in this course has the id {rms_id}.")
    enrolment.rms_username, enrolment.rms_id = rms_username, rms_id
    audit.record("enrolment.named", ("enrolment", enrolment.id))
    return enrolment


def is_empty(enrolment: Enrolment) -> bool:
    """Whether somebody enrolled under a name that no report uses, and nothing happened since."""
    return enrolment.rms_username.startswith(PLACEHOLDER) and not people_queries.has_history(enrolment.id)


def bind_whom_a_provider_vouches_for(account: User, provider: str, subject: str, username: str) -> None:
    """Bind whoever waits in courses of that provider for the account's owner, who has just signed in there.

    An id says it for certain. A name does at GitLab, where at any time one person has it (OpenID Connect promises that of no other provider),
    and for students alone: a name that somebody gave up and another took must not make a teacher.
    """
    for enrolment in people_queries.unbound_of(provider, subject, username if provider == "gitlab" else None):
        course = queries.get_course(enrolment.course_id)
        own = enrolment_of(course.id, account.id)
        if own is None or is_empty(own):
            bind(course, enrolment, account, how=provider, by=account.id)
            enrolment.rms_id = subject
