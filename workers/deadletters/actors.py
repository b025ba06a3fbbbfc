"""What a worker does with many messages that failed for good."""

from typing import Any

from workers.actors import Queue, actor
from workers.deadletters.forms import read_filter
from workers.deadletters.settling import described, settle_matching
from workers.models import FailureState


@actor(Queue.CHORES)
def go_on_settling(state: str, wanted: dict[str, Any], after: int, upto: int, by: int) -> None:
    """Retry or discard some more of what a filter finds, and come back for the rest, so that a million of them keep no worker to themselves.

    Raises ValueError, which no retry mends, for a filter that is none.
    """
    found = read_filter(wanted)
    swept = settle_matching(FailureState(state), found, after, upto, by=by)
    if swept.rest_after is not None:
        go_on_settling.send(state, described(found), swept.rest_after, upto, by)
