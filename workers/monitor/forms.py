"""What a superuser may type about queues and actors."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of WTForms 3.2
from wtforms.validators import InputRequired, Length

from workers.monitor.queues import Part

AGAIN, GIVE_UP = "again", "give up"


class PurgeForm(FlaskForm):
    """Emptying a queue, whose name is typed once more."""

    queue = HiddenField()
    part = SelectField(
        "What is thrown away",
        choices=[SelectChoice(Part.READY, "What waits"), SelectChoice(Part.DELAYED, "What is delayed (.DQ)"), SelectChoice(Part.DEAD, "What is dead (.XQ)")],
    )
    ticks = RadioField(
        "Open ticks of this queue",
        choices=[SelectChoice(AGAIN, "go on: what is missing is published again after half a minute"), SelectChoice(GIVE_UP, "are given up")],
        default=AGAIN,
    )
    name = StringField("The queue's name, to be sure", [InputRequired("Type the queue's name.")])

    def validate_name(self, field: StringField) -> None:
        """It is the queue's."""
        if field.data != self.queue.data:
            raise ValidationError("This is not the queue's name.")


class SendForm(FlaskForm):
    """Sending a message to an actor by hand."""

    actor = HiddenField()
    arguments = TextAreaField(
        "Arguments, as JSON", [Length(max=10_000)], default="[]", description='An array, by position, or an object, by name: [7] or {"task_id": 7}.'
    )
