"""What a person types who deletes another, and the error for each wrong thing."""

from wtforms import Field, SubmitField
from wtforms.validators import DataRequired, ValidationError

from accounts.forms import OwnPasswordForm, TextField
from accounts.models import User
from accounts.queries import find_user
from accounts.usernames import username_fault
from project.forms import trimmed


class DeletionForm(OwnPasswordForm):
    """The own password, the heir, where there is something to inherit, and the name of whoever goes, typed on purpose."""

    heir = TextField("Heir", [DataRequired("Say who gets them.")], filters=[trimmed], description="A username.", render_kw={"autocomplete": "off"})
    username = TextField("Who is to be deleted", [DataRequired("Type the username of whoever is to be deleted.")], filters=[trimmed])
    submit = SubmitField("Delete for good")

    def __init__(self, person: User, *, needs_heir: bool) -> None:
        super().__init__()
        self.person = person
        self.inheriting: User | None = None
        self.username.description = f"Type {person.username}, so that nobody is deleted by mistake."
        self.username.render_kw = {"autocomplete": "off"}
        if not needs_heir:
            del self.heir

    def validate_heir(self, field: Field) -> None:
        """Another user, who is active."""
        self.inheriting = None if username_fault(field.data) else find_user(field.data)
        if self.inheriting is None:
            raise ValidationError(f'There is no user "{field.data}".')
        if self.inheriting.id == self.person.id:
            raise ValidationError("Nobody inherits from themselves. Choose another user.")
        if not self.inheriting.is_active:
            raise ValidationError("This user is not active. Choose another one.")

    def validate_username(self, field: Field) -> None:
        """Exactly the name of whoever goes."""
        if field.data != self.person.username:
            raise ValidationError(f"This is not {self.person.username}.")
