"""Messages that failed for good, as JSON."""

import logging
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from project.access import open_to_token, superusers
from project.api import refusal
from project.ids import is_id, read_id
from workers.broker import BrokerUnreachable
from workers.deadletters import queries
from workers.deadletters.actors import go_on_settling
from workers.deadletters.forms import read_filter
from workers.deadletters.settling import described, settle_chosen, settle_matching
from workers.masking import masked_text
from workers.models import FailureState, MessageFailure

log = logging.getLogger(__name__)

PAGE = 100
MOST_IDS = 1000
READ, ACT = "workers:read", "workers:act"

blueprint = Blueprint("messages_api", __name__, url_prefix="/api/workers/messages")


@blueprint.get("")
@open_to_token(superusers, READ)
def messages() -> ResponseReturnValue:
    """A page of messages, newest first; `next` is the `before` of the next page, null on the last one."""
    typed = request.args.to_dict()
    before = read_id(typed.pop("before", "")) if "before" in typed else None
    if before is None and "before" in request.args:
        return refusal(400, "before is the `next` of the page before, a number.")
    try:
        page = queries.page_of_failures(read_filter(typed), before, PAGE)
    except ValueError as fault:
        return refusal(400, str(fault))
    return {"messages": [_as_json(failure) for failure in page.failures], "next": page.next}


@blueprint.get("/<int:failure_id>")
@open_to_token(superusers, READ)
def message(failure_id: int) -> ResponseReturnValue:
    """One message, with its traceback, and when else the same message failed."""
    failure = queries.get_failure(failure_id) if is_id(failure_id) else None
    if failure is None:
        return refusal(404, "There is no such message.")
    others = [{"id": other.id, "state": other.state, "failed_at": other.created_at.isoformat()} for other in queries.others_of_message(failure)]
    return _as_json(failure) | {"traceback": failure.traceback and masked_text(failure.traceback), "others": others}


@blueprint.post("/retry")
@open_to_token(superusers, ACT)
def retry() -> ResponseReturnValue:
    """Send messages again: `{"ids": […]}`, or `{"matching": {…}}` with the filters of the list."""
    return _settle(FailureState.RETRIED)


@blueprint.post("/discard")
@open_to_token(superusers, ACT)
def discard() -> ResponseReturnValue:
    """Discard messages, chosen the same way."""
    return _settle(FailureState.DISCARDED)


def _settle(state: FailureState) -> ResponseReturnValue:
    if not request.is_json:
        return refusal(415, "Send JSON, with Content-Type: application/json.")
    wanted = request.get_json(silent=True)
    try:
        match wanted:
            case {"ids": [*ids], **rest} if not rest and 0 < len(ids) <= MOST_IDS and all(map(is_id, ids)):
                return {str(state): settle_chosen(state, sorted(set(ids))), "more": False}
            case {"matching": dict(typed), **rest} if not rest:
                return _settle_matching(state, typed)
    except ValueError as fault:
        return refusal(400, f"matching.{fault}")
    except BrokerUnreachable as fault:
        log.warning("messages can't be sent again now: %s", fault)
        return refusal(503, "The queue can't be reached; try again when it is back.")
    return refusal(400, f'Send {{"ids": […]}}, up to {MOST_IDS} numbers, or {{"matching": {{…}}}} with filters.')


def _settle_matching(state: FailureState, typed: dict[str, Any]) -> dict[str, Any]:
    found, upto = read_filter(typed), queries.newest_failure_id()
    swept = settle_matching(state, found, 0, upto)
    if swept.rest_after is not None:
        go_on_settling.send(state, described(found), swept.rest_after, upto, current_user.id)
    return {str(state): swept.settled, "more": swept.rest_after is not None}


def _as_json(failure: MessageFailure) -> dict[str, Any]:
    return {
        "id": failure.id,
        "message_id": str(failure.message_id),
        "round": failure.round,
        "state": failure.state,
        "actor": failure.actor,
        "queue": failure.queue,
        **{name: failure.args.get(name) for name in ("args", "kwargs")},
        "attempts": failure.attempts,
        "worker": failure.worker,
        "tick_id": failure.tick_id,
        "enqueued_at": failure.enqueued_at and failure.enqueued_at.isoformat(),
        "failed_at": failure.created_at.isoformat(),
        "error": masked_text(failure.error),
    }
