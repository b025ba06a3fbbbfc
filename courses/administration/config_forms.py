"""A config as a person sends it."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import Field, SubmitField, TextAreaField
from wtforms.validators import Optional, StopValidation

from courses.config.document import MAX_BYTES


class ConfigForm(FlaskForm):
    """A `.manytask.yml`, as a file or typed."""

    file = FileField("A file", [Optional()], render_kw={"accept": ".yml,.yaml"})
    text = TextAreaField("Or its text")
    submit = SubmitField("See what it changes")

    data_sent: bytes = b""

    def validate_text(self, field: Field) -> None:
        """One of the two; the file, if there are both."""
        upload = self.file.data
        # One byte more than is read says that it is too large. A browser sends typed lines with CR LF.
        sent = upload.stream.read(MAX_BYTES + 1) if upload else (field.data or "").replace("\r\n", "\n").encode("utf-8", "surrogatepass")
        if not sent.strip():
            raise StopValidation("Choose a file, or type its text.")
        self.data_sent = sent
