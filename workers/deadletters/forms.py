"""Which messages somebody may ask for, and the error for each thing that can't be asked."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, SearchField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of WTForms 3.2
from wtforms.validators import Length, ValidationError
from wtforms.widgets import TextInput

from project.forms import trimmed
from workers.deadletters.queries import FailureFilter
from workers.models import FailureState
from workers.records import NAME_LENGTH

LONGEST_TEXT = 200
LONGEST_ECHO = 80
"""Characters of what was typed that an error repeats."""
FIRST_YEAR, LAST_YEAR = 1970, 2999
DAY = "YYYY-MM-DD"
"""How long a day is that is typed without a time."""


def plain(typed: str | None) -> str:
    """A WTForms filter: without blanks around it, and without NUL, which no row holds."""
    return trimmed((typed or "").replace("\0", ""))


class InstantField(Field):
    """A day, or an instant, in UTC unless it says otherwise; a day alone is its first instant, or its last."""

    widget = TextInput()

    def __init__(self, label: str, *, of_day: time, **options: Any) -> None:
        super().__init__(label, **options)
        self._of_day = of_day

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it; nothing typed is None."""
        self.data = None
        typed = plain(valuelist[0] if valuelist else None)
        if not typed:
            return
        try:
            at = datetime.fromisoformat(typed)
        except ValueError:
            raise ValueError(f'"{typed[:LONGEST_ECHO]}" is no instant, e.g. 2026-11-21 or 2026-11-21 14:30.') from None
        if not FIRST_YEAR < at.year < LAST_YEAR:
            raise ValueError(f"Choose a year between {FIRST_YEAR} and {LAST_YEAR}.")
        if len(typed) <= len(DAY):
            at = datetime.combine(at, self._of_day)
        self.data = at if at.tzinfo else at.replace(tzinfo=UTC)


class FailureFilterForm(Form):
    """Which messages are wanted, from the query string."""

    state = SelectField("State", choices=[SelectChoice(state.value) for state in FailureState], default=FailureState.FAILED.value)
    actor = StringField("Actor", filters=[plain], validators=[Length(max=NAME_LENGTH)])
    queue = StringField("Queue", filters=[plain], validators=[Length(max=NAME_LENGTH)])
    text = SearchField("Text", filters=[plain], validators=[Length(max=LONGEST_TEXT)], description="Of the error or the arguments, or the message's id.")
    since = InstantField("From", of_day=time.min, description="UTC")
    until = InstantField("To", of_day=time.max, description="UTC")

    def validate_until(self, field: Field) -> None:
        """It is not before the beginning."""
        if field.data and self.since.data and field.data < self.since.data:
            raise ValidationError("This lies before the beginning.")

    def wanted(self) -> FailureFilter:
        """What a valid form asks for."""
        return FailureFilter(
            state=FailureState(self.state.data),
            actor=self.actor.data or None,
            queue=self.queue.data or None,
            text=self.text.data or None,
            since=self.since.data,
            until=self.until.data,
        )


def read_filter(typed: Mapping[str, Any]) -> FailureFilter:
    """The filter that values of those names are. Raises ValueError, which says what is wrong with which."""
    if unknown := sorted(set(typed) - set(FailureFilterForm()._fields)):
        raise ValueError(f"{unknown[0]}: there is no such filter, but {', '.join(FailureFilterForm()._fields)}")
    if wrong := sorted(name for name, value in typed.items() if not isinstance(value, str)):
        raise ValueError(f"{wrong[0]}: is not a text")
    form = FailureFilterForm(MultiDict(typed))
    if not form.validate():
        raise ValueError("; ".join(f"{name}: {' '.join(errors)}" for name, errors in form.errors.items()))
    return form.wanted()
