"""What a teacher may type about a student's scores, and the error for each wrong thing."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, StringField, TextAreaField
from wtforms.validators import Length, ValidationError

from courses.edits import LONGEST_COMMENT, LONGEST_REASON, Seen
from courses.scoring import LARGEST
from project.forms import trimmed
from project.tokens import digest


def read_points(typed: str) -> int | None:
    """Whole points, None for nothing typed. Raises ValueError that says what would be right."""
    text = typed.strip()
    if not text:
        return None
    digits = text.removeprefix("-").removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f'"{text[:40]}" is no whole number of points, e.g. 7.')
    if len(digits.lstrip("0")) > len(str(LARGEST)) or int(digits) > LARGEST:
        raise ValueError(f"At most {LARGEST} points.")
    return int(text)


def no_nul(_form: FlaskForm, field: Field) -> None:
    """A WTForms validator: PostgreSQL's text can't hold NUL."""
    if "\0" in (field.data or ""):
        raise ValidationError("There is a character in it that can't be kept.")


def points(_form: FlaskForm, field: Field) -> None:
    """A WTForms validator: what `read_points` reads."""
    try:
        read_points(field.data or "")
    except ValueError as fault:
        raise ValidationError(str(fault)) from None


def unsigned(_form: FlaskForm, field: Field) -> None:
    """A WTForms validator: a grade is not below 0."""
    if (field.data or "").strip().startswith("-"):
        raise ValidationError("A grade is a whole number from 0.")


class SeenForm(FlaskForm):
    """A form that carries what was there when it was opened, so that nobody overwrites what they have not seen."""

    seen = HiddenField()

    def seen_points(self) -> Seen:
        """The points that were there. Text that the site did not write is a value that nothing has."""
        typed = self.seen.data or ""
        try:
            return Seen(read_points(typed))
        except ValueError:
            return Seen(typed)


class ScoreForm(SeenForm):
    """The score of a student for a task."""

    score = StringField("Score", validators=[points], description="Whole points; empty, it takes the score away.")
    reason = StringField(
        "Why",
        filters=[trimmed],
        validators=[Length(max=LONGEST_REASON, message=f"At most {LONGEST_REASON} characters."), no_nul],
        description="It stands in the history, which the student reads too.",
    )

    @classmethod
    def of(cls, score: int | None, **values: Any) -> "ScoreForm":
        """The form for a score as it is now."""
        shown = "" if score is None else str(score)
        return cls(seen=shown, score=shown, **values)


class CommentForm(SeenForm):
    """What teachers note about a student for each other."""

    comment = TextAreaField(
        "Comment",
        filters=[lambda typed: (typed or "").replace("\r\n", "\n").strip()],
        validators=[Length(max=LONGEST_COMMENT, message=f"At most {LONGEST_COMMENT} characters."), no_nul],
        description="For teachers; students do not see it.",
    )

    @classmethod
    def of(cls, comment: str) -> "CommentForm":
        """The form for a comment as it is now."""
        return cls(seen=digest(comment), comment=comment)


class GradeForm(SeenForm):
    """A grade that stands, whatever the formulas say."""

    grade = StringField("Grade that stands", validators=[points, unsigned], description="A whole number; empty, it lets the formulas decide.")

    @classmethod
    def of(cls, grade: int | None) -> "GradeForm":
        """The form for a grade as it is now."""
        shown = "" if grade is None else str(grade)
        return cls(seen=shown, grade=shown)
