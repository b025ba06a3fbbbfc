"""A batch is acknowledged with as few words as can be, and they never reach a message that is not of it."""

import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pika
import pytest
from dramatiq import Message, MessageProxy, Worker
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from pika.channel import Channel

from project.extensions import settings_of
from tests.apps import close, make_app
from tests.servers import RabbitServer
from tests.waiting import wait_until
from workers import message_lines
from workers.acks import plan
from workers.actors import Actor, Queue
from workers.batch import Batch, Held, Writer
from workers.broker import BrokerUnreachable, RabbitBroker, broker_of
from workers.holding import HoldingConsumer, hold, keep
from workers.queries import record_failure


@given(st.dictionaries(st.integers(1, 50), st.booleans()))
def test_a_plan_covers_each_tag_once_and_no_other_that_is_unanswered(tags: dict[int, bool]) -> None:
    acknowledged = {tag for tag, is_acknowledged in tags.items() if is_acknowledged}

    upto, singles = plan(acknowledged, tags.keys())

    at_once = [tag for tag in tags if upto is not None and tag <= upto]
    assert sorted(at_once + singles) == sorted(acknowledged)


@pytest.mark.parametrize(
    ("acknowledged", "unanswered", "planned"),
    [
        (set(), {1, 2}, (None, [])),
        ({1, 2, 3}, {1, 2, 3}, (3, [])),
        ({1, 2, 3}, {1, 2, 3, 4}, (3, [])),
        ({2, 4, 7, 9}, {2, 4, 6, 7, 9}, (4, [7, 9])),
        ({2, 3}, {1, 2, 3}, (None, [2, 3])),
    ],
    ids=["none", "all", "all but the last", "a hole", "a hole below"],
)
def test_all_below_the_first_that_is_not_acknowledged_go_at_once(acknowledged: set[int], unanswered: set[int], planned: tuple[int | None, list[int]]) -> None:
    assert plan(acknowledged, unanswered) == planned


@pytest.fixture
def rabbit_app(sqlite_url: str, rabbit: RabbitServer) -> Iterator[Flask]:
    """An app with a RabbitMQ."""
    app = make_app(sqlite_url, broker_url=rabbit.create_vhost())
    yield app
    close(app)


@pytest.fixture
def broker(rabbit_app: Flask) -> Iterator[RabbitBroker]:
    """That app's broker."""
    broker = broker_of(rabbit_app)
    assert isinstance(broker, RabbitBroker)
    broker.declare_queue("chores", ensure=True)
    yield broker
    broker.close()


@pytest.fixture
def consumer(broker: RabbitBroker) -> HoldingConsumer:
    """A consumer that holds as many as a batch is large. Who uses it says when its connection ends."""
    return consumer_of(broker)


@pytest.fixture
def acks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bool]]:
    """The acknowledgements that are sent: up to which tag, and whether that means all up to it."""
    sent: list[tuple[int, bool]] = []
    send = Channel.basic_ack

    def record(channel: Channel, delivery_tag: int = 0, multiple: bool = False) -> None:
        sent.append((delivery_tag, multiple))
        send(channel, delivery_tag, multiple)

    monkeypatch.setattr(Channel, "basic_ack", record)
    return sent


def consumer_of(broker: RabbitBroker, prefetch: int = 1000) -> HoldingConsumer:
    """A consumer of the queue, which consumes from the first message on that is asked of it."""
    consumer = broker.consume("chores", prefetch=prefetch, timeout=50)
    assert isinstance(consumer, HoldingConsumer)
    return consumer


def send(broker: RabbitBroker, amount: int) -> None:
    """So many messages, numbered from 0."""
    broker.enqueue_page([Message("chores", "note", (number,), {}, {}) for number in range(amount)])


def fetch(consumer: HoldingConsumer, amount: int) -> list[MessageProxy]:
    """The next messages, which no actor has begun."""
    messages: list[MessageProxy] = []

    def all_there() -> bool:
        if (message := next(consumer)) is not None:
            messages.append(message)
        return len(messages) == amount

    wait_until(all_there, every=0)
    return messages


def write(app: Flask, messages: Sequence[MessageProxy], bad: int | None = None) -> None:
    """Have one batch take all the messages and settle them; the row of number `bad` can't be written."""

    def rows(numbers: Sequence[int]) -> None:
        if bad in numbers:
            raise ValueError("a bad row")

    writer = Writer(app, Batch("notes", rows))
    for message in messages:
        message_lines.begin(message)
        hold(message)
        writer.put(Held(message.args[0], message))
    writer.start()
    try:
        assert writer.drain(30)
    finally:
        writer.stop()


def left(broker: RabbitBroker, queue: str = "chores") -> list[bytes]:
    """The bodies in a queue that nobody consumes, which are taken out of it."""
    bodies = []
    with pika.BlockingConnection(broker.parameters) as connection:
        channel = connection.channel()
        while (answer := channel.basic_get(queue, auto_ack=True))[0]:
            assert answer[2] is not None
            bodies.append(answer[2])
    return bodies


def numbers(bodies: Sequence[bytes]) -> list[int]:
    """The numbers of messages."""
    return [Message.decode(body).args[0] for body in bodies]


def go_on(broker: RabbitBroker, consumer: HoldingConsumer) -> None:
    """See that the consumer's channel is there still, and end it in order."""
    send(broker, 1)
    consumer.ack(fetch(consumer, 1)[0])
    consumer.close()


def test_a_batch_is_acknowledged_with_one_word_and_nothing_comes_again(
    rabbit_app: Flask, broker: RabbitBroker, consumer: HoldingConsumer, acks: list[tuple[int, bool]]
) -> None:
    send(broker, 1000)
    messages = fetch(consumer, 1000)

    write(rabbit_app, messages)
    consumer.close()

    assert acks == [(1000, True)]
    assert left(broker) == []


def test_a_consumer_that_the_health_check_looks_after_does_so_too(
    rabbit_app: Flask, broker: RabbitBroker, acks: list[tuple[int, bool]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    broker.watched = True
    consumer = consumer_of(broker)
    send(broker, 100)

    write(rabbit_app, fetch(consumer, 100))
    consumer.close()

    assert acks == [(100, True)]
    assert left(broker) == []


def test_a_message_of_the_batch_that_fails_is_alone_in_the_dead_letters(rabbit_app: Flask, broker: RabbitBroker, consumer: HoldingConsumer) -> None:
    send(broker, 100)

    write(rabbit_app, fetch(consumer, 100), bad=50)
    go_on(broker, consumer)

    assert (left(broker), numbers(left(broker, "chores.XQ"))) == ([], [50])


@pytest.mark.parametrize("failed_first", [True, False], ids=["failed first", "failed later"])
def test_a_message_amid_the_batch_that_fails_is_alone_in_the_dead_letters(
    rabbit_app: Flask, broker: RabbitBroker, consumer: HoldingConsumer, failed_first: bool
) -> None:
    send(broker, 100)
    messages = fetch(consumer, 100)
    failing, others = messages[50], messages[:50] + messages[51:]
    failing.fail()

    # The consumer's thread hears of both before it sends either.
    if failed_first:
        consumer.nack(failing)
        write(rabbit_app, others)
    else:
        write(rabbit_app, others)
        consumer.nack(failing)
    go_on(broker, consumer)

    assert (left(broker), numbers(left(broker, "chores.XQ"))) == ([], [50])


def test_what_lies_above_a_message_of_the_next_batch_is_acknowledged_with_that(
    rabbit_app: Flask, broker: RabbitBroker, consumer: HoldingConsumer, acks: list[tuple[int, bool]]
) -> None:
    send(broker, 100)
    messages = fetch(consumer, 100)

    write(rabbit_app, messages[:50] + messages[51:])
    write(rabbit_app, [messages[50]])
    go_on(broker, consumer)

    assert acks == [(50, True), (100, True), (101, True)]
    assert left(broker) == []


def test_what_lies_above_a_message_still_at_work_is_acknowledged_when_nothing_more_comes(
    rabbit_app: Flask, broker: RabbitBroker, consumer: HoldingConsumer, acks: list[tuple[int, bool]]
) -> None:
    send(broker, 10)
    messages = fetch(consumer, 10)

    write(rabbit_app, messages[:5] + messages[6:])
    assert next(consumer) is None
    consumer.close()

    assert acks == [(5, True), *((tag, False) for tag in (7, 8, 9, 10))]


@pytest.mark.parametrize("settled_later", [False, True], ids=["never settled", "settled later"])
def test_a_message_still_at_work_amid_the_batch_stays_unacknowledged(
    rabbit_app: Flask, broker: RabbitBroker, consumer: HoldingConsumer, settled_later: bool
) -> None:
    send(broker, 100)
    messages = fetch(consumer, 100)

    write(rabbit_app, messages[:50] + messages[51:])
    if settled_later:
        consumer.ack(messages[50])
    go_on(broker, consumer)

    assert numbers(left(broker)) == ([] if settled_later else [50])


def test_a_kept_message_of_the_batch_stays_unacknowledged(rabbit_app: Flask, broker: RabbitBroker, consumer: HoldingConsumer) -> None:
    send(broker, 100)
    messages = fetch(consumer, 100)

    keep(messages[50])
    write(rabbit_app, messages)
    go_on(broker, consumer)

    assert numbers(left(broker)) == [50]


def test_a_body_amid_the_batch_that_is_no_message_is_alone_in_the_dead_letters(rabbit_app: Flask, broker: RabbitBroker, consumer: HoldingConsumer) -> None:
    send(broker, 50)
    with pika.BlockingConnection(broker.parameters) as connection:
        connection.channel().basic_publish("", "chores", b"no message")
    send(broker, 50)

    write(rabbit_app, fetch(consumer, 100))
    go_on(broker, consumer)

    assert (left(broker), left(broker, "chores.XQ")) == ([], [b"no message"])


def test_a_message_acknowledged_twice_is_answered_once(
    rabbit_app: Flask, broker: RabbitBroker, consumer: HoldingConsumer, caplog: pytest.LogCaptureFixture
) -> None:
    send(broker, 10)
    messages = fetch(consumer, 10)

    write(rabbit_app, messages)
    write(rabbit_app, messages[:3])
    go_on(broker, consumer)

    assert left(broker) == []
    assert "3 messages were to be answered a second time" in caplog.text


def test_a_batch_of_two_connections_is_acknowledged_on_each(rabbit_app: Flask, broker: RabbitBroker) -> None:
    # Given two connections that may hold ten messages each, with the same tags
    consumer, other = consumer_of(broker, prefetch=10), consumer_of(broker, prefetch=10)
    send(broker, 20)
    messages, its_messages = fetch(consumer, 10), fetch(other, 10)

    # When a batch has them all but one
    write(rabbit_app, messages + its_messages[1:])
    consumer.close()
    other.close()

    assert numbers(left(broker)) == [its_messages[0].args[0]]


def test_to_settle_messages_whose_connection_is_gone_is_an_error(broker: RabbitBroker, consumer: HoldingConsumer) -> None:
    send(broker, 3)
    messages = fetch(consumer, 3)
    consumer.close()

    with pytest.raises(BrokerUnreachable):
        consumer.settle_all(messages)


def test_a_batch_whose_connection_is_gone_says_how_many_come_again(
    rabbit_app: Flask, broker: RabbitBroker, consumer: HoldingConsumer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    send(broker, 3)
    messages = fetch(consumer, 3)
    consumer.close()

    write(rabbit_app, messages)

    assert [record.getMessage() for record in caplog.records if record.name == "workers.batch"] == [
        "batch-notes: 3 messages are done, but their connection is gone; they will be delivered again"
    ]
    assert numbers(left(broker)) == [0, 1, 2]


@contextmanager
def working(broker: RabbitBroker) -> Iterator[None]:
    """A worker in this process for as long as the block runs."""
    worker = Worker(broker, worker_threads=3, worker_timeout=50)
    worker.start()
    try:
        yield
    finally:
        worker.stop()


def test_after_a_lost_connection_only_what_was_at_work_comes_again(rabbit_app: Flask, broker: RabbitBroker, rabbit: RabbitServer) -> None:
    # Given a worker with a message at work, amid others whose rows are committed
    written, begun, finish = list[int](), list[int](), Event()

    def write_all(rows: Sequence[int]) -> None:
        record_failure(message_id=uuid.uuid4(), actor="written", queue="", args={}, error="")
        written.extend(rows)

    def wait() -> None:
        begun.append(1)
        finish.wait(60)

    batch = Batch("notes", write_all)
    bind(broker, "note", batch.add, batched=True)
    bind(broker, "wait", wait)
    send(broker, 200)
    broker.enqueue(Message("chores", "wait", (), {}, {}))
    send(broker, 200)
    with working(broker):
        wait_until(lambda: len(written) == 400 and begun)
        wait_until(lambda: unacknowledged(rabbit, rabbit_app) == 1)

        # When its connection is lost, and then all is done
        rabbit.control("close_all_connections", "--vhost", vhost(rabbit_app), "a test")
        wait_until(lambda: len(begun) == 2)
        finish.set()
        wait_until(lambda: unacknowledged(rabbit, rabbit_app) == 0)

    # Then nothing else came again, and nothing is left
    assert sorted(written) == sorted([*range(200), *range(200)])
    assert (left(broker), left(broker, "chores.XQ")) == ([], [])


def bind(broker: RabbitBroker, name: str, work: Callable[..., Any], batched: bool = False) -> None:
    """Bind an actor."""
    actor: Actor[..., Any] = Actor(work, Queue.CHORES, {}, batched=batched)
    actor.name = name
    actor.bind(broker)


def vhost(app: Flask) -> str:
    """The app's virtual host."""
    return str(settings_of(app).broker_url).rsplit("/", 1)[1]


def unacknowledged(rabbit: RabbitServer, app: Flask) -> int:
    """How many messages of the queue a worker holds."""
    lines = rabbit.control("list_queues", "-p", vhost(app), "--no-table-headers", "name", "messages_unacknowledged").splitlines()
    return int(dict(line.split() for line in lines)["chores"])
