"""What a reviewer may ask for."""

from wtforms import Form, StringField


class ReviewFilter(Form):
    """Which authors are wanted, from the query string."""

    search = StringField("Username", filters=[lambda typed: (typed or "").strip().replace("\0", "")], render_kw={"type": "search"})
