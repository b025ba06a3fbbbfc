"""What a person may type about an account, and the error for each wrong thing."""

import re

from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, PasswordField, StringField, SubmitField
from wtforms.validators import DataRequired, EqualTo, Length, ValidationError

from accounts.models import LONGEST_NAME, SHORTEST_NAME
from accounts.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, matches
from accounts.queries import find_user

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]*")


class TextField(StringField):
    """Text that its validators demand, so that it is there once the form is valid."""

    data: str


class SecretField(PasswordField):
    """A password that its validators demand, so that it is there once the form is valid."""

    data: str


def username_fault(username: str) -> str | None:
    """What is wrong with a new username, or None; that it is taken is another question."""
    if not SHORTEST_NAME <= len(username) <= LONGEST_NAME:
        return f"A username has {SHORTEST_NAME} to {LONGEST_NAME} characters."
    if not NAME.fullmatch(username):
        return "A username begins with a letter or a digit and has only A–Z, a–z, 0–9 and . _ @ + - in it."
    return None


def password_fault(password: str) -> str | None:
    """What is wrong with a new password, or None."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."
    return None


def good_new_username(_form: FlaskForm, field: Field) -> None:
    """A WTForms validator: well formed, and not taken in upper or lower case."""
    if fault := username_fault(field.data):
        raise ValidationError(fault)
    if find_user(field.data):
        raise ValidationError("This username is taken.")


def good_new_password(_form: FlaskForm, field: Field) -> None:
    """A WTForms validator for a password that is about to be set."""
    if fault := password_fault(field.data):
        raise ValidationError(fault)


def own_password(_form: FlaskForm, field: Field) -> None:
    """A WTForms validator: the password that the current user has now."""
    if not matches(field.data, current_user.password_hash):
        raise ValidationError("This is not your current password.")


class LoginForm(FlaskForm):
    """Logging in. What is wrong with it is never said more closely than by the view's one message."""

    username = TextField("Username", [DataRequired("Type your username.")], render_kw={"autocomplete": "username", "autofocus": True})
    password = SecretField(
        "Password",
        [DataRequired("Type your password."), Length(max=LONGEST_PASSWORD, message="No password here is that long.")],
        render_kw={"autocomplete": "current-password"},
    )
    remember = BooleanField("Stay logged in for 30 days")
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
        [DataRequired("Choose a password."), good_new_password],
        description=f"At least {SHORTEST_PASSWORD} characters; a few unrelated words are better than one strange one.",
        render_kw={"autocomplete": "new-password"},
    )
    repeat = SecretField("Password again", [EqualTo("password", "The two passwords differ.")], render_kw={"autocomplete": "new-password"})
    submit = SubmitField("Register")


class PasswordForm(FlaskForm):
    """Changing one's own password."""

    current = SecretField("Current password", [DataRequired("Type your current password."), own_password], render_kw={"autocomplete": "current-password"})
    password = SecretField("New password", [DataRequired("Choose a new password."), good_new_password], render_kw={"autocomplete": "new-password"})
    repeat = SecretField("New password again", [EqualTo("password", "The two passwords differ.")], render_kw={"autocomplete": "new-password"})
    submit = SubmitField("Change password")


class UserForm(FlaskForm):
    """What a superuser may change of another's account."""

    is_active = BooleanField("Active", description="Who is not active can't log in, and is logged out at once.")
    is_superuser = BooleanField("Superuser", description="May do everything, this included.")
    can_review_tasks = BooleanField("Reviewer", description="May see who owns how many tasks.")
