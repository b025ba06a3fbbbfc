"""A small company of actors on brokers of Dramatiq's own or ours, and those who send to them."""

import pickle  # nosec B403  # what the tests pickle they have made
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dramatiq
import pika
from dramatiq import Message, Worker, group
from dramatiq.broker import Broker
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.encoder import Encoder
from dramatiq.middleware import AgeLimit, Pipelines, Retries
from dramatiq.results import Results
from pika.exceptions import ChannelClosedByBroker

from workers.reply_to import NoGroupCallbacks, ReplyTo
from workers.results import RabbitBackend

QUEUE = "scenes"


class PickleEncoder(Encoder):
    """Encodes what JSON can't."""

    def encode(self, data: Any) -> bytes:
        """Python's own format."""
        return pickle.dumps(data)

    def decode(self, data: bytes) -> Any:
        """The same, back."""
        return pickle.loads(data)  # nosec B301  # as above


def add(a: Any, b: Any) -> Any:
    """The sum."""
    return a + b


def nothing() -> None:
    """None, as many actors return."""


def fail(text: str) -> None:
    """Raise."""
    raise ValueError(text)


def long(length: int) -> str:
    """A text of that length."""
    return "x" * length


def pair(a: Any, b: Any) -> Any:
    """What JSON has no word for."""
    return {a, b}


def declare(broker: Broker) -> Broker:
    """Declare every actor on a broker, none of them with options of its own."""
    functions: tuple[Callable[..., Any], ...] = (add, nothing, fail, long, pair)
    for function in functions:
        dramatiq.actor(broker=broker, queue_name=QUEUE)(function)
    return broker


def rabbit_broker(url: str, **options: Any) -> RabbitmqBroker:
    """Dramatiq's broker with our backend, as another project would have it."""
    backend = RabbitBackend(url, **options)
    middleware = [AgeLimit(), Pipelines(), Retries(max_retries=0), Results(backend=backend), ReplyTo(backend), NoGroupCallbacks()]  # type: ignore[no-untyped-call]
    broker = RabbitmqBroker(url=url, middleware=middleware, confirm_delivery=True)
    declare(broker)
    return broker


def message(broker: Broker, actor: str, *args: Any, **options: Any) -> Message[Any]:
    """A message that wants its result, not sent yet; `options` are Dramatiq's."""
    made: Message[Any] = broker.get_actor(actor).message_with_options(args=args, **{"store_results": True, **options})
    return made


def ask(broker: Broker, actor: str, *args: Any, **options: Any) -> Message[Any]:
    """Send a message that wants its result."""
    delay = options.pop("delay", None)
    return broker.enqueue(message(broker, actor, *args, **options), delay=delay)


def company(broker: Broker, *children: Any) -> group:
    """A group, not run yet."""
    return group(children, broker=broker)  # type: ignore[no-untyped-call]  # as Dramatiq has it


def run(composition: Any, delay: int | None = None) -> Any:
    """A group or a pipeline, run."""
    return composition.run(delay=delay)


def answer(broker: Broker, asked: Message[Any], timeout: int = 20_000) -> Any:
    """The result of a message, waited for."""
    return asked.get_result(backend=broker.get_results_backend(), block=True, timeout=timeout)


def backend_of(broker: Broker) -> RabbitBackend:
    """The broker's backend on RabbitMQ."""
    backend = broker.get_results_backend()
    assert isinstance(backend, RabbitBackend)
    return backend


def is_there(broker: Broker, asked: Message[Any]) -> bool:
    """Whether a message's result has come."""
    try:
        asked.get_result(backend=broker.get_results_backend())
    except dramatiq.results.ResultMissing:
        return False
    return True


@contextmanager
def at_work(broker: Broker, threads: int = 4) -> Iterator[None]:
    """A worker on the broker for as long as the block runs."""
    worker = Worker(broker, worker_threads=threads, worker_timeout=50)
    worker.start()
    try:
        yield
    finally:
        worker.stop(timeout=10_000)


def has_queue(url: str, name: str) -> bool:
    """Whether RabbitMQ has a queue."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        try:
            connection.channel().queue_declare(name, passive=True)
        except ChannelClosedByBroker:
            return False
        return True


def leave(broker: Broker) -> None:
    """End the connections of a broker and its backend."""
    backend_of(broker).close()
    broker.close()
