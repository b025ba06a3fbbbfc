"""The worker processes' pages, for superusers."""

from datetime import timedelta
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from project.access import superusers
from project.admin import ClosedView
from project.ids import id_from
from workers import alarm_queries
from workers.monitor import history, queries, series
from workers.monitor.models import WorkerProcess, WorkerState
from workers.monitor.queues_admin import broker_state
from workers.monitor.series import PERIODS
from workers.queries import database_time

PAGE = 100
SHOWN = timedelta(days=1)
"""How long after its last heartbeat a process is still in the list."""
ASKED = {
    "pause": (WorkerState.PAUSED, "The worker pauses as soon as its threads have finished what they have in hand."),
    "resume": (WorkerState.ONLINE, "The worker goes on within seconds."),
    "stop": (WorkerState.STOPPED, "The command is told to stop: its workers finish what they have in hand."),
}
"""What can be asked of a worker, and what is said then."""


class OverviewView(ClosedView):
    """How the workers are, at a glance."""

    rule = superusers
    place = 40

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """The overview."""
        period = period_asked()
        return self.render("workers/overview.html", **overview_page(), **plots_page(period), periods=PERIODS)

    @expose("/state")
    def state(self) -> ResponseReturnValue:
        """Its facts alone, for a page that keeps itself fresh."""
        return self.render("workers/_overview.html", **overview_page())

    @expose("/plots")
    def plots(self) -> ResponseReturnValue:
        """Its plots alone, likewise."""
        return self.render("workers/_plots.html", **plots_page(period_asked()))


class ProcessesView(ClosedView):
    """Every process that works messages, and each one's page."""

    rule = superusers
    place = 42
    part_of = "workers"

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """The list."""
        return self.render("workers/processes.html", **processes_page())

    @expose("/list")
    def part(self) -> ResponseReturnValue:
        """The list alone, for a page that keeps itself fresh."""
        return self.render("workers/_processes.html", **processes_page())

    @expose("/process")
    def process(self) -> ResponseReturnValue:
        """One of them."""
        return self.render("workers/process.html", **process_page())

    @expose("/process/state")
    def process_state(self) -> ResponseReturnValue:
        """One of them, alone."""
        return self.render("workers/_process.html", **process_page())

    @expose("/ask", methods=["POST"])
    def ask(self) -> ResponseReturnValue:
        """Ask it to pause, to resume or to stop."""
        found = _process(id_from(request.form, "id"))
        wanted, said = ASKED.get(request.form.get("action", "")) or abort(400, "The action is none of pause, resume and stop.")
        if wanted == WorkerState.STOPPED and found.command_pid is None:
            flash("This worker is a part of the process that serves the site, and stops with it.", "error")
        elif queries.want(found.id, wanted):
            flash(said, "success")
        else:
            flash("This worker has ended or is about to.", "error")
        return redirect(url_for(".process", id=found.id))


def overview_page() -> dict[str, Any]:
    """The workers, and what they did."""
    at = database_time()
    online, in_progress = queries.working()
    day, hour = queries.outcomes_since(at - timedelta(days=1), at - timedelta(hours=1))
    seen = queries.queues()
    return {
        "at": at,
        "online": online,
        "in_progress": in_progress,
        "outcomes": {"within the last hour": hour, "within a day": day},
        "queues": seen,
        "oldest_at": min((queue.oldest_at for queue in seen if queue.oldest_at), default=None),
        "ticks": queries.open_ticks(),
        "alarms": alarm_queries.all_lasting(),
        **broker_state(seen, at),
    }


def period_asked() -> str:
    """Which stretch of the past the query string asks for."""
    asked = request.args.get("period", "")
    return asked if asked in PERIODS else next(iter(PERIODS))


def plots_page(name: str) -> dict[str, Any]:
    """The plots of a stretch of the past."""
    at, period = database_time(), PERIODS[name]
    slots = series.slots_of(period, at)
    done = history.processed_since(slots[0], period.step)
    waiting = history.waiting_since(slots[0], period.step)
    depths = [series.line(f"Waiting in {queue}", [(slot, found[slot]) for slot in slots if slot in found]) for queue, found in sorted(waiting.items())]
    return {"plots": [*series.plots(slots, done, period.step), *depths], "period": name}


def processes_page() -> dict[str, Any]:
    """A page of processes, newest first, and where the next page is."""
    at = database_time()
    before = id_from(request.args, "before")
    page = queries.processes(since=at - SHOWN, before=before, limit=PAGE + 1)
    shown = page[:PAGE]
    return {"processes": shown, "at": at, "before": before, "older_url": url_for(".index", before=shown[-1].id) if len(page) > PAGE else None}


def process_page() -> dict[str, Any]:
    """The process that the query string names."""
    process = _process(id_from(request.args, "id"))
    return {"process": process, "failures": queries.failures_of(process), "at": database_time()}


def _process(process_id: int | None) -> WorkerProcess:
    return (process_id and queries.get_process(process_id)) or abort(404)
