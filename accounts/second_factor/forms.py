"""What a person may type about the second factor, and the error for each wrong thing."""

from flask_wtf import FlaskForm
from wtforms import Field
from wtforms.validators import DataRequired, ValidationError

from accounts.forms import TextField
from accounts.guessing.subjects import Subject
from accounts.login import TooManyTriesError
from accounts.models import User
from accounts.second_factor.codes import app_code, recovery_code
from accounts.second_factor.proof import Proof, prove

DIGITS = {"autocomplete": "one-time-code", "inputmode": "numeric"}
WRONG_APP_CODE = "This code is wrong, too old, or used already. Wait until the app shows its next one."
WRONG_RECOVERY_CODE = "This is none of your recovery codes, or it is used already."


def six_digits(_form: FlaskForm, field: Field) -> None:
    """A WTForms validator: what an app may show."""
    if not app_code(field.data):
        raise ValidationError("The app's code has six digits.")


def readable(_form: FlaskForm, field: Field) -> None:
    """A WTForms validator: a code of either kind, or nothing."""
    if field.data and not (app_code(field.data) or recovery_code(field.data)):
        raise ValidationError("The app's code has six digits; a recovery code has 24 letters and digits, in six groups of four.")


class FirstCodeForm(FlaskForm):
    """The first code that the app shows."""

    code = TextField("The six digits that the app shows now", [DataRequired("Type the code that the app shows."), six_digits], render_kw=DIGITS)


class CodeForm(FlaskForm):
    """A code of the app, or a recovery code: whichever field is filled, both kinds are read."""

    code = TextField(
        "Code", [readable], description="Six digits. Your authenticator app shows new ones every 30 seconds.", render_kw={**DIGITS, "autofocus": True}
    )
    recovery = TextField(
        "Recovery code",
        [readable],
        description="One of those that you printed when you set this up. Each is good once; hyphens and capitals make no difference.",
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    wait: TooManyTriesError | None = None
    """Why no code was looked at, if there were too many wrong ones."""

    @property
    def typed(self) -> TextField:
        """The field that is filled."""
        return self.recovery if self.recovery.data else self.code

    def prove(self, user: User, counted: Subject) -> Proof | None:
        """What the form proves the user's second factor by; None leaves the reason beside its field. The caller commits."""
        if not self.validate_on_submit():
            return None
        field = self.typed
        if not field.data:
            field.errors = ["Type the code that your app shows."]
            return None
        try:
            proof = prove(user, field.data, counted)
        except TooManyTriesError as refusal:
            self.wait = refusal
            field.errors = [str(refusal)]
            return None
        if proof is None:
            field.errors = [WRONG_APP_CODE if app_code(field.data) else WRONG_RECOVERY_CODE]
        return proof
