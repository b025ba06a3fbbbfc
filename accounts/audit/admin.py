"""The audit's page, for superusers; nothing here changes anything."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from flask import Response, abort, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from accounts.audit import queries
from accounts.audit.forms import AuditFilterForm
from accounts.audit.queries import EventFilter, EventRow
from accounts.audit.wording import in_words, on_what, who
from project.access import superusers
from project.admin import ClosedView, safe_in_spreadsheets
from project.ids import id_from

PAGE = 50
HEADING = ("number", "at", "who", "action", "on", "details", "address", "request")


class AuditView(ClosedView):
    """Who did what, on what, when and from where."""

    rule = superusers
    place = 60

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """A page of events, newest first."""
        form = AuditFilterForm(request.args)
        events = list(queries.events_before(id_from(request.args, "before"), PAGE + 1, form.wanted())) if form.validate() else []
        shown = events[:PAGE]
        typed: dict[str, Any] = {name: value for name, value in request.args.items() if name in form and value}
        return self.render(
            "accounts/audit.html",
            events=shown,
            filter=form,
            filtered=bool(typed),
            who=who,
            on_what=on_what,
            in_words=in_words,
            older_url=url_for(".index", **typed, before=shown[-1].AuditEvent.id) if len(events) > PAGE else None,
            newest_url=url_for(".index", **typed) if "before" in request.args else None,
            csv_url=None if form.errors else url_for(".export", **typed),
        )

    @expose("/events.csv")
    def export(self) -> ResponseReturnValue:
        """Every event that the filter finds, as CSV."""
        form = AuditFilterForm(request.args)
        if not form.validate():
            abort(400, " ".join(error for errors in form.errors.values() for error in errors))
        headers = {"Content-Disposition": "attachment; filename=audit.csv"}
        return Response(stream_with_context(csv_lines(form.wanted())), mimetype="text/csv", headers=headers)


def csv_lines(wanted: EventFilter) -> Iterator[str]:
    """The events' lines of CSV, with a heading."""
    line = io.StringIO()
    writer = csv.writer(line)
    writer.writerow(HEADING)
    for row in queries.every_event(wanted):
        writer.writerow([safe_in_spreadsheets(value) for value in csv_values(row)])
        yield line.getvalue()
        line.seek(0)
        line.truncate()
    yield line.getvalue()


def csv_values(row: EventRow) -> list[Any]:
    """An event's values, in the order of HEADING."""
    event, actor, subject = row
    details = json.dumps(event.details, ensure_ascii=False)
    return [event.id, event.at.isoformat(), who(event, actor), event.action, on_what(event, subject), details, event.address, event.request_id]
