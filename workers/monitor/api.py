"""What the monitor's pages show and do, as JSON, for superusers' tokens. Instants are ISO 8601 in UTC, durations seconds."""

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, current_app, request
from flask.typing import ResponseReturnValue

from project.access import open_to_token, superusers
from project.api import refusal
from project.extensions import db
from project.ids import id_from
from workers.broker import BrokerUnreachable, broker_of
from workers.masking import masked_text
from workers.models import MessageFailure
from workers.monitor import queries
from workers.monitor.actors_admin import actors as actors_lately
from workers.monitor.actors_admin import send_by_hand
from workers.monitor.admin import ASKED, PAGE, SHOWN, overview_page, period_asked, plots_page
from workers.monitor.calls import WrongCallError
from workers.monitor.models import WorkerProcess, WorkerState
from workers.monitor.queues import Part, names_of
from workers.monitor.queues_admin import purge_queue, queues_page
from workers.queries import database_time

blueprint = Blueprint("workers_api", __name__, url_prefix="/api/workers")

READ, ACT = "workers:read", "workers:act"
OF_A_QUEUE = ("queue", "ready", "delayed", "dead", "unacknowledged", "consumers", "fault")
OF_A_FAILURE = ("id", "state", "actor", "queue", "attempts")
OF_A_TICK = ("id", "schedule", "launches", "state", "published", "done")
OF_A_PROCESS = (
    *("id", "host", "pid", "command_pid", "version", "queues", "threads", "prefetch", "wanted"),
    *("processed", "failed", "retried", "in_progress", "at_work", "cpu", "memory"),
)


@blueprint.get("/")
@open_to_token(superusers, READ)
def overview() -> ResponseReturnValue:
    """The overview; `period` is 1h, 24h or 7d."""
    page = overview_page()
    return {
        "online": page["online"],
        "in_progress": page["in_progress"],
        "messages": page["outcomes"],
        "waiting": {queue.queue: queue.ready for queue in page["queues"]},
        "oldest_waiting_at": _instant(page["oldest_at"]),
        "fault": page["fault"],
        "ticks": [{**_of(tick, OF_A_TICK), "slot": _instant(tick.slot)} for tick in page["ticks"]],
        "alarms": [{"kind": alarm.kind, "text": alarm.text, "began_at": _instant(alarm.began_at)} for alarm in page["alarms"]],
        "plots": plots_page(period_asked())["plots"],
    }


@blueprint.get("/processes")
@open_to_token(superusers, READ)
def processes() -> ResponseReturnValue:
    """A page of processes, newest first; `next` is the `before` of the next page, null on the last one."""
    at = database_time()
    page = queries.processes(since=at - SHOWN, before=id_from(request.args, "before"), limit=PAGE + 1)
    shown = page[:PAGE]
    return {"processes": [_process(process, at) for process in shown], "next": shown[-1].id if len(page) > PAGE else None}


@blueprint.get("/processes/<int:process_id>")
@open_to_token(superusers, READ)
def process(process_id: int) -> ResponseReturnValue:
    """One process, with the messages that failed for good in it lately."""
    found = _found(process_id)
    return _process(found, database_time()) | {"failures": [_failure(failure) for failure in queries.failures_of(found)]}


@blueprint.post("/processes/<int:process_id>/<action>")
@open_to_token(superusers, ACT)
def ask(process_id: int, action: str) -> ResponseReturnValue:
    """Ask a process to `pause` or to `resume`, or its whole command to `stop`."""
    found = _found(process_id)
    wanted, _said = ASKED.get(action) or abort(404)
    if wanted == WorkerState.STOPPED and found.command_pid is None:
        return refusal(409, "This worker is a part of the process that serves the site, and stops with it.")
    if not queries.want(found.id, wanted):
        return refusal(409, "This worker has ended or is about to.")
    return {"id": found.id, "wanted": wanted}, 202


@blueprint.get("/queues")
@open_to_token(superusers, READ)
def queues() -> ResponseReturnValue:
    """Every queue; rates are messages a minute."""
    page = queues_page()
    return {
        "queues": [
            {**_of(queue, OF_A_QUEUE), "oldest_at": _instant(queue.oldest_at), "seen_at": _instant(queue.seen_at), "rates": page["rates"][queue.queue]}
            for queue in page["queues"]
        ]
    }


@blueprint.post("/queues/<name>/purge")
@open_to_token(superusers, ACT)
def purge(name: str) -> ResponseReturnValue:
    """Empty a queue: `{"part": "ready", "ticks": "again"}`; the part may be `delayed` or `dead` too, and its open ticks may be `given up`."""
    if name not in names_of(broker_of(current_app)):
        return refusal(404, "There is no such queue.")
    if not request.is_json:
        return refusal(415, "Send JSON, with Content-Type: application/json.")
    match request.get_json(silent=True):
        case {"part": ("ready" | "delayed" | "dead") as part, "ticks": ("again" | "given up") as ticks, **rest} if not rest:
            try:
                purged = purge_queue(name, Part(part), give_up=ticks == "given up")
            except BrokerUnreachable:
                db.session.rollback()
                return refusal(503, "RabbitMQ can't be reached, so nothing was thrown away.")
            return {"messages": purged.messages, "ticks_given_up": purged.ticks}
    return refusal(400, 'Send {"part": "ready", "ticks": "again"}; the part may be "delayed" or "dead" too, and "ticks" be "given up".')


@blueprint.get("/actors")
@open_to_token(superusers, READ)
def actors() -> ResponseReturnValue:
    """Every actor, with what became of its messages within a day; `durations` are p50, p95 and p99."""
    return {"actors": actors_lately()}


@blueprint.post("/actors/<name>/send")
@open_to_token(superusers, ACT)
def send(name: str) -> ResponseReturnValue:
    """Send an actor a message whose arguments are the request's body: a JSON array or an object."""
    actor = broker_of(current_app).actors.get(name) or abort(404)
    try:
        return {"message_id": send_by_hand(actor, request.get_data(as_text=True))}, 202
    except WrongCallError as fault:
        return refusal(400, str(fault))
    except BrokerUnreachable:
        db.session.rollback()
        return refusal(503, "The queue can't be reached, so nothing was sent.")


def _failure(failure: MessageFailure) -> dict[str, Any]:
    return {**_of(failure, OF_A_FAILURE), "error": masked_text(failure.error), "message_id": str(failure.message_id), "failed_at": _instant(failure.created_at)}


def _found(process_id: int) -> WorkerProcess:
    return queries.get_process(process_id) or abort(404)


def _process(process: WorkerProcess, at: datetime) -> dict[str, Any]:
    instants = {name: _instant(getattr(process, name)) for name in ("started_at", "heartbeat_at")}
    return {**_of(process, OF_A_PROCESS), **instants, "state": process.state_at(at)}


def _of(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
