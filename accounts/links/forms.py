"""What a person may type about one-time links, and the error for each wrong thing."""

from flask_wtf import FlaskForm
from wtforms import SubmitField
from wtforms.validators import DataRequired, EqualTo, Length, Regexp

from accounts.forms import PASSWORD_HINT, SecretField, TextField, good_password_of
from accounts.links.models import LONGEST_NOTE
from project.forms import trimmed


class NewPasswordForm(FlaskForm):
    """A password for the user whom a link belongs to."""

    password = SecretField(
        "New password",
        [DataRequired("Choose a new password."), good_password_of(lambda form: form.username)],
        description=PASSWORD_HINT,
        render_kw={"autocomplete": "new-password", "autofocus": True},
    )
    repeat = SecretField("New password again", [EqualTo("password", "The two passwords differ.")], render_kw={"autocomplete": "new-password"})
    submit = SubmitField("Set password")

    def __init__(self, username: str) -> None:
        super().__init__()
        self.username = username


class InviteForm(FlaskForm):
    """An invite."""

    note = TextField(
        "Whom is it for?",
        [
            DataRequired("Say whom it is for."),
            Length(max=LONGEST_NOTE, message=f"A note has at most {LONGEST_NOTE} characters."),
            # PostgreSQL's text holds no NUL, and a line of text no line breaks.
            Regexp(r"[^\x00-\x1f\x7f]*\Z", message="There is a control character in it."),
        ],
        filters=[trimmed],
        description="Only superusers see it.",
        render_kw={"autocomplete": "off"},
    )
    submit = SubmitField("Make an invite")
