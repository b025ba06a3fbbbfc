"""What a person may type about an account, and the error for each wrong thing."""

from collections.abc import Callable
from typing import Any

from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, PasswordField, StringField, SubmitField
from wtforms.validators import DataRequired, EqualTo, Length, ValidationError

from accounts.login import TooManyTriesError, prove_again
from accounts.models import LONGEST_NAME, User
from accounts.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, password_fault
from accounts.queries import find_user
from accounts.usernames import SHORTEST_NAME, username_fault

PASSWORD_HINT = f"At least {SHORTEST_PASSWORD} characters; a few unrelated words are better than one strange one."


class TextField(StringField):
    """Text that its validators demand, so that it is there once the form is valid."""

    data: str


class SecretField(PasswordField):
    """A password that its validators demand, so that it is there once the form is valid."""

    data: str


def good_new_username(_form: FlaskForm, field: Field) -> None:
    """A WTForms validator: well formed, and not taken in upper or lower case."""
    if fault := username_fault(field.data):
        raise ValidationError(fault)
    if find_user(field.data):
        raise ValidationError("This username is taken.")


def own_password(_form: FlaskForm, field: Field) -> None:
    """A WTForms validator: the password that the current user has now."""
    try:
        # None where the form was sent without the field.
        right = prove_again(current_user, field.data or "")
    except TooManyTriesError as refusal:
        raise ValidationError(str(refusal)) from None
    if not right:
        raise ValidationError("This is not your current password.")


def good_password_of(name_of: Callable[[Any], str]) -> Callable[[FlaskForm, Field], None]:
    """A WTForms validator for a password that is about to be set, for the user whose name `name_of` takes from the form."""

    def validate(form: FlaskForm, field: Field) -> None:
        if fault := password_fault(field.data, name_of(form)):
            raise ValidationError(fault)

    return validate


class LoginForm(FlaskForm):
    """Logging in. What is wrong with it is never said more closely than by the view's one message."""

    username = TextField("Username", [DataRequired("Type your username.")], render_kw={"autocomplete": "username", "autofocus": True})
    password = SecretField(
        "Password",
        [DataRequired("Type your password."), Length(max=LONGEST_PASSWORD, message="No password here is that long.")],
        render_kw={"autocomplete": "current-password"},
    )
    remember = BooleanField("Stay logged in on this device")
    next = HiddenField()
    submit = SubmitField("Log in")


class RegistrationForm(FlaskForm):
    """Making an account for oneself."""

    username = TextField(
        "Username",
        [DataRequired("Choose a username."), good_new_username],
        description=f"{SHORTEST_NAME} to {LONGEST_NAME} letters, digits or . _ @ + -",
        render_kw={"autocomplete": "username", "autofocus": True},
    )
    password = SecretField(
        "Password",
        [DataRequired("Choose a password."), good_password_of(lambda form: form.username.data or "")],
        description=PASSWORD_HINT,
        render_kw={"autocomplete": "new-password"},
    )
    repeat = SecretField("Password again", [EqualTo("password", "The two passwords differ.")], render_kw={"autocomplete": "new-password"})
    submit = SubmitField("Register")


class PasswordForm(FlaskForm):
    """Changing one's own password."""

    current = SecretField("Current password", [DataRequired("Type your current password."), own_password], render_kw={"autocomplete": "current-password"})
    password = SecretField(
        "New password",
        [DataRequired("Choose a new password."), good_password_of(lambda _form: current_user.username)],
        description=PASSWORD_HINT,
        render_kw={"autocomplete": "new-password"},
    )
    repeat = SecretField("New password again", [EqualTo("password", "The two passwords differ.")], render_kw={"autocomplete": "new-password"})
    submit = SubmitField("Change password")


class OwnPasswordForm(FlaskForm):
    """One's own password once more, before something that a stolen session must not be enough for (ASVS 5.0, 7.5.1); nothing for who has none."""

    current = SecretField("Your current password", [DataRequired("Type your current password."), own_password], render_kw={"autocomplete": "current-password"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not current_user.has_password:
            del self.current


class UserForm(FlaskForm):
    """What a superuser may change of another's account. Making a superuser takes the own password, for what a new one does outlives a stolen session."""

    is_active = BooleanField("Active", description="Who is not active can't log in, and is logged out at once.")
    is_superuser = BooleanField("Superuser", description="May do everything, this included.")
    can_review_tasks = BooleanField("Reviewer", description="May see who owns how many tasks.")
    current = SecretField("Your current password", description="Needed to make a superuser of somebody.", render_kw={"autocomplete": "current-password"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not current_user.has_password:
            del self.current

    def validate_current(self, field: Field) -> None:
        """The own password, where it is needed."""
        if self.is_superuser.data and not self.is_superuser.object_data:
            own_password(self, field)

    def populate_obj(self, obj: User) -> None:
        """Change the rights, and nothing else."""
        for field in (self.is_active, self.is_superuser, self.can_review_tasks):
            field.populate_obj(obj, field.name)
