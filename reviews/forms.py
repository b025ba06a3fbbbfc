"""What a reviewer may ask for."""

from wtforms import Form, SearchField

from project.forms import trimmed


class ReviewFilter(Form):
    """Which authors are wanted, from the query string."""

    search = SearchField("Username", filters=[lambda typed: trimmed(typed).replace("\0", "")])
