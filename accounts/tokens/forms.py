"""What a person may ask of a new API token, and the error for each wrong thing."""

from typing import Any

from flask import current_app
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import Field, RadioField, SelectMultipleField, SubmitField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of WTForms 3.2
from wtforms.validators import DataRequired, Length, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from accounts.forms import OwnPasswordForm, TextField
from accounts.tokens.models import LONGEST_TOKEN_NAME
from accounts.tokens.queries import has_token_named
from project.api import scopes_of
from project.forms import trimmed

DAYS = (30, 90, 365)


def unused_name(_form: FlaskForm, field: Field) -> None:
    """A WTForms validator: text on one line, and no name that a token of the current user has."""
    if not field.data.isprintable():
        raise ValidationError("There is a control character in it.")
    if has_token_named(current_user.id, field.data):
        raise ValidationError("You have a token of this name.")


def at_least_one(_form: FlaskForm, field: Field) -> None:
    """A WTForms validator; unlike DataRequired it does not make each box `required`."""
    if not field.data:
        raise StopValidation("Choose at least one.")


class TokenForm(OwnPasswordForm):
    """A new token, which may outlive the session that makes it."""

    name = TextField(
        "Name",
        [
            DataRequired("Give the token a name, by which you know it again."),
            Length(max=LONGEST_TOKEN_NAME, message=f"A name has at most {LONGEST_TOKEN_NAME} characters."),
            unused_name,
        ],
        filters=[trimmed],
        description="What will use it: laptop, CI of the algorithms course, …",
        render_kw={"autocomplete": "off", "required": True},
    )
    scopes = SelectMultipleField(
        "It may",
        [at_least_one],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    days = RadioField("It expires after", choices=[SelectChoice(days, f"{days} days") for days in DAYS], coerce=int, default=DAYS[0])
    submit = SubmitField("Make a token")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scopes.choices = [SelectChoice(scope, purpose) for scope, purpose in sorted(scopes_of(current_app).items())]
