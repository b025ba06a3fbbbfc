"""What a person may type about a whole course, and the error for each wrong thing."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import current_app
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, FloatField, IntegerField, RadioField, SelectField, SubmitField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of WTForms 3.2
from wtforms.validators import DataRequired, InputRequired, Length, Optional, StopValidation, ValidationError

from accounts.forms import TextField
from courses.deadlines import DeadlineKind
from courses.making import fault_of_new
from courses.models import LONGEST_NAME, Course
from courses.statuses import MEANING, CourseStatus
from project.extensions import settings_of
from project.forms import trimmed

LONGEST_ADDRESS = 2000
MOST = 1_000_000
KINDS = {
    DeadlineKind.HARD: "hard: the share changes at each step",
    DeadlineKind.INTERPOLATE: "interpolate: the share falls in a straight line between the steps",
}
NOBODY = "nobody: teachers say who is who"


def printable(_form: FlaskForm, field: Field) -> None:
    """A WTForms validator: text on one line, which a column takes."""
    if field.data and not field.data.isprintable():
        raise StopValidation("There is a control character in it.")


def between(lowest: float, highest: float, message: str) -> Callable[[FlaskForm, Field], None]:
    """A WTForms validator: a number from the one to the other. WTForms' own makes a float of it, which a number of 400 digits can't be."""

    def validate(_form: FlaskForm, field: Field) -> None:
        if field.data is not None and not lowest <= field.data <= highest:
            raise ValidationError(message)

    return validate


def title_field() -> TextField:
    """What people call the course."""
    too_long = f"A title has at most {LONGEST_NAME} characters."
    return TextField("Title", [DataRequired("Give the course a title."), Length(max=LONGEST_NAME, message=too_long), printable], filters=[trimmed])


class NewCourseForm(FlaskForm):
    """A course that is to be."""

    name = TextField("Name in its addresses", [DataRequired("Give the course a name.")], filters=[trimmed], description="2026-spring, say. It stays.")
    title = title_field()
    submit = SubmitField("Make the course")

    def validate_name(self, field: Field) -> None:
        """A good name, which neither a course nor the site's addresses have."""
        if fault := fault_of_new(field.data, [rule.rule for rule in current_app.url_map.iter_rules()]):
            raise ValidationError(fault)


class CopyForm(NewCourseForm):
    """A course that is to be like another one."""

    days = IntegerField(
        "Days by which every date is later",
        [InputRequired("Say how many days; 0 leaves the dates."), between(-3660, 3660, "At most ten years.")],
        default=364,
        description="364 days are 52 weeks: a Monday stays a Monday, and 10:00 stays 10:00.",
    )
    submit = SubmitField("Copy the course")


class SettingsForm(FlaskForm):
    """What teachers set. What the loaded config decides is left out, see `FROM_CONFIG`."""

    title = title_field()
    status = RadioField("Status", choices=[SelectChoice(status.value, MEANING[status]) for status in CourseStatus])
    timezone = TextField("Time zone", [DataRequired("Name the zone, e.g. Europe/Berlin.")], filters=[trimmed], description="Europe/Berlin, say.")
    deadline_kind = SelectField("Deadlines", choices=[SelectChoice(kind.value, words) for kind, words in KINDS.items()])
    task_url_template = TextField(
        "Template of the tasks' addresses",
        [Length(max=LONGEST_ADDRESS, message="No address is that long."), printable],
        filters=[trimmed],
        description="https://git.example.org/$GROUP_NAME/$TASK_NAME; $USER_NAME too.",
    )
    links = TextAreaField(
        "Links", [Length(max=10 * LONGEST_ADDRESS, message="These are too many.")], description="One a line: Forum: https://forum.example.org"
    )
    max_submissions = IntegerField(
        "Most submissions of a task", [Optional(), between(1, MOST, "At least one, or nothing for no limit.")], description="Nothing: as many as they like."
    )
    submission_penalty = FloatField(
        "Each counted submission takes off",
        [Optional(), between(0, 1, "A share from 0 to 1.")],
        default=0.0,
        description="A share of the points: 0.05 is 5 %.",
    )
    enforce_limits = BooleanField(
        "Enforce the most submissions, and what each takes off", description="Otherwise both are words: Manytask never enforced them."
    )
    show_all_scores = BooleanField("Students see the scores of all", description="Otherwise each student's own row alone.")
    reports_enrol_anyone = BooleanField("Reports enrol anyone", description="Otherwise a report of somebody whom the site does not know is refused.")
    identity_provider = SelectField(
        "Whose names reports use",
        description="Whoever signs in there is known to be the student of that id, and at GitLab of that name. Nobody, if your repositories are elsewhere.",
    )
    submit = SubmitField("Save")

    def __init__(self, course: Course, **values: Any) -> None:
        super().__init__(data=current(course), **values)
        providers = {"": NOBODY, **{each.key: each.name for each in settings_of(current_app).providers}}
        # Good once the site has it.
        providers.setdefault(course.identity_provider, f"{course.identity_provider}, which this site does not have")
        self.identity_provider.choices = [SelectChoice(key, name) for key, name in providers.items()]
        if not self.is_submitted():
            self.links.data = "\n".join(f"{title}: {link}" for title, link in course.links.items())
        for name in FROM_CONFIG if course.config else ():
            del self[name]

    def validate_timezone(self, field: Field) -> None:
        """A zone that there is."""
        try:
            ZoneInfo(field.data)
        except (ValueError, OSError, KeyError):
            raise ValidationError(f'There is no zone "{field.data}". They are called like Europe/Berlin.') from None

    def validate_task_url_template(self, field: Field) -> None:
        """Nothing yet, or the address of a page."""
        if field.data and not is_address(field.data):
            raise ValidationError("An address begins with http:// or https://.")

    def validate_links(self, field: Field) -> None:
        """A title and the address of a page on each line."""
        for number, line in enumerate(lines_of(field.data), start=1):
            title, _, address = line.partition(": ")
            if not (title.strip() and line.isprintable() and is_address(address.strip())):
                raise ValidationError(f"Line {number} is not a title, a colon, a blank and an address that begins with http:// or https://.")

    def values(self) -> dict[str, Any]:
        """The course's columns, as they were typed."""
        typed = {field.name: field.data for field in self if field.name not in ("csrf_token", "submit", "links", "submission_penalty")}
        if "links" in self:
            pairs = (line.partition(": ") for line in lines_of(self.links.data))
            typed["links"] = {title.strip(): address.strip() for title, _, address in pairs}
            typed["submission_penalty"] = self.submission_penalty.data or 0.0
        return typed


FROM_CONFIG = ("timezone", "deadline_kind", "task_url_template", "links", "max_submissions", "submission_penalty")
"""What each config says, if only by leaving it out."""
RULES = frozenset({"status", "deadline_kind", "max_submissions", "submission_penalty", "enforce_limits"})
"""What scores or grades depend on."""


def current(course: Course) -> dict[str, Any]:
    """The course's settings, with those that wait to take effect."""
    columns = ("title", "status", "enforce_limits", "show_all_scores", "reports_enrol_anyone", "identity_provider", *FROM_CONFIG)
    return {name: getattr(course, name) for name in columns} | (course.pending_settings or {})


def lines_of(text: str | None) -> list[str]:
    """The lines on which something stands."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def is_address(text: str) -> bool:
    """Whether that is the address of a page, and no script."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and " " not in text
