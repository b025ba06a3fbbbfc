"""The queues' page, for superusers, and emptying one."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from project import audit
from project.access import superusers
from project.admin import ClosedView
from project.extensions import db
from workers.actors import Queue
from workers.broker import BrokerUnreachable, broker_of
from workers.monitor import queries
from workers.monitor.forms import GIVE_UP, PurgeForm
from workers.monitor.queues import Part, names_of, purge
from workers.monitor.sampling import look_now
from workers.monitor.series import rate_in
from workers.queries import database_time
from workers.schedule import schedules_of

log = logging.getLogger(__name__)

STALE = timedelta(seconds=30)
"""A sight of the queues that is older means that nobody looks."""


class QueuesView(ClosedView):
    """What is in each queue, and who takes from it."""

    rule = superusers
    place = 44
    part_of = "workers"

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """The list."""
        return self.render("workers/queues.html", **queues_page())

    @expose("/list")
    def part(self) -> ResponseReturnValue:
        """The list alone, for a page that keeps itself fresh."""
        return self.render("workers/_queues.html", **queues_page())

    @expose("/purge", methods=["GET", "POST"])
    def purge(self) -> ResponseReturnValue:
        """Ask, and then empty a queue."""
        form = PurgeForm(data={"queue": request.args.get("queue", "")})
        queue = form.queue.data or ""
        if queue not in names_of(broker_of(current_app)):
            abort(404)
        if not form.validate_on_submit():
            return self.render("workers/purge.html", form=form, queue=queue)
        try:
            purged = purge_queue(queue, Part(form.part.data), give_up=form.ticks.data == GIVE_UP)
        except BrokerUnreachable as fault:
            db.session.rollback()
            log.warning("the queue %s can't be purged now: %s", queue, fault)
            flash("RabbitMQ can't be reached, so nothing was thrown away.", "error")
        else:
            given_up = f" Ticks given up: {len(purged.ticks)}." if purged.ticks else ""
            flash(f"Messages thrown away: {purged.messages}.{given_up}", "success")
            look_now()
        return redirect(url_for(".index"))


@dataclass(frozen=True)
class Purged:
    """What became of a queue that was emptied."""

    messages: int
    ticks: list[int]
    """Those that were given up with it."""


def purge_queue(queue: str, part: Part, *, give_up: bool) -> Purged:
    """Empty a part of a queue, and give up its open ticks if wanted. Raises BrokerUnreachable; commits, and notes it in the audit.

    A queue knows no rollback, so it is emptied last, when all else is sure to be taken.
    """
    names = schedules_of(current_app).on_queue(Queue(queue)) if give_up else []
    ticks = list(queries.abandon_ticks_of(names, f'the queue "{queue}" was purged by hand')) if names else []
    event: dict[str, Any] = {"queue": queue, "part": part.value, "ticks_given_up": ticks}
    audit.record("queue.purged", **event)
    db.session.flush()
    purged = purge(broker_of(current_app), queue, part)
    db.session.commit()
    log.info("%d messages were purged: %s", purged, event)
    return Purged(purged, ticks)


def queues_page() -> dict[str, Any]:
    """Every queue, with how fast it fills and empties."""
    at = database_time()
    out, lately = queries.rates_out(at), queries.ready_lately(at, queries.RATE_MINUTES + 1)
    seen = queries.queues()
    rates = {queue.queue: {"in": rate_in(out.get(queue.queue, 0.0), lately.get(queue.queue, [])), "out": out.get(queue.queue, 0.0)} for queue in seen}
    return {"queues": seen, "rates": rates, "at": at, **broker_state(seen, at)}


def broker_state(seen: Any, at: Any) -> dict[str, Any]:
    """Why RabbitMQ could not be asked, if so, and whether nobody has asked for long."""
    newest = max((queue.seen_at for queue in seen), default=None)
    return {"fault": next((queue.fault for queue in seen if queue.fault), None), "unseen": newest is not None and at - newest > STALE, "newest": newest}
