"""What a person may type about a course, and the error for each wrong thing."""

import hmac

from flask_wtf import FlaskForm
from wtforms import Field, SubmitField
from wtforms.validators import DataRequired, Length, ValidationError

from accounts.forms import TextField
from courses.models import Course
from project.forms import trimmed
from project.tokens import digest

LONGEST_SECRET = 200


class EnrolForm(FlaskForm):
    """Getting into a course by its secret."""

    secret = TextField(
        "Enrolment secret",
        filters=[trimmed],
        validators=[DataRequired("Type the secret that your teacher gave you."), Length(max=LONGEST_SECRET, message="No secret is that long.")],
        description="Your teacher has it; a link from your teacher has it already in it.",
    )
    submit = SubmitField("Enrol")

    def __init__(self, course: Course, **values: str) -> None:
        super().__init__(**values)
        self._course = course

    def validate_secret(self, field: Field) -> None:
        """The course's own secret, compared in constant time."""
        if not hmac.compare_digest(digest(field.data), self._course.enrolment_secret_hash or ""):
            raise ValidationError("This is not the secret of the course. Was it copied whole? Secrets can be changed; ask your teacher for the present one.")
