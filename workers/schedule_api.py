"""The schedule as JSON: what is due when, what became of it, and what can be done about it."""

from typing import Any

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from project.access import open_to_token, superusers
from project.api import refusal
from project.ids import is_id, read_id
from workers import queries, schedule_queries, ticks
from workers.models import Tick
from workers.schedule import schedules_of
from workers.timetable import Entry, interval_fault, timetable

PAGE = 100
READ, ACT = "workers:read", "workers:act"
DEEDS = {"pause": schedule_queries.pause, "resume": schedule_queries.resume}
TICK_DEEDS = {"publish-again": schedule_queries.publish_again, "abandon": schedule_queries.give_up}

blueprint = Blueprint("schedules_api", __name__, url_prefix="/api/workers/schedules")


@blueprint.get("")
@open_to_token(superusers, READ)
def schedules() -> ResponseReturnValue:
    """Every schedule as it is now."""
    return {"schedules": [_entry(entry) for entry in timetable()]}


@blueprint.get("/ticks")
@open_to_token(superusers, READ)
def all_ticks() -> ResponseReturnValue:
    """A page of ticks, newest first, skipped slots among them; `next` is the `before` of the next page, null on the last one."""
    before = read_id(request.args.get("before", ""))
    if before is None and "before" in request.args:
        return refusal(400, "before is the `next` of the page before, a number.")
    page = queries.ticks_before(before, PAGE + 1)
    return {"ticks": [_tick(tick) for tick in page[:PAGE]], "next": page[PAGE - 1].id if len(page) > PAGE else None}


@blueprint.post("/<name>/<any(pause, resume):deed>")
@open_to_token(superusers, ACT)
def pause_or_resume(name: str, deed: str) -> ResponseReturnValue:
    """Pause or resume a schedule; `changed` says whether it was not so before."""
    if schedules_of(current_app).get(name) is None:
        return refusal(404, "There is no such schedule.")
    return {"changed": DEEDS[deed](name)}


@blueprint.post("/<name>/launch")
@open_to_token(superusers, ACT)
def launch(name: str) -> ResponseReturnValue:
    """Launch a whole tick now."""
    schedule = schedules_of(current_app).get(name)
    return _tick(ticks.launch_by_hand(schedule)) if schedule else refusal(404, "There is no such schedule.")


@blueprint.post("/<name>/interval")
@open_to_token(superusers, ACT)
def interval(name: str) -> ResponseReturnValue:
    """Change a schedule's interval, `{"interval": 60}`, or give it its own again: `{"interval": null}`."""
    if schedules_of(current_app).get(name) is None:
        return refusal(404, "There is no such schedule.")
    if not request.is_json:
        return refusal(415, "Send JSON, with Content-Type: application/json.")
    match request.get_json(silent=True):
        case {"interval": seconds, **rest} if not rest:
            fault = None if seconds is None else interval_fault(seconds)
            return refusal(400, fault) if fault else {"changed": schedule_queries.set_interval(name, seconds)}
    return refusal(400, 'Send {"interval": 60}, or null for the schedule\'s own.')


@blueprint.post("/ticks/<int:tick_id>/<any('publish-again', abandon):deed>")
@open_to_token(superusers, ACT)
def settle_tick(tick_id: int, deed: str) -> ResponseReturnValue:
    """Publish what is missing of an open tick again, or abandon it; `changed` says whether it was open."""
    if not is_id(tick_id) or queries.get_tick(tick_id) is None:
        return refusal(404, "There is no such tick.")
    return {"changed": TICK_DEEDS[deed](tick_id)}


def _entry(entry: Entry) -> dict[str, Any]:
    due = entry.next_due(queries.database_time())
    return {
        "name": entry.schedule.name,
        "title": entry.schedule.title,
        "interval": entry.interval,
        "own_interval": entry.schedule.interval,
        "paused_at": entry.paused_at and entry.paused_at.isoformat(),
        "next_due": due and due.isoformat(),
    }


def _tick(tick: Tick) -> dict[str, Any]:
    plain = ("id", "schedule", "launches", "state", "reason", "published", "done", "failed")
    instants = ("slot", "started_at", "finished_at")
    times = {name: (at := getattr(tick, name)) and at.isoformat() for name in instants}
    return {name: getattr(tick, name) for name in plain} | times
