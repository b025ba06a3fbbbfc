"""What a teacher may type about an extension, and the error for each wrong thing."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, Field, IntegerField, SelectField, SubmitField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of WTForms 3.2
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from accounts.forms import TextField
from courses import queries
from courses.administration.setting_forms import between
from courses.models import Assignment, Course, Enrolment, Group, Role
from project.forms import trimmed

LONGEST_REASON = 1000
MOST_DAYS = 3660


class ExtensionForm(FlaskForm):
    """More time for a student."""

    student = TextField(
        "Student", [DataRequired("Say who gets more time.")], filters=[trimmed], description="The name in reports.", render_kw={"autocomplete": "off"}
    )
    of = SelectField("For")
    days = IntegerField("Days more", [Optional(), between(0, MOST_DAYS, f"0 to {MOST_DAYS} days.")], description="Each step and the end come so much later.")
    hours = IntegerField("Hours more", [Optional(), between(0, 23, "0 to 23 hours.")])
    ends_at = DateTimeLocalField("Or an end of one's own", [Optional()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"])
    reason = TextAreaField("Why", [Length(max=LONGEST_REASON, message=f"At most {LONGEST_REASON} characters.")], description="The student sees it.")
    submit = SubmitField("Give the time")

    def __init__(self, course: Course, groups: Sequence[Group], assignments: Sequence[Assignment], **values: Any) -> None:
        super().__init__(**values)
        self._course, self._zone = course, ZoneInfo(course.timezone)
        self.enrolment: Enrolment | None = None
        enabled = [group for group in groups if group.enabled]
        self.of.choices = [SelectChoice(f"group-{group.id}", f"the group {group.name}") for group in enabled]
        self.of.choices += [
            (f"task-{each.id}", f"the task {each.name}") for each in assignments if each.enabled and each.group_id in {group.id for group in enabled}
        ]
        self.ends_at.description = f"In {course.timezone}. Only the end moves, and never to an earlier time."

    def validate_student(self, field: Field) -> None:
        """A student of the course."""
        self.enrolment = queries.find_enrolment(self._course.id, field.data) if field.data.isprintable() else None
        if self.enrolment is None or self.enrolment.role != Role.STUDENT:
            raise ValidationError(f'No student of this course is called "{field.data}".')

    def validate(self, extra_validators: Any = None) -> bool:
        """Extra time or an own end, and not both."""
        good = bool(super().validate(extra_validators))
        if good and bool(self.extra) == bool(self.ends_at.data):
            self.days.errors = ["Say how much more time, or until when, and not both."]
            return False
        return good

    def validate_reason(self, field: Field) -> None:
        """Text that a column takes."""
        if "\0" in (field.data or ""):
            raise ValidationError("There is a control character in it.")

    @property
    def extra(self) -> timedelta | None:
        """The extra time; None for none."""
        return timedelta(days=self.days.data or 0, hours=self.hours.data or 0) or None

    @property
    def own_end(self) -> datetime | None:
        """The instant of the own end, on the course's clock."""
        return self.ends_at.data and self.ends_at.data.replace(tzinfo=self._zone).astimezone(UTC)

    @property
    def thing(self) -> dict[str, int]:
        """What the extension is for, as columns."""
        kind, _, number = self.of.data.partition("-")
        return {"group_id" if kind == "group" else "assignment_id": int(number)}

    def details(self) -> dict[str, Any]:
        """The extension as the audit notes it."""
        hours = self.extra and self.extra.total_seconds() / 3600
        return {**self.thing, "extra_hours": hours, "ends_at": self.own_end and self.own_end.isoformat()}
