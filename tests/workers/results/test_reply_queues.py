"""Where results come: one queue for each process that waits, of which nothing is left when the process has ended."""

from concurrent.futures import ThreadPoolExecutor

import pika
import pytest
from dramatiq.broker import Broker

from tests.servers import RabbitServer
from tests.waiting import wait_until
from tests.workers.results.company import answer, ask, at_work, backend_of, has_queue, is_there, leave, message, rabbit_broker
from tests.workers.results.programs import running

TTL = 1000
"""Milliseconds that a reply queue lives on without its process, where a test waits for its end."""


def reply_queues(rabbit: RabbitServer, vhost: str) -> list[list[str]]:
    """The name, durability, exclusivity and type of each reply queue."""
    listed = rabbit.control("list_queues", "--vhost", vhost.rsplit("/", 1)[1], "--no-table-headers", "name", "durable", "exclusive", "type")
    return [line.split("\t") for line in listed.splitlines() if line.startswith("callboard.results.")]


def test_a_process_has_one_queue_however_many_results_and_threads(rabbit: RabbitServer, vhost: str, sender: Broker, workers: None) -> None:
    with ThreadPoolExecutor(5) as threads:
        results = list(threads.map(lambda number: answer(sender, ask(sender, "add", number, 0)), range(50)))

    assert results == list(range(50))
    [[name, durable, exclusive, kind]] = reply_queues(rabbit, vhost)
    assert name == backend_of(sender).reply_to()
    assert (durable, exclusive, kind) == ("true", "false", "classic")


def test_an_account_needs_only_to_configure_and_read_reply_queues_beside_what_messages_need(rabbit: RabbitServer, vhost: str) -> None:
    messages, replies = r"scenes(\.DQ|\.XQ)?", r"callboard\.results\..*"
    limited = vhost.replace("guest:guest", "limited:limited")
    rabbit.control("add_user", "limited", "limited")
    try:
        name = vhost.rsplit("/", 1)[1]
        rabbit.control("set_permissions", "--vhost", name, "limited", f"^({messages}|{replies})$", rf"^({messages}|amq\.default)$", f"^({messages}|{replies})$")
        broker = rabbit_broker(limited)
        with at_work(broker):
            assert answer(broker, ask(broker, "add", 1, 2)) == 3
        leave(broker)
        assert reply_queues(rabbit, vhost) == []
    finally:
        rabbit.control("delete_user", "limited")


def test_a_process_that_wants_no_result_has_no_queue(rabbit: RabbitServer, vhost: str, sender: Broker, workers: None) -> None:
    ask(sender, "add", 1, 2, store_results=False)

    assert reply_queues(rabbit, vhost) == []


def test_a_process_that_ends_in_order_leaves_no_queue(vhost: str, sender: Broker) -> None:
    name = backend_of(sender).reply_to()
    assert has_queue(vhost, name)

    backend_of(sender).close()

    assert not has_queue(vhost, name)


def test_after_its_end_a_backend_may_begin_anew(sender: Broker, workers: None) -> None:
    before = ask(sender, "add", 1, 2)
    backend_of(sender).close()

    assert answer(sender, ask(sender, "add", 3, 4)) == 7
    assert not is_there(sender, before)


def test_of_a_killed_process_nothing_is_left_after_the_time_to_live(rabbit: RabbitServer, vhost: str, stage: Broker) -> None:
    with running("client", vhost, str(TTL)) as client:
        name = client.says()
    # A result that nobody will fetch
    with at_work(stage):
        wait_until(lambda: left_in("scenes", vhost) == 0)

    wait_until(lambda: reply_queues(rabbit, vhost) == [], every=TTL / 1000)

    assert not has_queue(vhost, name)


def test_a_result_that_is_not_taken_from_its_queue_expires_there(vhost: str, stage: Broker) -> None:
    name = "callboard.results.of-somebody"
    with pika.BlockingConnection(pika.URLParameters(vhost)) as connection:
        connection.channel().queue_declare(name, durable=True)
    asked = message(stage, "add", 1, 2, reply_to=name)
    backend_of(stage).store_result(asked, 3, 500)

    wait_until(lambda: left_in(name, vhost) == 0)


def test_a_result_whose_process_is_gone_is_no_trouble(vhost: str, stage: Broker, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    asked = message(stage, "add", 1, 2, reply_to="callboard.results.of-the-dead")

    backend_of(stage).store_result(asked, 3, 500)

    assert "nobody waits any more" in caplog.text
    assert not has_queue(vhost, "callboard.results.of-the-dead")


def test_a_queue_that_somebody_deletes_is_there_again(vhost: str, sender: Broker, stage: Broker) -> None:
    asked = ask(sender, "add", 1, 2)
    name = backend_of(sender).reply_to()
    with pika.BlockingConnection(pika.URLParameters(vhost)) as connection:
        connection.channel().queue_delete(name)

    wait_until(lambda: has_queue(vhost, name))

    with at_work(stage):
        assert answer(sender, asked) == 3


def left_in(queue: str, vhost: str) -> int:
    """How many messages are in a queue that nobody holds."""
    with pika.BlockingConnection(pika.URLParameters(vhost)) as connection:
        return int(connection.channel().queue_declare(queue, passive=True).method.message_count)
