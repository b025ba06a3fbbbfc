"""A page of messages on RabbitMQ: it is all there when publishing returns, and publishing never returns, nor hangs, when it is not."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any

import pika
import pytest
from dramatiq import Message, Middleware
from pika.adapters.base_connection import BaseConnection
from pika.connection import Connection

from tests.servers import RabbitServer
from tests.waiting import wait_until
from workers import publishing
from workers.broker import BrokerUnreachable, RabbitBroker
from workers.publishing import NotConfirmed


@pytest.fixture
def address(rabbit: RabbitServer) -> str:
    """The address of an empty RabbitMQ."""
    return rabbit.create_vhost()


@pytest.fixture
def broker(address: str) -> RabbitBroker:
    """A broker there, as the site makes it."""
    return RabbitBroker(address, [])


@pytest.fixture(scope="module")
def own_rabbit(rabbit: RabbitServer) -> Iterator[RabbitServer]:
    """A RabbitMQ that a test may spoil. Others use `rabbit`, which knows whether to skip."""
    with RabbitServer() as server:
        yield server


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """RabbitMQ is given up on sooner."""
    monkeypatch.setattr(publishing, "SILENCE_SECONDS", 1.0)
    monkeypatch.setattr(publishing, "HEARTBEAT_SECONDS", 1)


def page(size: int) -> list[Message[Any]]:
    """So many messages to the actor of numbers."""
    return [Message("numbers", "generate_random_number", (number,), {}, {}) for number in range(size)]


def taken(broker: RabbitBroker, queue: str = "numbers") -> list[tuple[pika.BasicProperties, int]]:
    """The properties and the number of every message of a queue, taken out of it."""
    found = []
    with pika.BlockingConnection(broker.parameters) as connection:
        channel = connection.channel()
        while (answer := channel.basic_get(queue, auto_ack=True))[0]:
            found.append((answer[1], Message.decode(answer[2]).args[0]))
    return found


def numbers(broker: RabbitBroker) -> list[int]:
    """The numbers of the messages in the queue, which is empty then."""
    return [number for _properties, number in taken(broker)]


def just_before_messages_are_sent(monkeypatch: pytest.MonkeyPatch, happening: Callable[[], object]) -> None:
    """Have something happen to RabbitMQ once all is ready to send it the first message."""
    send = publishing.OnePieceConnection.send_frames

    def happen_and_send(connection: publishing.OnePieceConnection, frames: Sequence[bytes]) -> None:
        monkeypatch.setattr(publishing.OnePieceConnection, "send_frames", send)
        happening()
        send(connection, frames)

    monkeypatch.setattr(publishing.OnePieceConnection, "send_frames", happen_and_send)


@pytest.mark.parametrize("size", [1, publishing.WINDOW, 2 * publishing.WINDOW + 1])
def test_a_page_of_any_size_is_in_its_queue_in_the_order_it_was_published(broker: RabbitBroker, size: int) -> None:
    broker.enqueue_page(page(size))

    assert numbers(broker) == list(range(size))


def test_a_window_is_filled_again_and_again_and_no_more_is_under_way(broker: RabbitBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "WINDOW", 3)
    monkeypatch.setattr(publishing, "PIECE", 2)
    send = publishing._Publication._send
    under_way: list[int] = []

    def send_and_note(publication: publishing._Publication) -> None:
        send(publication)
        under_way.append(len(publication._unconfirmed) - (publication.taken - publication._sent))

    monkeypatch.setattr(publishing._Publication, "_send", send_and_note)

    broker.enqueue_page(page(100))

    assert numbers(broker) == list(range(100))
    assert max(under_way) == 3


def test_pages_are_given_back_in_their_order_once_they_are_in_their_queue(broker: RabbitBroker) -> None:
    pages = [page(size) for size in (3, 0, 2 * publishing.WINDOW)]

    assert list(broker.enqueue_pages(pages)) == pages
    assert numbers(broker) == [number for size in (3, 0, 2 * publishing.WINDOW) for number in range(size)]


def test_of_pages_no_more_than_one_is_on_its_way_beyond_those_that_the_caller_has_seen_confirmed(broker: RabbitBroker) -> None:
    taken_pages: list[int] = []

    def pages() -> Iterator[list[Message[Any]]]:
        for number in range(5):
            taken_pages.append(number)
            yield page(2)

    with closing(broker.enqueue_pages(pages())) as confirmed:
        next(confirmed)
        next(confirmed)

    assert taken_pages == [0, 1, 2]


def test_a_page_is_on_its_way_to_the_end_while_the_one_after_it_is_put_together(broker: RabbitBroker) -> None:
    # Given
    def pages() -> Iterator[list[Message[Any]]]:
        yield page(publishing.WINDOW)
        yield page(publishing.WINDOW)
        # Then
        wait_until(lambda: broker.backlog("numbers").messages == 2 * publishing.WINDOW)

    # When
    assert len(list(broker.enqueue_pages(pages()))) == 2


def test_many_pages_share_a_connection(broker: RabbitBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    connections: list[object] = []
    opened = publishing._Publication._opened

    def note_and_open(publication: publishing._Publication, connection: Connection) -> None:
        connections.append(connection)
        opened(publication, connection)

    monkeypatch.setattr(publishing._Publication, "_opened", note_and_open)

    assert len(list(broker.enqueue_pages([page(2)] * 3))) == 3

    assert len(connections) == 1


def is_past(instant: float) -> bool:
    """Whether the machine's monotonic clock shows more."""
    return time.monotonic() > instant


def test_a_pause_between_two_pages_that_is_longer_than_the_silence_which_is_borne_is_no_fault(broker: RabbitBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "SILENCE_SECONDS", 0.5)

    for _ in broker.enqueue_pages([page(2)] * 3):
        wait_until(partial(is_past, time.monotonic() + 0.6))

    assert len(numbers(broker)) == 6


def test_a_message_that_is_larger_than_a_frame_arrives_whole(broker: RabbitBroker) -> None:
    large = Message[Any]("numbers", "generate_random_number", ("x" * 300_000,), {}, {})

    broker.enqueue_page([large])

    assert [text for _properties, text in taken(broker)] == list(large.args)


def test_a_page_may_have_messages_for_several_queues(broker: RabbitBroker) -> None:
    broker.enqueue_page([Message(queue, "actor", (7,), {}, {}) for queue in ("numbers", "chores")])

    assert [number for queue in ("numbers", "chores") for _properties, number in taken(broker, queue)] == [7, 7]


def test_an_empty_page_needs_no_connection(broker: RabbitBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    connections: list[object] = []
    monkeypatch.setattr(publishing, "OnePieceConnection", connections.append)

    broker.enqueue_page([])

    assert connections == []


def test_the_messages_of_a_page_survive_a_restart_of_the_broker(broker: RabbitBroker) -> None:
    broker.enqueue_page(page(1))

    assert [properties.delivery_mode for properties, _number in taken(broker)] == [2]


def test_publishing_a_page_leaves_no_connection_behind(broker: RabbitBroker, address: str, rabbit: RabbitServer) -> None:
    broker.enqueue_page(page(2))

    assert broker.connections == set()
    assert address.rsplit("/", 1)[1] not in rabbit.control("list_connections", "vhost").split()


def test_a_message_goes_to_the_network_in_one_piece(broker: RabbitBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given whoever sees each piece that pika sends
    pieces: list[bytes] = []
    send = BaseConnection._adapter_emit_data  # type: ignore[attr-defined]  # private to pika, and the last place where pieces can be seen

    def note_and_send(connection: object, piece: bytes) -> None:
        pieces.append(piece)
        send(connection, piece)

    monkeypatch.setattr(BaseConnection, "_adapter_emit_data", note_and_send)
    messages = page(3)

    broker.enqueue_page(messages)

    # Then the piece with a message's body begins with its method frame, whose type is 1
    assert [piece[0] for message in messages for piece in pieces if message.encode() in piece] == [1, 1, 1]


def test_of_a_page_with_a_message_that_cannot_be_encoded_nothing_is_published(broker: RabbitBroker) -> None:
    broker.enqueue_page(page(1))

    with pytest.raises(TypeError, match="not JSON serializable"):
        broker.enqueue_page([*page(1), Message("numbers", "generate_random_number", (object(),), {}, {})])

    assert numbers(broker) == [0]


class Witness(Middleware):
    """Notes what it is told of."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []

    def before_enqueue(self, _broker: object, message: Message[Any], _delay: int | None) -> None:
        """A message is about to be published."""
        self.seen.append(("before", message.args[0]))

    def after_enqueue(self, _broker: object, message: Message[Any], _delay: int | None) -> None:
        """A message was published."""
        self.seen.append(("after", message.args[0]))


def test_middleware_learns_of_each_message_before_it_is_published_and_once_it_is_confirmed(address: str) -> None:
    witness = Witness()

    RabbitBroker(address, [witness]).enqueue_page(page(2))

    assert witness.seen == [("before", 0), ("before", 1), ("after", 0), ("after", 1)]


def delete_queue(broker: RabbitBroker) -> None:
    """What an operator does by mistake."""
    with pika.BlockingConnection(broker.parameters) as connection:
        connection.channel().queue_delete("numbers")


@pytest.mark.parametrize("size", [1, 2 * publishing.WINDOW])
def test_a_page_for_a_queue_that_somebody_deleted_is_an_error_and_the_next_try_declares_it_again(address: str, size: int) -> None:
    witness = Witness()
    broker = RabbitBroker(address, [witness])
    broker.enqueue_page(page(1))
    delete_queue(broker)
    witness.seen.clear()

    with pytest.raises(BrokerUnreachable, match="no queue numbers"):
        broker.enqueue_page(page(size))
    assert "after" not in {when for when, _number in witness.seen}
    broker.enqueue_page(page(2))

    assert numbers(broker) == [0, 1]


def test_a_message_that_a_full_queue_refuses_is_an_error(broker: RabbitBroker, address: str, rabbit: RabbitServer) -> None:
    rabbit.control("set_policy", "-p", address.rsplit("/", 1)[1], "full", "^numbers$", '{"max-length": 2, "overflow": "reject-publish"}')

    with pytest.raises(BrokerUnreachable, match="RabbitMQ refused a message for the queue numbers"):
        broker.enqueue_page(page(2 * publishing.WINDOW))

    assert numbers(broker)[:2] == [0, 1]


def test_a_connection_that_rabbitmq_closes_half_way_is_an_error(
    broker: RabbitBroker, address: str, rabbit: RabbitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.enqueue_page(page(1))
    vhost = address.rsplit("/", 1)[1]
    just_before_messages_are_sent(monkeypatch, lambda: rabbit.control("close_all_connections", "--vhost", vhost, "maintenance"))

    with pytest.raises(NotConfirmed, match="maintenance"):
        broker.enqueue_page(page(2))

    assert numbers(broker) == [0]


def test_a_connection_whose_end_is_noticed_with_the_last_confirmation_of_a_page_is_an_error_of_the_next(
    broker: RabbitBroker, address: str, rabbit: RabbitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    publications: list[publishing._Publication] = []
    opened = publishing._Publication._opened

    def note_and_open(publication: publishing._Publication, connection: Connection) -> None:
        publications.append(publication)
        opened(publication, connection)

    monkeypatch.setattr(publishing._Publication, "_opened", note_and_open)

    with closing(broker.enqueue_pages([page(2 * publishing.WINDOW)] * 3)) as confirmed:
        next(confirmed)
        # When pika sees the connection's end while nobody waits for a page
        rabbit.control("close_all_connections", "--vhost", address.rsplit("/", 1)[1], "maintenance")
        publications[0]._connection.ioloop.start()

        with pytest.raises(NotConfirmed, match="maintenance"):
            list(confirmed)


def test_a_channel_that_rabbitmq_closes_half_way_is_an_error(own_rabbit: RabbitServer) -> None:
    # Given a RabbitMQ that takes no message of more than 10 bytes
    own_rabbit.control("eval", "application:set_env(rabbit, max_message_size, 10).")
    broker = RabbitBroker(own_rabbit.create_vhost(), [])

    # When a page is published, it is refused
    with pytest.raises(BrokerUnreachable, match="PRECONDITION_FAILED"):
        broker.enqueue_page(page(2))

    # And when the limit is gone, the next one is not
    own_rabbit.control("eval", "application:set_env(rabbit, max_message_size, 134217728).")
    broker.enqueue_page(page(2))
    assert numbers(broker) == [0, 1]


@pytest.mark.usefixtures("hurried")
def test_a_rabbitmq_that_stands_still_half_way_is_given_up_and_the_next_page_works(own_rabbit: RabbitServer, monkeypatch: pytest.MonkeyPatch) -> None:
    broker = RabbitBroker(own_rabbit.create_vhost(), [])
    broker.enqueue_page(page(1))
    just_before_messages_are_sent(monkeypatch, own_rabbit.pause)

    with ThreadPoolExecutor() as threads:
        fault = threads.submit(broker.enqueue_page, page(5))
        try:
            assert "no confirmation for 1 seconds" in str(fault.exception(timeout=40))
        finally:
            own_rabbit.resume()
    broker.enqueue_page(page(2))

    # What was published into the standstill may be there too.
    assert numbers(broker)[-2:] == [0, 1]


@pytest.mark.usefixtures("hurried")
def test_a_rabbitmq_that_has_no_memory_left_is_given_up_and_the_next_page_works(own_rabbit: RabbitServer, monkeypatch: pytest.MonkeyPatch) -> None:
    broker = RabbitBroker(own_rabbit.create_vhost(), [])
    broker.enqueue_page(page(1))
    publications: list[publishing._Publication] = []
    send = publishing._Publication._send

    def note_and_send(publication: publishing._Publication) -> None:
        publications.append(publication)
        send(publication)

    monkeypatch.setattr(publishing._Publication, "_send", note_and_send)

    # Given a RabbitMQ that takes no message for now
    own_rabbit.control("set_vm_memory_high_watermark", "absolute", "1")
    with ThreadPoolExecutor() as threads:
        fault = threads.submit(broker.enqueue_page, page(publishing.WINDOW + 1))
        try:
            assert isinstance(fault.exception(timeout=20), BrokerUnreachable)
        finally:
            own_rabbit.control("set_vm_memory_high_watermark", "0.4")

    # Then no more was sent than may be under way, and it works again
    assert publications[0]._sent == publishing.WINDOW
    broker.enqueue_page(page(2))
    assert numbers(broker)[-2:] == [0, 1]
