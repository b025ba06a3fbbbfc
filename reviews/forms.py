"""What a reviewer may ask for."""

from wtforms import Form, SearchField


class ReviewFilter(Form):
    """Which authors are wanted, from the query string."""

    search = SearchField("Username", filters=[lambda typed: (typed or "").strip().replace("\0", "")])
