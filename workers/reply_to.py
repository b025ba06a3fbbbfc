"""Which messages want their results, and where these are to be sent."""

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from dramatiq import Message, Middleware
from dramatiq.broker import Broker, MessageProxy
from dramatiq.middleware import GroupCallbacks

from workers.results import REPLY_TO, RabbitBackend


class ReplyTo(Middleware):
    """Writes into each message that wants its result where this process waits for it.

    Into those that follow it in its pipeline, too: workers send them, and not for themselves.
    """

    def __init__(self, backend: RabbitBackend, *, store_results: bool = False) -> None:
        """`store_results` is whether messages want their results unless they or their actors say otherwise, as `Results` has it."""
        self._backend = backend
        self._store_results = store_results

    def before_enqueue(self, broker: Broker, message: Message[Any], delay: int | None) -> None:
        """Mark the message, unless its first sender did. Raises ReplyQueueError."""
        if "pipe_target" not in message.options:
            self._mark(broker, message.actor_name, message.options)
            return
        for following in pipe(message.asdict()):
            self._mark(broker, following["actor_name"], following["options"])

    def _mark(self, broker: Broker, actor_name: str, options: dict[str, Any]) -> None:
        if wants_result(broker, actor_name, options, self._store_results) and REPLY_TO not in options:
            options[REPLY_TO] = self._backend.reply_to()


class NoGroupCallbacks(GroupCallbacks):
    """Says why a group can't have completion callbacks here: Dramatiq asks for the backend when such a group is run."""

    def __init__(self) -> None:
        """Nothing to keep."""

    @property
    def rate_limiter_backend(self) -> NoReturn:  # type: ignore[override]  # an attribute there
        """Raises RuntimeError."""
        raise RuntimeError(
            "a group's completion callbacks count its messages in a rate-limiter backend (Dramatiq has them for Redis and Memcached), and RabbitMQ is none."
            " Wait for the group instead, e.g. list(group.get_results(block=True)), and send the callback then"
        )

    def after_process_message(self, broker: Broker, message: Any, *, result: Any = None, exception: BaseException | None = None) -> None:
        """Nothing to count."""


def wants_result(broker: Broker, actor_name: str, options: Mapping[str, Any], default: bool = False) -> bool:
    """Whether a message wants its result: it says so itself, or its actor does, or all do."""
    if "store_results" in options:
        return bool(options["store_results"])
    actor = broker.actors.get(actor_name)
    return bool(actor.options.get("store_results", default)) if actor else False


def is_awaited(broker: Broker, message: Message[Any] | MessageProxy) -> bool:
    """Whether somebody needs what the message's actor returns: its sender, or the next in its pipeline."""
    return bool(message.options.get("pipe_target")) or wants_result(broker, message.actor_name, message.options)


def pipe(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A message, as its fields, and all that follow it in its pipeline."""
    following: Mapping[str, Any] | None = message
    while following is not None:
        yield following
        following = following["options"].get("pipe_target")
