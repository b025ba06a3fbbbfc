"""What a person may ask of a new token of a course, and the error for each wrong thing."""

from typing import Any

from wtforms import Field, RadioField, SubmitField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of WTForms 3.2
from wtforms.validators import DataRequired, Length, ValidationError

from accounts.forms import OwnPasswordForm, TextField
from courses import queries
from courses.administration.setting_forms import printable
from courses.models import LONGEST_NAME, LONGEST_TOKEN_NAME, Course, Enrolment, Scope
from courses.tokens import WORDS
from project.forms import trimmed


class CourseTokenForm(OwnPasswordForm):
    """A new token, which outlives the session that makes it."""

    name = TextField(
        "Name of the token",
        [
            DataRequired("Give the token a name, by which you know it again."),
            Length(max=LONGEST_TOKEN_NAME, message=f"A name has at most {LONGEST_TOKEN_NAME} characters."),
            printable,
        ],
        filters=[trimmed],
        render_kw={"autocomplete": "off"},
        description="What will hold it: CI of the course, say.",
    )
    scope = RadioField("What it may do", choices=[SelectChoice(scope.value, WORDS[scope]) for scope in Scope], default=Scope.REPORT)
    student = TextField(
        "For one student alone",
        [Length(max=LONGEST_NAME, message="No name is that long."), printable],
        filters=[trimmed],
        render_kw={"autocomplete": "off"},
        description="Nothing: for everybody. A student's name in reports: then it reports for that student, and for nobody else.",
    )
    submit = SubmitField("Make the token")

    def __init__(self, course: Course, **values: Any) -> None:
        super().__init__(**values)
        self._course = course
        self.enrolment: Enrolment | None = None

    def validate_student(self, field: Field) -> None:
        """Somebody in the course, and only to report."""
        if not field.data:
            return
        self.enrolment = queries.find_enrolment(self._course.id, field.data)
        if self.enrolment is None:
            raise ValidationError(f'Nobody in this course is called "{field.data}".')
        if self.scope.data != Scope.REPORT:
            raise ValidationError("A student's token can report, and nothing else.")
