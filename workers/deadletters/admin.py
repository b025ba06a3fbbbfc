"""The pages of messages that failed for good, for superusers."""

import json
import logging
from typing import Any

from flask import abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_login import current_user

from project.access import superusers
from project.admin import ClosedView
from project.ids import id_from, read_id
from project.redirects import local_target
from workers.broker import BrokerUnreachable, broker_of
from workers.deadletters import queries
from workers.deadletters.actors import go_on_settling
from workers.deadletters.forms import FailureFilterForm
from workers.deadletters.queries import Page
from workers.deadletters.settling import described, settle_chosen, settle_matching
from workers.masking import masked, masked_text
from workers.models import FailureState, MessageFailure
from workers.records import UNDECODABLE

log = logging.getLogger(__name__)

PAGE = 50
SHOWN_OF_BODY = 4000
"""Bytes that are shown of what is no message."""
UNREACHABLE = "The queue can't be reached, so they stay as they are. Try again when it is back."


class MessagesView(ClosedView):
    """Messages that failed for good: find them, see why, send them again or discard them."""

    rule = superusers
    place = 46
    part_of = "workers"

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """A page of messages, newest first."""
        form = FailureFilterForm(request.args)
        valid = form.validate()
        page = queries.page_of_failures(form.wanted(), id_from(request.args, "before"), PAGE) if valid else Page([], None)
        typed: dict[str, Any] = {name: value for name, value in request.args.items() if name in form and value}
        return self.render(
            "workers/messages.html",
            page=page,
            in_words=in_words,
            filter=form,
            filtered=bool(typed),
            typed=typed,
            actors=sorted(broker_of(current_app).actors),
            queues=sorted(broker_of(current_app).get_declared_queues()),
            may_settle=valid and form.state.data == FailureState.FAILED,
            first_url=url_for(".index", **typed) if "before" in request.args else None,
            next_url=page.next and url_for(".index", **typed, before=page.next),
        )

    @expose("/details")
    def details(self) -> ResponseReturnValue:
        """One of them, with its traceback."""
        failure_id = id_from(request.args, "id")
        failure = (failure_id and queries.get_failure(failure_id)) or abort(404)
        return self.render("workers/message.html", in_words=in_words, failure=failure, others=queries.others_of_message(failure), came=_what_came(failure))

    @expose("/retry", methods=["POST"])
    def retry(self) -> ResponseReturnValue:
        """Send some again: those of the ids, or all that the filter finds."""
        return self._settle(FailureState.RETRIED, "sent again")

    @expose("/discard", methods=["POST"])
    def discard(self) -> ResponseReturnValue:
        """Discard some, the same way."""
        return self._settle(FailureState.DISCARDED, "discarded")

    def _settle(self, state: FailureState, done: str) -> ResponseReturnValue:
        back = redirect(local_target(request.form.get("url", "")) or url_for(".index"))
        try:
            if "matching" in request.form:
                _settle_matching(state, done)
            else:
                _settle_chosen(state, done)
        except BrokerUnreachable as fault:
            log.warning("messages can't be sent again now: %s", fault)
            flash(UNREACHABLE, "error")
        return back


def _settle_chosen(state: FailureState, done: str) -> None:
    ids = {failure_id for typed in request.form.getlist("id") if (failure_id := read_id(typed))}
    if not ids or len(ids) > PAGE:
        flash(f"Choose messages first, {PAGE} at most.", "error")
        return
    settled = settle_chosen(state, sorted(ids))
    if settled:
        flash(f"{_messages(settled)} {done}.", "success")
    if settled < len(ids):
        flash(f"{_messages(len(ids) - settled)} left alone: retried or discarded by somebody else, or nothing that can be sent.", "warning")


def _settle_matching(state: FailureState, done: str) -> None:
    form = FailureFilterForm(request.form)
    if not form.validate():
        flash(" ".join(error for errors in form.errors.values() for error in errors), "error")
        return
    wanted, upto = form.wanted(), queries.newest_failure_id()
    swept = settle_matching(state, wanted, 0, upto)
    flash(f"{_messages(swept.settled)} {done}.", "success" if swept.settled else "info")
    if swept.rest_after is not None:
        go_on_settling.send(state, described(wanted), swept.rest_after, upto, current_user.id)
        flash("There are more: a worker goes on with them.", "info")


def in_words(call: dict[str, Any]) -> str:
    """The arguments of a call as they are written in one: `7, tick_id=3`."""
    match call:
        case {"args": [*args], "kwargs": dict(kwargs)}:
            return ", ".join([*map(repr, args), *(f"{name}={value!r}" for name, value in kwargs.items())])
    # As Python wrote what JSON could not hold.
    return json.dumps(call, ensure_ascii=False)


def _messages(number: int) -> str:
    return "1 message was" if number == 1 else f"{number:,} messages were"


def _what_came(failure: MessageFailure) -> str | None:
    """The beginning of what is no message, secrets masked if it is JSON; None for a message."""
    if failure.actor != UNDECODABLE:
        return None
    body = queries.beginning_of_body(failure.id, SHOWN_OF_BODY)
    try:
        return json.dumps(masked(json.loads(body)), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return masked_text(body.decode(errors="backslashreplace").replace("\0", "\\0"))
