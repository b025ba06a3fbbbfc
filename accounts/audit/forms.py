"""What a superuser may ask of the audit, and the error for each thing that can't be asked."""

import re
from datetime import UTC, date, datetime, time
from ipaddress import ip_address

from wtforms import DateField, Field, Form, StringField
from wtforms.validators import ValidationError
from wtforms.widgets import TextInput

from accounts.audit.queries import EventFilter
from accounts.queries import find_user
from accounts.usernames import username_fault
from project.forms import trimmed
from project.ids import read_id
from project.logs import REQUEST_ID

ACTION = re.compile(r"[a-z_.]{1,64}")
OBJECT = re.compile(r"([a-z][a-z_ ]{0,31}?)(?: ([0-9]+))?")
NOBODY = "nobody"
FIRST_YEAR, LAST_YEAR = 1970, 2999
LONGEST_ECHO = 80
"""Characters of what was typed that an error repeats."""


def lowered(typed: str | None) -> str:
    """A WTForms filter: without blanks around it, in lower case."""
    return trimmed(typed).lower()


class WhoField(Field):
    """A user by name, or by number as `user 17`, which finds a deleted one too; or nobody."""

    widget = TextInput()
    nobody = False

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Look the name up: the user's id, None for nobody and for nothing typed."""
        typed = trimmed(valuelist[0] if valuelist else None)
        self.nobody = typed.lower() == NOBODY
        self.data = None
        if not typed or self.nobody:
            return
        word, _, number = typed.partition(" ")
        if word.lower() == "user" and number:
            self.data = read_id(number)
        elif not username_fault(typed) and (user := find_user(typed)):
            self.data = user.id
        if self.data is None:
            raise ValueError(f'There is no user "{typed[:LONGEST_ECHO]}".')


class DayField(DateField):
    """A day, in UTC."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it; nothing typed is None."""
        self.data = None
        typed = trimmed(valuelist[0] if valuelist else None)
        if not typed:
            return
        try:
            day = date.fromisoformat(typed)
        except ValueError:
            raise ValueError(f'"{typed[:LONGEST_ECHO]}" is not a date, e.g. 2026-11-21.') from None
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValueError(f"Choose a year from {FIRST_YEAR} to {LAST_YEAR}.")
        self.data = day


class AuditFilterForm(Form):
    """Which events are wanted, from the query string."""

    who = WhoField("Who", description="A username, or nobody.")
    action = StringField("Action", filters=[lowered], description="Or how it begins: login")
    object = StringField("On", filters=[lowered], description="A kind, or with a number: user 7")
    address = StringField("Address", filters=[trimmed])
    request = StringField("Request", filters=[trimmed], description="An id, as in the log.")
    since = DayField("From", description="UTC")
    until = DayField("To", description="UTC, that day too.")

    def validate_action(self, field: Field) -> None:
        """It could be how an action begins."""
        if field.data and not ACTION.fullmatch(field.data):
            raise ValidationError(f'"{field.data[:LONGEST_ECHO]}" is not how an action begins, e.g. login or task.deleted.')

    def validate_object(self, field: Field) -> None:
        """It could be something that is acted on."""
        found = OBJECT.fullmatch(field.data)
        if field.data and (found is None or (found[2] and read_id(found[2]) is None)):
            raise ValidationError(f'"{field.data[:LONGEST_ECHO]}" is nothing that is acted on, e.g. user or task 7.')

    def validate_address(self, field: Field) -> None:
        """It is an IP address."""
        try:
            field.data = field.data and str(ip_address(field.data))
        except ValueError:
            raise ValidationError(f'"{field.data[:LONGEST_ECHO]}" is not an IP address, e.g. 192.0.2.7.') from None

    def validate_request(self, field: Field) -> None:
        """It could be a request's id."""
        if field.data and not REQUEST_ID.fullmatch(field.data):
            raise ValidationError("A request's id has at most 64 letters, digits or . _ -")

    def validate_until(self, field: Field) -> None:
        """It is not before the beginning."""
        if field.data and self.since.data and field.data < self.since.data:
            raise ValidationError("This lies before the first day.")

    def wanted(self) -> EventFilter:
        """What a valid form asks for."""
        found = OBJECT.fullmatch(self.object.data or "")
        return EventFilter(
            actor_id=self.who.data,
            by_nobody=self.who.nobody,
            action=self.action.data or None,
            object_type=found and found[1],
            object_id=read_id(found[2]) if found and found[2] else None,
            address=self.address.data or None,
            request_id=self.request.data or None,
            since=datetime.combine(self.since.data, time.min, UTC) if self.since.data else None,
            until=datetime.combine(self.until.data, time.max, UTC) if self.until.data else None,
        )
