"""Who owns how many Tasks, as JSON."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from project.access import open_to_token, reviewers
from project.api import refusal
from reviews import queries
from reviews.cursor import Cursor
from reviews.forms import ReviewFilter

PAGE = 100

blueprint = Blueprint("reviews_api", __name__, url_prefix="/reviews/api")


@blueprint.get("/authors")
@open_to_token(reviewers, "reviews:read")
def authors() -> ResponseReturnValue:
    """A page of authors, those with the most Tasks first; `next` is the `after` of the next page, null on the last one."""
    after = Cursor.read(request.args["after"]) if "after" in request.args else None
    if "after" in request.args and after is None:
        return refusal(400, "after is the `next` of the page before, e.g. 12-7.")
    page = queries.authors_by_amount(ReviewFilter(request.args).search.data or "", PAGE + 1, after)
    shown = page[:PAGE]
    last = str(Cursor(shown[-1].task_count, shown[-1].id)) if len(page) > PAGE else None
    return {"authors": [{"id": author.id, "username": author.username, "tasks": author.task_count} for author in shown], "next": last}
