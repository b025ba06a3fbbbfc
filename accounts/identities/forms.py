"""What somebody types who comes from a provider for the first time."""

from flask_wtf import FlaskForm
from wtforms import SubmitField
from wtforms.validators import DataRequired

from accounts.forms import TextField, good_new_username
from accounts.models import LONGEST_NAME
from accounts.usernames import SHORTEST_NAME


class NewcomerForm(FlaskForm):
    """Making an account that one signs in to elsewhere; its username follows the rules of any other."""

    username = TextField(
        "Username",
        [DataRequired("Choose a username."), good_new_username],
        description=f"{SHORTEST_NAME} to {LONGEST_NAME} letters, digits or . _ @ + -",
        render_kw={"autocomplete": "username", "autofocus": True},
    )
    submit = SubmitField("Make the account")
