"""The reviewers' page."""

import csv
import io
from collections.abc import Iterator

from flask import Response, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from project.access import reviewers
from project.admin import ClosedView
from project.ids import read_id
from reviews import queries
from reviews.forms import ReviewFilter
from reviews.queries import Cursor

PAGE = 50
CHARTED = 15


class ReviewsView(ClosedView):
    """Who owns how many tasks."""

    rule = reviewers
    place = 30

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """A page of authors, those with the most Tasks first."""
        form = ReviewFilter(request.args)
        search = form.search.data or ""
        authors = queries.authors_by_amount(search, PAGE + 1, cursor_from_request())
        shown = authors[:PAGE]
        top = queries.authors_by_amount("", CHARTED)
        last = shown[-1] if len(authors) > PAGE else None
        return self.render(
            "reviews/index.html",
            authors=shown,
            filter=form,
            first_url=url_for(".index", search=search or None) if "after" in request.args else None,
            next_url=last and url_for(".index", search=search or None, after=f"{last.task_count}-{last.id}"),
            csv_url=url_for(".export", search=search or None),
            chart={"kind": "bars", "title": "The authors with the most tasks", "labels": [a.username for a in top], "values": [a.task_count for a in top]},
        )

    @expose("/authors.csv")
    def export(self) -> ResponseReturnValue:
        """Every author, as CSV."""
        form = ReviewFilter(request.args)
        headers = {"Content-Disposition": "attachment; filename=authors.csv"}
        return Response(stream_with_context(csv_lines(form.search.data or "")), mimetype="text/csv", headers=headers)


def cursor_from_request() -> Cursor | None:
    """Where the page begins, or None for the first page and for a cursor that is none."""
    amount, _, last = request.args.get("after", "").partition("-")
    user_id = read_id(last)
    # No Tasks at all is an amount too, though no id.
    task_count = 0 if amount == "0" else read_id(amount)
    return None if user_id is None or task_count is None else Cursor(task_count, user_id)


def csv_lines(search: str) -> Iterator[str]:
    """The authors' lines of CSV, with a heading."""
    line = io.StringIO()
    writer = csv.writer(line)
    writer.writerow(["username", "tasks"])
    for author in queries.every_author(search):
        writer.writerow([author.username, author.task_count])
        yield line.getvalue()
        line.seek(0)
        line.truncate()
    yield line.getvalue()
