"""The reviewers' page."""

import csv
import io
from collections.abc import Iterator

from flask import Response, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from project.access import reviewers
from project.admin import ClosedView, safe_in_spreadsheets
from reviews import queries
from reviews.cursor import Cursor
from reviews.forms import ReviewFilter

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
        authors = queries.authors_by_amount(search, PAGE + 1, Cursor.read(request.args.get("after", "")))
        shown = authors[:PAGE]
        top = queries.authors_by_amount("", CHARTED)
        last = shown[-1] if len(authors) > PAGE else None
        return self.render(
            "reviews/index.html",
            authors=shown,
            filter=form,
            first_url=url_for(".index", search=search or None) if "after" in request.args else None,
            next_url=last and url_for(".index", search=search or None, after=Cursor(last.task_count, last.id)),
            csv_url=url_for(".export", search=search or None),
            chart={"kind": "bars", "title": "The authors with the most tasks", "labels": [a.username for a in top], "values": [a.task_count for a in top]},
        )

    @expose("/authors.csv")
    def export(self) -> ResponseReturnValue:
        """Every author, as CSV."""
        form = ReviewFilter(request.args)
        headers = {"Content-Disposition": "attachment; filename=authors.csv"}
        return Response(stream_with_context(csv_lines(form.search.data or "")), mimetype="text/csv", headers=headers)


def csv_lines(search: str) -> Iterator[str]:
    """The authors' lines of CSV, with a heading."""
    line = io.StringIO()
    writer = csv.writer(line)
    writer.writerow(["username", "tasks"])
    for author in queries.every_author(search):
        writer.writerow([safe_in_spreadsheets(author.username), author.task_count])
        yield line.getvalue()
        line.seek(0)
        line.truncate()
    yield line.getvalue()
