"""What becomes of messages, gathered in the process that works them: at a microsecond or two a message, with no lock and no statement."""

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from threading import get_ident
from time import perf_counter
from typing import Any, NamedTuple, cast

from dramatiq import Middleware
from dramatiq.broker import Broker, MessageProxy
from dramatiq.common import q_name
from flask import Flask

from workers.holding import is_held, is_kept
from workers.monitor.histogram import bucket_of
from workers.monitor.models import Outcome
from workers.records import NAME_LENGTH, storable_text


class Kind(NamedTuple):
    """What is counted apart."""

    queue: str
    actor: str
    outcome: Outcome
    bucket: int


@dataclass
class Amount:
    """How many messages, and how many seconds they took together."""

    messages: int = 0
    seconds: float = 0.0


Counts = dict[Kind, Amount]


class Gathering(Middleware):
    """Notes which message each thread is at work on, and how each ends. Around the others, so that it sees what they have made of it.

    A message whose row goes into a batch has ended when the batch is committed, which the batch's writer says.
    """

    def __init__(self) -> None:
        self._at_work: dict[int, MessageProxy] = {}
        # Its ends may be used by any thread at once. Adding up is left to the heartbeat, every few seconds; messages themselves would take memory until then.
        self._ended: deque[tuple[str, str, Outcome, list[float]]] = deque()
        """Queue, actor, how it ended, and how many seconds it took; all of a batch in one."""

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        """A thread begins a message."""
        self._at_work[get_ident()] = message

    def after_process_message(self, broker: Broker, message: MessageProxy, *, result: Any = None, exception: BaseException | None = None) -> None:
        """A thread is done with a message; one that failed for good is counted when it leaves its queue."""
        self._at_work.pop(get_ident(), None)
        if message.failed or is_held(message) or is_kept(message):
            return
        self._note(message, Outcome.PROCESSED if exception is None else Outcome.RETRIED)

    def after_skip_message(self, broker: Broker, message: MessageProxy) -> None:
        """A thread didn't do a message, which was too old, say."""
        self._at_work.pop(get_ident(), None)

    def after_nack(self, broker: Broker, message: MessageProxy) -> None:
        """A message failed for good, and left its queue."""
        if not is_kept(message):
            self._note(message, Outcome.FAILED)

    def committed(self, messages: Iterable[MessageProxy]) -> None:
        """The rows of these messages are committed."""
        at = perf_counter()
        seconds: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        for message in messages:
            seconds[message.queue_name, message.actor_name].append(at - cast(Any, message).began)
        self._ended.extend((queue, actor, Outcome.PROCESSED, its_seconds) for (queue, actor), its_seconds in seconds.items())

    def _note(self, message: MessageProxy, outcome: Outcome) -> None:
        # A message that nobody could begin, for there is no such actor, took no time.
        at = perf_counter()
        self._ended.append((message.queue_name, message.actor_name, outcome, [at - getattr(message, "began", at)]))

    def take(self) -> Counts:
        """What ended since it was taken last. From one thread at a time."""
        counts: Counts = {}
        for _ in range(len(self._ended)):
            queue, actor, outcome, each = self._ended.popleft()
            amounts: defaultdict[int, Amount] = defaultdict(Amount)
            for seconds in each:
                amount = amounts[bucket_of(seconds)]
                amount.messages += 1
                amount.seconds += seconds
            # Anybody may send a message, to whatever actor.
            named = storable_text(actor)[:NAME_LENGTH]
            add(counts, {Kind(q_name(queue), named, outcome, bucket): amount for bucket, amount in amounts.items()})
        return counts

    def at_work(self) -> list[tuple[MessageProxy, float]]:
        """What threads are doing now, each with since when, as a reading of `perf_counter`."""
        return [(message, cast(Any, message).began) for message in list(self._at_work.values())]


def add(counts: Counts, more: Counts) -> None:
    """Add amounts to others of their kind."""
    for kind, amount in more.items():
        to = counts.setdefault(kind, Amount())
        to.messages += amount.messages
        to.seconds += amount.seconds


def gathering_of(app: Flask) -> Gathering:
    """The app's."""
    return cast(Gathering, app.extensions["workers"].gathering)
