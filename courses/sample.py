"""The sample course of a new site: two groups, deadlines around today, three students with histories."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from courses import history, history_queries, queries
from courses.loading import load
from courses.models import Course, Role
from courses.recomputing import recompute
from courses.scoring import EntryKind
from project import audit
from project.database import utc_now
from project.extensions import db

NAME, TITLE = "sample", "A sample course"
TEACHER = "teacher"
CONFIG = """\
# The config of the sample course. Change it, upload it on the course's page, and see what that would change.
version: 1
status: in_progress
ui:
  task_url_template: https://git.example.org/sample/$GROUP_NAME/$TASK_NAME
deadlines:
  timezone: UTC
  deadlines: interpolate
  schedule:
    - group: First steps
      start: {a_month_ago}
      steps: {{0.5: {last_week}}}
      end: {in_a_month}
      tasks:
        - {{task: hello, score: 5}}
        - {{task: sum, score: 10}}
        - {{task: palindrome, score: 15}}
    - group: Sorting
      start: {a_week_ago}
      steps: {{0.7: {in_three_days}, 0.3: {in_two_weeks}}}
      end: {in_a_month}
      tasks:
        - {{task: bubble, score: 10}}
        - {{task: quick, score: 20}}
        - {{task: external, score: 40, is_large: true, min_score: 20}}
        - {{task: radix, score: 10, is_bonus: true}}
grades:
  grades:
    5: [{{percent: 85, large_count: 1}}]
    4: [{{percent: 65}}]
    3: [{{percent: 40}}]
    2: [{{"": 0}}]
"""


@dataclass(frozen=True)
class Happened:
    """A report of a student: how many days ago, of which task, with which score."""

    who: str
    days: float
    task: str
    score: str


HISTORY = (
    Happened("ada", 27, "hello", "1.0"),
    Happened("grace", 26, "hello", "0.6"),
    Happened("grace", 25.9, "hello", "1.0"),
    Happened("ada", 25, "sum", "0.4"),
    Happened("alan", 21, "hello", "1.0"),
    Happened("ada", 20, "sum", "1.0"),
    Happened("ada", 14, "palindrome", "1.0"),
    Happened("grace", 9, "sum", "0.9"),
    Happened("ada", 6, "bubble", "1.0"),
    Happened("grace", 4, "palindrome", "0.8"),
    Happened("ada", 3, "quick", "0.75"),
    Happened("alan", 2, "bubble", "0.0"),
    Happened("ada", 1.5, "external", "0.6"),
    Happened("alan", 1, "bubble", "0.5"),
    Happened("ada", 0.2, "quick", "1.0"),
)
STUDENTS = {"ada": ("Ada", "Lovelace"), "alan": ("Alan", "Turing"), "grace": ("Grace", "Hopper")}


def make_sample_course(teacher_id: int) -> None:
    """The course, whose teacher has that account, without a token, unless there is one of its name; the caller commits."""
    if queries.find_course(NAME):
        return
    at, course = utc_now(), queries.add_course(NAME, TITLE)
    audit.record("course.created", ("course", course.id), name=NAME)
    load(course.id, config_at(at).encode())
    history_queries.add_enrolment(course.id, TEACHER, role=Role.TEACHER, account_id=teacher_id)
    for name, (first, last) in STUDENTS.items():
        history_queries.add_enrolment(course.id, name, first_name=first, last_name=last)
    db.session.flush()
    for each in HISTORY:
        _report(course, each, at)
    recompute(course, at)


def config_at(at: datetime) -> str:
    """The config with dates around that moment."""
    around = {"a_month_ago": -28, "last_week": -7, "a_week_ago": -7, "in_three_days": 3, "in_two_weeks": 14, "in_a_month": 30}
    dates = {name: f"{at + timedelta(days=days):%Y-%m-%d} {'10:00' if days < -7 or name == 'a_week_ago' else '21:00'}" for name, days in around.items()}
    return CONFIG.format(**dates)


def _report(course: Course, what: Happened, at: datetime) -> None:
    person, terms = history_queries.lock_person(course.id, rms_username=what.who), history_queries.terms_of(course.id, what.task)
    assert person is not None
    assert terms is not None
    handed_in = at - timedelta(days=what.days)
    history.add(course, person, terms, history.New(EntryKind.REPORT, what.score, handed_in), handed_in + timedelta(minutes=2))
