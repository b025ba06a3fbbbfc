"""The schedule's page, for superusers."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from project import audit
from project.access import superusers
from project.admin import ClosedView
from project.extensions import db
from project.forms import trimmed
from project.ids import id_from, read_id
from workers import queries, schedule_queries, ticks
from workers.broker import BrokerUnreachable
from workers.schedule import schedules_of
from workers.timetable import LONGEST, interval_fault, timetable

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
        entries = [(entry, entry.next_due(at), entry.schedule.last_key() is not None) for entry in timetable()]
        tick_id = id_from(request.args, "tick")
        launched = tick_id and queries.get_tick(tick_id)
        return self.render("workers/schedule.html", entries=entries, longest=LONGEST, tick=launched, **ticks_page())

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

    @expose("/pause", methods=["POST"])
    def pause(self) -> ResponseReturnValue:
        """Launch no slot of a schedule until it is resumed."""
        return self._change(schedule_queries.pause, "is paused: its slots are skipped until somebody resumes it.")

    @expose("/resume", methods=["POST"])
    def resume(self) -> ResponseReturnValue:
        """Launch a schedule's slots again, from the next one on."""
        return self._change(schedule_queries.resume, "goes on with its next slot.")

    @expose("/interval", methods=["POST"])
    def interval(self) -> ResponseReturnValue:
        """Change the seconds between a schedule's slots; none typed is the schedule's own."""
        typed = trimmed(request.form.get("interval"))
        seconds = read_id(typed)
        if typed and (fault := interval_fault(seconds)):
            flash(fault, "error")
            return redirect(url_for(".index"))
        return self._change(partial(schedule_queries.set_interval, interval=seconds), "has its new interval.")

    def _change(self, change: Callable[[str], bool], done: str) -> ResponseReturnValue:
        schedule = schedules_of(current_app).get(request.form.get("schedule", "")) or abort(404)
        if change(schedule.name):
            flash(f'"{schedule.title}" {done}', "success")
        else:
            flash(f'"{schedule.title}" is so already.', "info")
        return redirect(url_for(".index"))

    @expose("/publish-again", methods=["POST"])
    def publish_again(self) -> ResponseReturnValue:
        """Publish again what an open tick has no outcome for."""
        return self._settle(schedule_queries.publish_again, "is published again from where it is.")

    @expose("/abandon", methods=["POST"])
    def abandon(self) -> ResponseReturnValue:
        """Give up an open tick."""
        return self._settle(schedule_queries.give_up, "is given up.")

    def _settle(self, settle: Callable[[int], bool], done: str) -> ResponseReturnValue:
        tick_id = id_from(request.form, "id") or abort(404)
        if settle(tick_id):
            flash(f"Tick {tick_id} {done}", "success")
        else:
            flash(f"Tick {tick_id} is not open.", "warning")
        return redirect(url_for(".index"))

    @expose("/run", methods=["POST"])
    def run_one(self) -> ResponseReturnValue:
        """Call a schedule's actor for one key now, outside every tick."""
        schedule = schedules_of(current_app).get(request.form.get("schedule", "")) or abort(404)
        key = id_from(request.form, "key")
        if key is None or not schedule.page(key - 1, key, 1):
            flash(f"There is no {schedule.key_name} {request.form.get('key', '')}.", "error")
            return redirect(url_for(".index"))
        audit.record("run.sent", (schedule.key_name.lower(), key), schedule=schedule.name)
        try:
            # A queue knows no rollback: what can't be recorded is not sent.
            db.session.flush()
            schedule.actor.send(key)
        except BrokerUnreachable as fault:
            db.session.rollback()
            log.warning("%s %d can't be run now: %s", schedule.key_name, key, fault)
            flash("The queue can't be reached, so nothing was sent. Try again when it is back.", "error")
        else:
            db.session.commit()
            flash(f"Sent, for {schedule.key_name} {key}.", "success")
        return redirect(url_for(".index"))


def ticks_page() -> dict[str, Any]:
    """A page of ticks, newest first, older than the tick that the query string names, and where the next page is."""
    before = id_from(request.args, "before")
    page = queries.ticks_before(before, PAGE + 1)
    shown = page[:PAGE]
    return {"ticks": shown, "before": before, "older_url": url_for(".index", before=shown[-1].id) if len(page) > PAGE else None}
