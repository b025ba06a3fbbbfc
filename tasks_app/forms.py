"""What a person may type about Tasks and results, and the error for each wrong thing."""

import re
from math import isfinite
from typing import Any

from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import Field, Form, StringField
from wtforms.validators import Length, Optional, ValidationError
from wtforms.widgets import TextInput

from accounts.queries import find_user
from accounts.usernames import username_fault
from project.ids import read_id
from tasks_app.models import LONGEST_TITLE

LONGEST_NUMBER = 400
FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(inf(inity)?|nan)", re.IGNORECASE)


class NumberField(Field):
    """A finite float, with a decimal point, perhaps a power of ten."""

    widget = TextInput()

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else "" if self.data is None else repr(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed."""
        self.data = None
        typed = valuelist[0].strip() if valuelist else ""
        if not typed:
            raise ValueError("Type a number.")
        if "," in typed:
            # To some 1,000 is a thousand, to others it is one.
            raise ValueError(f'"{typed}" has a comma. Write 1000 or 1.5.')
        spelled = typed.replace("−", "-")
        if len(typed) > LONGEST_NUMBER or not FLOAT.fullmatch(spelled):
            raise ValueError(f'"{typed[:LONGEST_NUMBER]}" is not a number, e.g. 0, -2.5 or 1e6.')
        number = float(spelled)
        if not isfinite(number):
            raise ValueError(f'"{typed}" is not a finite number.')
        self.data = number


class UserField(Field):
    """A user, typed by name."""

    widget = TextInput()

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else self.data.username if self.data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Look the name up; nothing typed is None."""
        typed = valuelist[0].strip() if valuelist else ""
        self.data = user = None if not typed or username_fault(typed) else find_user(typed)
        if typed and user is None:
            raise ValueError(f'There is no user "{typed}".')


class IdField(Field):
    """The number of a row, or nothing."""

    widget = TextInput()

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; nothing typed is None."""
        typed = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not typed:
            return
        self.data = read_id(typed)
        if self.data is None:
            raise ValueError(f'"{typed}" is not the number of a row.')


def typed_text(text: str | None) -> str | None:
    """A WTForms filter: without blanks around it; None for nothing."""
    return (text or "").strip() or None


def storable(_form: FlaskForm, field: Field) -> None:
    """A WTForms validator: PostgreSQL's text holds no NUL, and a line of text no line breaks."""
    if field.data and any(character < " " or character == "\x7f" for character in field.data):
        raise ValidationError("There is a control character in it.")


class TaskForm(FlaskForm):
    """A Task: its range and its author."""

    title = StringField(
        "Title",
        [Optional(), Length(max=LONGEST_TITLE, message=f"A title has at most {LONGEST_TITLE} characters."), storable],
        filters=[typed_text],
        description="Optional; helps to find it again.",
    )
    lower_limit = NumberField("Lower limit", description="The smallest number that can be drawn.", render_kw={"inputmode": "decimal", "required": True})
    upper_limit = NumberField("Upper limit", description="The largest number that can be drawn.", render_kw={"inputmode": "decimal", "required": True})
    author = UserField("Author", description="A username; nothing typed means you.", render_kw={"autocomplete": "off"})

    def validate_upper_limit(self, field: Field) -> None:
        """The limits are in order."""
        lower, upper = self.lower_limit.data, field.data
        if lower is not None and upper is not None and upper < lower:
            raise ValidationError(f"The upper limit {upper:g} is below the lower limit {lower:g}.")

    def populate_obj(self, obj: Any) -> None:
        """Write what was typed into a Task."""
        super().populate_obj(obj)
        obj.author = self.author.data or current_user._get_current_object()


class ResultFilterForm(Form):
    """Which results are wanted, from the query string."""

    task = IdField("Task", description="Its number.")
    author = UserField("Author", description="A username.")
    tick = IdField("Tick", description="Its number.")
