"""What is done to messages that failed for good: sent again, or discarded; each in one transaction with its event of the audit.

A message is sent again before that is committed: whoever dies in between leaves it failed, and it is sent twice, which its actor must bear
anyway. The row is locked meanwhile, so that of several people who press the same button one does it; and a copy that fails at once has
its own row, for it carries a higher round.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dramatiq import Message
from flask import current_app
from sqlalchemy import ColumnElement

from project import audit
from project.extensions import db
from workers.broker import broker_of
from workers.deadletters import queries
from workers.deadletters.queries import FailureFilter
from workers.models import FailureState
from workers.records import ROUND

SLICE = 1000
"""Messages that are looked at, and perhaps settled, in one transaction."""
SLICES = 5
"""How many slices somebody waits for; the rest is a worker's."""
WITHOUT = ("store_results", "reply_to")
"""Options by which a message's sender waits for its result, as nobody does any more."""


@dataclass(frozen=True)
class Swept:
    """How far the messages that a filter finds are settled."""

    settled: int
    rest_after: int | None
    """Beyond which id the rest begins; None if there is none."""


def settle_chosen(state: FailureState, ids: Sequence[int]) -> int:
    """Retry or discard the messages of these ids that are still failed; how many; commits. Raises BrokerUnreachable, and nothing is settled then."""
    return len(_settle(state, queries.among(ids), len(ids), {"ids": list(ids)}, by=None))


def settle_matching(state: FailureState, wanted: FailureFilter, after: int, upto: int, *, by: int | None = None) -> Swept:
    """Retry or discard what a filter finds among the failures in (after, upto], SLICES at most, each committed.

    `by` is the user for whom a worker goes on. Raises BrokerUnreachable; what was settled before stays so.
    """
    settled = 0
    for _ in range(SLICES):
        end = queries.end_of_slice(wanted, after, upto, SLICE)
        settled += len(_settle(state, queries.matching(wanted, after, end or upto), SLICE, described(wanted), by=by))
        if end is None:
            return Swept(settled, None)
        after = end
    return Swept(settled, after)


def described(wanted: FailureFilter) -> dict[str, str]:
    """A filter in words and instants that JSON holds, without what does not filter."""
    named = {"state": wanted.state.value, "actor": wanted.actor, "queue": wanted.queue, "text": wanted.text}
    times = {"since": wanted.since and wanted.since.isoformat(), "until": wanted.until and wanted.until.isoformat()}
    return {name: value for name, value in (named | times).items() if value}


def _settle(state: FailureState, of: ColumnElement[bool], limit: int, how_chosen: dict[str, Any], *, by: int | None) -> list[int]:
    broker = broker_of(current_app)
    retried = state == FailureState.RETRIED
    try:
        failures = queries.settle(state, of, limit, broker.get_declared_queues() if retried else None)
        ids = [failure.id for failure in failures]
        if len(ids) == 1:
            audit.record(f"message.{state}", ("message", ids[0]), by=by)
        elif ids:
            audit.record(f"messages.{state}", by=by, **{"messages": len(ids), "from": ids[0], "to": ids[-1], **how_chosen})
        # What can't be recorded is not sent.
        db.session.flush()
        if retried and failures:
            broker.enqueue_page([_again(failure.round, failure.body or b"") for failure in failures])
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    return ids


def _again(failed_in: int, body: bytes) -> Message[Any]:
    message = Message.decode(body)
    kept = {name: value for name, value in message.options.items() if name not in WITHOUT}
    return Message(**{**message.asdict(), "options": {**kept, ROUND: failed_in + 1}})
