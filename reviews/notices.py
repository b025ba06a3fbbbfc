"""What the reviews pin to the front page."""

from typing import Any

from project.access import reviewers
from project.home import Notice
from reviews import queries

SHOWN = 5


def facts() -> dict[str, Any]:
    """The authors with the most Tasks."""
    return {"authors": queries.authors_by_amount("", SHOWN)}


reviews_notice = Notice(rule=reviewers, place=30, template="reviews/_notice.html", facts=facts)
