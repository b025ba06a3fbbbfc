"""The actors' page, for superusers, and sending one a message by hand."""

import inspect
import logging
from datetime import timedelta
from typing import Any

import dramatiq
from flask import abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from project import audit
from project.access import superusers
from project.admin import ClosedView
from project.extensions import db
from workers.broker import BrokerUnreachable, broker_of
from workers.masking import masked_call
from workers.monitor import queries
from workers.monitor.calls import WrongCallError, read_call, signature_of
from workers.monitor.forms import SendForm
from workers.monitor.histogram import quantile
from workers.monitor.models import Outcome
from workers.monitor.series import SHARES
from workers.queries import database_time

log = logging.getLogger(__name__)

LATELY = timedelta(days=1)


class ActorsView(ClosedView):
    """Every actor that is declared, and how it does."""

    rule = superusers
    place = 46
    part_of = "workers"

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """The list."""
        return self.render("workers/actors.html", actors=actors())

    @expose("/list")
    def part(self) -> ResponseReturnValue:
        """The list alone, for a page that keeps itself fresh."""
        return self.render("workers/_actors.html", actors=actors())

    @expose("/send", methods=["GET", "POST"])
    def send(self) -> ResponseReturnValue:
        """Send one a message."""
        form = SendForm(data={"actor": request.args.get("actor", "")})
        actor = broker_of(current_app).actors.get(form.actor.data or "") or abort(404)
        if form.validate_on_submit():
            try:
                message_id = send_by_hand(actor, form.arguments.data or "")
            except WrongCallError as fault:
                form.arguments.errors = [str(fault)]
            except BrokerUnreachable as fault:
                db.session.rollback()
                log.warning("%s can't be sent a message now: %s", actor.actor_name, fault)
                flash("The queue can't be reached, so nothing was sent. Try again when it is back.", "error")
            else:
                flash(f"Sent to {actor.actor_name}: message {message_id}.", "success")
                return redirect(url_for(".index"))
        return self.render("workers/send.html", form=form, actor=actor, signature=signature_of(actor.fn))


def send_by_hand(actor: dramatiq.Actor[..., Any], typed: str) -> str:
    """Send an actor a call as it was typed; the message's id. Raises WrongCallError, BrokerUnreachable; commits, and notes it in the audit."""
    args, kwargs = read_call(actor.fn, typed)
    message = actor.message(*args, **kwargs)
    call = masked_call(args, kwargs, list(inspect.signature(actor.fn).parameters))
    audit.record("message.sent", actor=actor.actor_name, message_id=message.message_id, **call)
    # A queue knows no rollback: what can't be recorded is not sent.
    db.session.flush()
    broker_of(current_app).enqueue(message)
    db.session.commit()
    return str(message.message_id)


def actors() -> list[dict[str, Any]]:
    """Every actor with its options, and what became of its messages within a day."""
    work = queries.work_by_actor(database_time() - LATELY)
    return [_described(actor, work.get(name, {})) for name, actor in sorted(broker_of(current_app).actors.items())]


def _described(actor: dramatiq.Actor[..., Any], work: dict[Outcome, dict[int, int]]) -> dict[str, Any]:
    done = work.get(Outcome.PROCESSED, {})
    outcomes = {outcome.value: sum(work.get(outcome, {}).values()) for outcome in Outcome}
    ended = outcomes[Outcome.PROCESSED] + outcomes[Outcome.FAILED]
    return {
        "name": actor.actor_name,
        "queue": actor.queue_name,
        "priority": actor.priority,
        "options": {name: _readable(value) for name, value in sorted(actor.options.items()) if value is not None},
        **outcomes,
        "failure_rate": outcomes[Outcome.FAILED] / ended if ended else None,
        "durations": [quantile(done, share) for share in SHARES],
    }


def _readable(value: Any) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(_readable, value))
    return value.__name__ if isinstance(value, type) else str(value)
