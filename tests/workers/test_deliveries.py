"""What RabbitMQ delivers is read whole, whatever pieces it comes in, and everything else is left to pika."""

from itertools import pairwise
from typing import Any

import pika
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika import frame
from pika.spec import Basic, BasicProperties

from tests.servers import RabbitServer
from workers.broker import RabbitBroker
from workers.deliveries import DeliveringConnection, Delivery, Incomplete, read_delivery

PERSISTENT = BasicProperties(delivery_mode=2)


def delivered(
    body: bytes,
    *,
    consumer_tag: str = "ctag1.0",
    delivery_tag: int = 1,
    redelivered: bool = False,
    room: int = 1000,
    properties: BasicProperties = PERSISTENT,
) -> bytes:
    """A message as RabbitMQ sends it, in frames with at most `room` bytes of its body."""
    method = frame.Method(1, Basic.Deliver(consumer_tag, delivery_tag, redelivered, "", "numbers"))
    bodies = [frame.Body(1, body[start : start + room]) for start in range(0, len(body), room)]
    return b"".join(part.marshal() for part in (method, frame.Header(1, len(body), properties), *bodies))


@given(body=st.binary(max_size=500), tag=st.integers(0, 2**64 - 1), consumer=st.text(max_size=40), redelivered=st.booleans(), rest=st.binary(max_size=20))
def test_a_message_is_read_as_it_was_sent_and_what_follows_is_left(body: bytes, tag: int, consumer: str, redelivered: bool, rest: bytes) -> None:
    data = delivered(body, consumer_tag=consumer, delivery_tag=tag, redelivered=redelivered)

    delivery = read_delivery(data + rest)

    assert delivery is not None
    assert delivery._replace(properties_at=0) == Delivery(1, consumer, tag, redelivered, 0, body, len(data))


@given(body=st.binary(max_size=50), key=st.text(max_size=60), ttl=st.integers(0, 10**12))
def test_its_properties_are_found(body: bytes, key: str, ttl: int) -> None:
    data = delivered(body, properties=BasicProperties(correlation_id=key, expiration=str(ttl)))
    delivery = read_delivery(data)

    assert delivery is not None
    properties = BasicProperties()
    properties.decode(data, delivery.properties_at)
    assert (properties.correlation_id, properties.expiration) == (key, str(ttl))


@given(body=st.binary(max_size=50), data=st.data())
def test_of_a_message_of_which_a_part_has_come_nothing_is_read(body: bytes, data: st.DataObject) -> None:
    whole = delivered(body)
    part = whole[: data.draw(st.integers(0, len(whole) - 1))]

    try:
        assert read_delivery(part) is None
    except Incomplete:
        return
    # pika has to be able to tell that this is not a whole frame either
    assert frame.decode_frame(part) == (0, None)


@pytest.mark.parametrize(
    "data",
    [
        delivered(b"x" * 2001),
        frame.Heartbeat().marshal(),
        frame.Method(1, Basic.Cancel("ctag1.0")).marshal(),
        frame.Body(1, b"the rest of a large one").marshal(),
        frame.Header(1, 5, BasicProperties()).marshal(),
    ],
    ids=["a body of several frames", "a heartbeat", "another method", "a body alone", "a header alone"],
)
def test_anything_but_a_message_of_one_frame_is_left_to_pika(data: bytes) -> None:
    assert read_delivery(data) is None


class Channels(dict[int, Any]):
    """The channels of a connection, which keep what is delivered to them."""

    def __init__(self) -> None:
        super().__init__({1: self})
        self.bodies: list[bytes] = []

    def _on_deliver(self, _method: object, _header: object, body: bytes) -> None:
        self.bodies.append(body)


class Connection(DeliveringConnection):
    """One without a socket, which notes what is left to pika."""

    def __init__(self) -> None:
        self._frame_buffer = b""
        self.delivered_to = Channels()
        self._channels = self.delivered_to
        self.bytes_received = 0
        self.others: list[object] = []

    def _process_frame(self, value: object) -> None:
        self.others.append(value)


OTHERS = [frame.Heartbeat().marshal(), frame.Method(1, Basic.CancelOk("ctag1.0")).marshal(), frame.Method(1, Basic.QosOk()).marshal()]


@given(st.lists(st.binary(max_size=60) | st.sampled_from(OTHERS).map(lambda other: (other,)), max_size=8), st.data())
def test_messages_come_whole_and_in_their_order_wherever_they_are_cut_and_whatever_lies_between(sent: list[Any], data: st.DataObject) -> None:
    stream = b"".join(each[0] if isinstance(each, tuple) else delivered(each) for each in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    connection = Connection()

    for start, end in pairwise([0, *cuts, len(stream)]):
        connection._on_data_available(stream[start:end])

    assert connection.delivered_to.bodies == [each for each in sent if isinstance(each, bytes)]
    assert len(connection.others) == len([each for each in sent if isinstance(each, tuple)])
    assert (connection._frame_buffer, connection.bytes_received) == (b"", len(stream))


@pytest.mark.parametrize("size", [0, 1, 4096, 131_064, 131_065, 1_000_000])
def test_bodies_of_any_size_arrive_whole_and_in_their_order(rabbit: RabbitServer, size: int) -> None:
    broker = RabbitBroker(rabbit.create_vhost(), [])
    bodies = [b"before", b"x" * size, b"after"]
    with pika.BlockingConnection(broker.parameters) as connection:
        channel = connection.channel()
        channel.queue_declare("odd")
        for body in bodies:
            channel.basic_publish("", "odd", body)

    consumer: Any = broker.consumer_class(broker, "odd", 10, 5000)

    assert [next(consumer.iterator)[2] for _ in bodies] == bodies
    consumer.close()
