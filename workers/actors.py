"""Actors are declared when a module is imported and bound to an app's broker when the app is made."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Generic, ParamSpec, TypeVar, cast

import dramatiq
from dramatiq import MessageProxy
from dramatiq.middleware import CurrentMessage
from flask import current_app

from workers.broker import Broker, broker_of

P = ParamSpec("P")
R = TypeVar("R")


class Queue(StrEnum):
    """Every queue there is."""

    NUMBERS = "numbers"
    SCORES = "scores"
    CHORES = "chores"


PRIORITIES = {Queue.NUMBERS: 0, Queue.SCORES: 50, Queue.CHORES: 100}
"""Of what a worker has fetched it does the smaller priority first, so that no chore keeps numbers waiting."""


class Actor(Generic[P, R]):
    """A function that workers run; several apps may each bind it to a broker of their own."""

    def __init__(self, function: Callable[P, R], queue: Queue, options: dict[str, Any], *, batched: bool = False) -> None:
        self.function = function
        self.name = function.__name__
        self.queue = queue
        self.batched = batched
        self.options = options

    def bind(self, broker: Broker) -> None:
        """Declare the actor on an app's broker, once."""
        if self.batched:
            broker.batched_queues.add(self.queue)
        priority = PRIORITIES[self.queue]
        dramatiq.Actor(self.function, broker=broker, actor_name=self.name, queue_name=self.queue, priority=priority, options=self.options)

    def send(self, *args: P.args, **kwargs: P.kwargs) -> dramatiq.Message[R]:
        """Enqueue a call on the current app's broker. Raises dramatiq.errors.ConnectionClosed if it can't be reached."""
        return broker_of(current_app).get_actor(self.name).send(*args, **kwargs)

    def send_with_options(self, *, args: tuple[Any, ...] = (), **options: Any) -> dramatiq.Message[R]:
        """Enqueue a call with options of Dramatiq's, e.g. `store_results=True`: see docs/results.md. Raises as `send` does."""
        message: dramatiq.Message[R] = broker_of(current_app).get_actor(self.name).send_with_options(args=args, **options)
        return message


def current_message() -> MessageProxy:
    """The message at work in this thread. Raises RuntimeError outside of an actor."""
    message = CurrentMessage.get_current_message()
    if message is None:
        raise RuntimeError("no message is at work in this thread")
    return cast(MessageProxy, message)


def actor(queue: Queue, *, batched: bool = False, **options: Any) -> Callable[[Callable[P, R]], Actor[P, R]]:
    """Declare a function as an actor; `batched` if it hands its rows to a Batch; `options` are Dramatiq's."""

    def declare(function: Callable[P, R]) -> Actor[P, R]:
        return Actor(function, queue, options, batched=batched)

    return declare
