"""On RabbitMQ: messages are persistent and confirmed, no connection idles, and an outage is said. Pages of them: test_publishing."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pika
import pytest
from dramatiq import Message, Worker
from flask import Flask

from project.extensions import db, settings_of
from tests.apps import close, make_app
from tests.factories import make_tasks
from tests.place import free_port
from tests.servers import RabbitServer
from tests.waiting import wait_until
from tests.workers.ledger import all_ticks, draws_per_task, fresh, let_time_pass, numbers
from workers import ticks
from workers.acks import RabbitConsumer
from workers.broker import Backlog, BrokerUnreachable, RabbitBroker, broker_of
from workers.holding import HoldingConsumer
from workers.models import TickState
from workers.serving import Serving


@pytest.fixture
def queue_type() -> str:
    """The type of the app's queues."""
    return "classic"


@pytest.fixture
def rabbit_app(postgres_url: str, rabbit: RabbitServer, queue_type: str) -> Iterator[Flask]:
    """An app as in production: PostgreSQL and RabbitMQ."""
    app = make_app(postgres_url, broker_url=rabbit.create_vhost(), queue_type=queue_type)
    yield app
    close(app)


@pytest.fixture
def broker(rabbit_app: Flask) -> Iterator[RabbitBroker]:
    """That app's broker."""
    broker = broker_of(rabbit_app)
    assert isinstance(broker, RabbitBroker)
    yield broker
    broker.close()


def message(**options: Any) -> Message[Any]:
    """A message to the actor of numbers."""
    return Message("numbers", "generate_random_number", (1,), {}, options)


def taken(broker: RabbitBroker, queue: str = "numbers") -> tuple[Any, Any]:
    """The properties and the body of the next message of a queue, taken out of it."""
    with pika.BlockingConnection(broker.parameters) as connection:
        _method, properties, body = connection.channel().basic_get(queue, auto_ack=True)
    return properties, body


def test_messages_survive_a_restart_of_the_broker(broker: RabbitBroker) -> None:
    broker.enqueue(message())

    properties, _body = taken(broker)

    assert properties.delivery_mode == 2


def test_publishing_leaves_no_connection_behind(broker: RabbitBroker) -> None:
    broker.enqueue(message())

    assert broker.connections == set()


def test_a_consumer_has_its_own_connection_and_leaves_no_other_behind(broker: RabbitBroker) -> None:
    consumer = broker.consume("numbers")

    assert broker.connections == set()
    consumer.close()


def test_a_consumer_whose_queue_somebody_deleted_leaves_no_connection_behind(broker: RabbitBroker) -> None:
    # Given a consumer that has heard from RabbitMQ that its queue is gone
    consumer = broker.consume("numbers", timeout=50)
    with pika.BlockingConnection(broker.parameters) as connection:
        connection.channel().queue_delete("numbers")
    with pytest.raises(BrokerUnreachable):
        wait_until(lambda: next(consumer))

    # When it is closed, as Dramatiq does then
    with suppress(BrokerUnreachable):
        consumer.close()

    assert isinstance(consumer, HoldingConsumer)
    assert isinstance(consumer._consumer, RabbitConsumer)
    assert not consumer._consumer.connection.is_open


def test_a_queue_that_somebody_deleted_is_declared_again_and_nothing_is_lost(broker: RabbitBroker) -> None:
    broker.enqueue(message())
    with pika.BlockingConnection(broker.parameters) as connection:
        connection.channel().queue_delete("numbers")

    sent = broker.enqueue(message())

    assert Message.decode(taken(broker)[1]).message_id == sent.message_id


def test_nobody_is_online_before_a_worker_consumes(broker: RabbitBroker) -> None:
    assert not broker.worker_online("numbers")


def test_a_worker_that_consumes_is_online(broker: RabbitBroker) -> None:
    worker = Worker(broker, worker_threads=1, worker_timeout=50)
    worker.start()
    try:
        assert wait_until(lambda: broker.worker_online("numbers"))
    finally:
        worker.stop()


def test_what_waits_in_a_queue_is_counted_and_who_takes_from_it(broker: RabbitBroker) -> None:
    for _ in range(3):
        broker.enqueue(message())
    # That RabbitMQ counts a confirmed message takes it a moment.
    assert wait_until(lambda: broker.backlog("numbers") == Backlog(3, 0))

    with working(broker):
        wait_until(lambda: broker.backlog("numbers") == Backlog(0, 1))


def test_what_waits_in_a_queue_cannot_be_said_while_the_broker_is_away(cut_off: Flask) -> None:
    broker = broker_of(cut_off)

    with pytest.raises(BrokerUnreachable):
        broker.backlog("numbers")


def test_what_waits_in_a_queue_that_is_not_there_cannot_be_said(broker: RabbitBroker) -> None:
    with pytest.raises(BrokerUnreachable):
        broker.backlog("numbers")


def test_a_broker_that_answers_is_no_trouble(broker: RabbitBroker) -> None:
    assert broker.trouble() is None


@pytest.fixture
def cut_off(postgres_url: str) -> Iterator[Flask]:
    """An app whose RabbitMQ is not there."""
    app = make_app(postgres_url, broker_url=f"amqp://guest:guest@127.0.0.1:{free_port()}/")
    yield app
    close(app)


def test_a_broker_that_is_away_is_said(cut_off: Flask) -> None:
    assert broker_of(cut_off).trouble() == "RabbitMQ does not answer"


def test_publishing_to_a_broker_that_is_away_is_an_error(cut_off: Flask) -> None:
    with pytest.raises(BrokerUnreachable):
        broker_of(cut_off).enqueue(message())


def test_a_tick_waits_for_a_broker_that_is_away(cut_off: Flask) -> None:
    with cut_off.app_context():
        make_tasks(3)

        tick = ticks.launch_due(numbers())

        assert tick is not None
        assert (fresh(tick.id).state, fresh(tick.id).published, fresh(tick.id).lease_token) == (TickState.PUBLISHING, 0, None)


@contextmanager
def working(broker: RabbitBroker) -> Iterator[None]:
    """A worker in this process for as long as the block runs."""
    worker = Worker(broker, worker_threads=2, worker_timeout=50)
    worker.start()
    try:
        yield
    finally:
        worker.stop()


def left_over(broker: RabbitBroker) -> int:
    """How many messages are in the queue; without a consumer none is held."""
    with pika.BlockingConnection(broker.parameters) as connection:
        return int(connection.channel().queue_declare("numbers", passive=True).method.message_count)


@pytest.mark.parametrize("queue_type", ["classic", "quorum"])
def test_each_message_is_acknowledged_and_its_row_there_once(rabbit_app: Flask, broker: RabbitBroker) -> None:
    with rabbit_app.app_context():
        task_ids = make_tasks(300)
        tick = ticks.launch_by_hand(numbers())
        ticks.look_after(tick.id)

        with working(broker):
            wait_until(lambda: len(draws_per_task(tick.id)) == 300)

        assert draws_per_task(tick.id) == dict.fromkeys(task_ids, 1)
    assert left_over(broker) == 0


def test_a_tick_of_which_rabbitmq_took_a_part_is_published_again_and_each_task_has_one_number(
    rabbit_app: Flask, broker: RabbitBroker, rabbit: RabbitServer
) -> None:
    vhost = str(settings_of(rabbit_app).broker_url).rsplit("/", 1)[1]
    with rabbit_app.app_context():
        task_ids = make_tasks(50)

        # Given a queue that takes five messages, and a tick of fifty
        rabbit.control("set_policy", "-p", vhost, "full", "^numbers$", '{"max-length": 5, "overflow": "reject-publish"}')
        tick = ticks.launch_by_hand(numbers())
        ticks.look_after(tick.id)
        assert (fresh(tick.id).state, fresh(tick.id).published) == (TickState.PUBLISHING, 0)
        assert left_over(broker) > 0

        # When it takes all, and a worker comes
        rabbit.control("clear_policy", "-p", vhost, "full")

        def published() -> bool:
            let_time_pass(tick.id, 10)
            ticks.look_after(tick.id)
            return fresh(tick.id).state == TickState.DRAWING

        wait_until(published)
        with working(broker):
            wait_until(lambda: len(draws_per_task(tick.id)) == 50)

        # Then nothing is missing, and nothing there twice
        assert draws_per_task(tick.id) == dict.fromkeys(task_ids, 1)
    assert left_over(broker) == 0


def test_a_serving_process_without_workers_of_its_own_launches_and_finishes_ticks(rabbit_app: Flask, broker: RabbitBroker) -> None:
    with rabbit_app.app_context():
        make_tasks(5)
    serving = Serving(rabbit_app)

    serving.start()
    try:
        with working(broker), rabbit_app.app_context():
            wait_until(lambda: states() == [TickState.FINISHED])
    finally:
        serving.stop()


def states() -> list[str]:
    """The states of all ticks."""
    db.session.rollback()
    return [tick.state for tick in all_ticks()]
