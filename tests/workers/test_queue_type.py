"""`RABBITMQ_QUEUE_TYPE`: every queue is of the type that is asked for, and one that is there and isn't is said to be."""

import logging
from typing import Any

import pytest
from dramatiq import Message, Worker
from dramatiq.brokers.rabbitmq import RabbitmqBroker

from tests.servers import RabbitServer
from tests.waiting import wait_until
from workers.broker import BrokerUnreachable, RabbitBroker

ALL_THREE = ["numbers", "numbers.DQ", "numbers.XQ"]


@pytest.fixture
def address(rabbit: RabbitServer) -> str:
    """The address of an empty RabbitMQ."""
    return rabbit.create_vhost()


def message() -> Message[Any]:
    """A message to the actor of numbers."""
    return Message("numbers", "generate_random_number", (1,), {}, {})


def of(queue_type: str, address: str) -> RabbitBroker:
    """The broker of a site with such queues, which has one actor's queue to declare."""
    broker = RabbitBroker(address, [], queue_type)
    broker.declare_queue("numbers")
    return broker


def queues(rabbit: RabbitServer, address: str, column: str) -> dict[str, str]:
    """What RabbitMQ says of each queue."""
    lines = rabbit.control("list_queues", "--no-table-headers", "-p", address.rsplit("/", 1)[1], "name", column).splitlines()
    return dict(line.split("\t", 1) for line in lines)


@pytest.mark.parametrize("queue_type", ["classic", "quorum"])
def test_every_queue_is_of_the_type_asked_for(rabbit: RabbitServer, address: str, queue_type: str) -> None:
    of(queue_type, address).enqueue_page([message()])

    assert queues(rabbit, address, "type") == dict.fromkeys(ALL_THREE, queue_type)


def test_rabbitmq_does_not_keep_the_messages_of_classic_queues_in_memory(rabbit: RabbitServer, address: str) -> None:
    of("classic", address).enqueue(message())

    arguments = queues(rabbit, address, "arguments")
    assert all('{"x-queue-mode","lazy"}' in arguments[name] for name in ALL_THREE)


def test_classic_queues_that_are_there_without_that_are_used_as_they_are(rabbit: RabbitServer, address: str) -> None:
    # Given the queues of an earlier release
    plain = RabbitmqBroker(url=address)
    plain.declare_queue("numbers", ensure=True)
    plain.close()
    before = queues(rabbit, address, "arguments")

    # When
    broker = of("classic", address)
    broker.enqueue(message())
    broker.enqueue_page([message()])

    # Then
    assert broker.trouble() is None
    assert broker.backlog("numbers").messages == 2
    assert queues(rabbit, address, "arguments") == before


def test_no_number_of_dead_workers_has_a_quorum_queue_drop_a_message(rabbit: RabbitServer, address: str) -> None:
    of("quorum", address).enqueue(message())

    arguments = queues(rabbit, address, "arguments")
    assert all('{"x-delivery-limit",1000000}' in arguments[name] for name in ("numbers", "numbers.DQ"))


def test_dead_letters_of_quorum_queues_expire_like_those_of_classic_ones(rabbit: RabbitServer, address: str) -> None:
    of("quorum", address).enqueue(message())

    assert '{"x-message-ttl",604800000}' in queues(rabbit, address, "arguments")["numbers.XQ"]


@pytest.fixture(params=[("classic", "quorum"), ("quorum", "classic")], ids=["now-quorum", "now-classic"])
def changed(request: pytest.FixtureRequest, address: str) -> tuple[RabbitBroker, str]:
    """The broker of a site whose setting was changed while its queues stayed, and that setting."""
    before, after = request.param
    of(before, address).enqueue(message())
    return of(after, address), after


def said(changed_to: str) -> str:
    """What an operator is told, as a pattern."""
    return f"RABBITMQ_QUEUE_TYPE is {changed_to}, but the queue is there already.*delete.*inequivalent arg 'x-queue-(type|mode)' for queue 'numbers'"


def test_publishing_to_a_queue_of_the_other_type_names_the_setting(changed: tuple[RabbitBroker, str]) -> None:
    broker, queue_type = changed

    with pytest.raises(BrokerUnreachable, match=said(queue_type)):
        broker.enqueue(message())
    with pytest.raises(BrokerUnreachable, match=said(queue_type)):
        broker.enqueue_page([message()])


def test_an_instance_with_queues_of_the_other_type_is_not_ready_and_its_log_says_why(
    changed: tuple[RabbitBroker, str], caplog: pytest.LogCaptureFixture
) -> None:
    broker, queue_type = changed

    assert broker.trouble() == "RabbitMQ has a queue that is not what RABBITMQ_QUEUE_TYPE says; the log says which"
    assert f"RABBITMQ_QUEUE_TYPE is {queue_type}" in caplog.text


def test_a_worker_with_queues_of_the_other_type_logs_why_it_gets_no_messages(changed: tuple[RabbitBroker, str], caplog: pytest.LogCaptureFixture) -> None:
    broker, queue_type = changed
    worker = Worker(broker, worker_threads=1, worker_timeout=50)

    with caplog.at_level(logging.WARNING):
        worker.start()
        try:
            wait_until(lambda: f"RABBITMQ_QUEUE_TYPE is {queue_type}" in caplog.text)
        finally:
            worker.stop()


@pytest.mark.parametrize("queue_type", ["classic", "quorum"])
def test_an_instance_with_the_right_queues_is_ready(address: str, queue_type: str) -> None:
    of(queue_type, address).enqueue(message())

    assert of(queue_type, address).trouble() is None
