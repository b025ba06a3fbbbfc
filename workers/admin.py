"""The schedule's page, for superusers."""

from typing import Any

from flask import abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from project.access import superusers
from project.admin import ClosedView
from project.ids import id_from
from workers import queries, ticks
from workers.schedule import schedules_of

PAGE = 50


class WorkersView(ClosedView):
    """What is launched when, and what became of it."""

    rule = superusers
    place = 40

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """The schedules and their ticks."""
        at = queries.database_time()
        schedules = [{"name": s.name, "title": s.title, "interval": s.interval, "next_due": s.next_due(at)} for s in schedules_of(current_app).all()]
        return self.render("workers/schedule.html", schedules=schedules, **ticks_page())

    @expose("/ticks")
    def ticks(self) -> ResponseReturnValue:
        """The table of ticks alone, for a page that keeps itself fresh."""
        return self.render("workers/_ticks.html", **ticks_page())

    @expose("/launch", methods=["POST"])
    def launch(self) -> ResponseReturnValue:
        """Launch a whole tick now."""
        schedule = schedules_of(current_app).get(request.form.get("schedule", "")) or abort(404)
        tick = ticks.launch_by_hand(schedule)
        flash(f"Tick {tick.id} is launched.", "success")
        return redirect(url_for(".index"))


def ticks_page() -> dict[str, Any]:
    """A page of ticks, newest first, older than the tick that the query string names, and where the next page is."""
    before = id_from(request.args, "before")
    page = queries.ticks_before(before, PAGE + 1)
    shown = page[:PAGE]
    return {"ticks": shown, "before": before, "older_url": url_for(".index", before=shown[-1].id) if len(page) > PAGE else None}
