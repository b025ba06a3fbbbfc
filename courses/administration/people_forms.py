"""What a teacher may type about somebody in a course, and the error for each wrong thing."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, SubmitField
from wtforms.validators import DataRequired, Length, ValidationError

from accounts.forms import TextField
from accounts.models import User
from accounts.queries import find_user
from accounts.usernames import username_fault
from courses.administration.setting_forms import printable
from courses.models import LONGEST_NAME, Enrolment
from courses.people import name_fault
from project.forms import trimmed

TOO_LONG = f"At most {LONGEST_NAME} characters."
PLAIN = {"autocomplete": "off"}


def good_name(_form: FlaskForm, field: Field) -> None:
    """A WTForms validator: a name that reports can use."""
    if fault := name_fault(field.data):
        raise ValidationError(fault)


def name_field() -> TextField:
    """What reports call somebody."""
    return TextField(
        "Name in reports", [DataRequired("Type the name."), good_name], filters=[trimmed], render_kw=PLAIN, description="The username in GitLab, say."
    )


def id_field() -> TextField:
    """The number that reports may have instead, and by which a sign-in says who somebody is."""
    return TextField(
        "Id in reports",
        [Length(max=LONGEST_NAME, message=TOO_LONG), printable],
        filters=[trimmed],
        render_kw=PLAIN,
        description="The number in GitLab, say; nothing if you don't know it.",
    )


class EnrolSomebodyForm(FlaskForm):
    """Somebody who is to be in the course."""

    rms_username = name_field()
    rms_id = id_field()
    is_teacher = BooleanField("As a teacher")
    submit = SubmitField("Enrol")


class NameForm(FlaskForm):
    """What reports call somebody."""

    rms_username = name_field()
    rms_id = id_field()
    submit = SubmitField("Save the name")


class BindForm(FlaskForm):
    """Which account somebody is."""

    account = TextField("Username on this site", [DataRequired("Type the username.")], filters=[trimmed], render_kw=PLAIN)
    submit = SubmitField("Bind the account")

    user: User | None = None

    def validate_account(self, field: Field) -> None:
        """Somebody who has an account."""
        self.user = None if username_fault(field.data) else find_user(field.data)
        if self.user is None:
            raise ValidationError(f'There is no user "{field.data}".')


class DeletionForm(FlaskForm):
    """Taking somebody out of a course for good."""

    typed = TextField("Who is to be deleted", [DataRequired("Type the name.")], filters=[trimmed], render_kw=PLAIN)
    submit = SubmitField("Delete for good")

    def __init__(self, enrolment: Enrolment) -> None:
        super().__init__()
        self._name = enrolment.rms_username
        self.typed.description = f"Type {self._name}, so that nobody is deleted by mistake."

    def validate_typed(self, field: Field) -> None:
        """Exactly the name of whoever goes."""
        if field.data != self._name:
            raise ValidationError(f"This is not {self._name}.")
