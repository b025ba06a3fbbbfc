"""The schedule's page, for superusers."""

import logging
from typing import Any

from flask import abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from project import audit
from project.access import superusers
from project.admin import ClosedView
from project.extensions import db
from project.ids import id_from
from workers import queries, ticks
from workers.broker import BrokerUnreachable
from workers.schedule import schedules_of

log = logging.getLogger(__name__)

PAGE = 50


class ScheduleView(ClosedView):
    """What is launched when, and what became of it."""

    rule = superusers
    place = 48
    part_of = "workers"

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """The schedules and their ticks."""
        at = queries.database_time()
        schedules = [
            {
                "name": schedule.name,
                "title": schedule.title,
                "key_name": schedule.key_name,
                "interval": schedule.interval,
                "next_due": schedule.next_due(at),
                "has_keys": schedule.last_key() is not None,
            }
            for schedule in schedules_of(current_app).all()
        ]
        tick_id = id_from(request.args, "tick")
        launched = tick_id and queries.get_tick(tick_id)
        return self.render("workers/schedule.html", schedules=schedules, tick=launched, **ticks_page())

    @expose("/ticks")
    def ticks(self) -> ResponseReturnValue:
        """The table of ticks alone, for a page that keeps itself fresh."""
        return self.render("workers/_ticks.html", **ticks_page())

    @expose("/tick")
    def tick(self) -> ResponseReturnValue:
        """How far one tick is, alone, for a page that waits for it."""
        tick_id = id_from(request.args, "id")
        return self.render("workers/_launched.html", tick=(tick_id and queries.get_tick(tick_id)) or abort(404))

    @expose("/launch", methods=["POST"])
    def launch(self) -> ResponseReturnValue:
        """Launch a whole tick now."""
        schedule = schedules_of(current_app).get(request.form.get("schedule", "")) or abort(404)
        tick = ticks.launch_by_hand(schedule)
        return redirect(url_for(".index", tick=tick.id))

    @expose("/run", methods=["POST"])
    def run_one(self) -> ResponseReturnValue:
        """Call a schedule's actor for one key now, outside every tick."""
        schedule = schedules_of(current_app).get(request.form.get("schedule", "")) or abort(404)
        key = id_from(request.form, "key")
        if key is None or not schedule.page(key - 1, key, 1):
            flash(f"There is no {schedule.key_name} {request.form.get('key', '')}.", "error")
            return redirect(url_for(".index"))
        try:
            schedule.actor.send(key)
        except BrokerUnreachable as fault:
            log.warning("%s %d can't be run now: %s", schedule.key_name, key, fault)
            flash("The queue can't be reached, so nothing was sent. Try again when it is back.", "error")
        else:
            audit.record("run.sent", (schedule.key_name.lower(), key), schedule=schedule.name)
            db.session.commit()
            flash(f"Sent, for {schedule.key_name} {key}.", "success")
        return redirect(url_for(".index"))


def ticks_page() -> dict[str, Any]:
    """A page of ticks, newest first, older than the tick that the query string names, and where the next page is."""
    before = id_from(request.args, "before")
    page = queries.ticks_before(before, PAGE + 1)
    shown = page[:PAGE]
    return {"ticks": shown, "before": before, "older_url": url_for(".index", before=shown[-1].id) if len(page) > PAGE else None}
