"""What is said of a RabbitMQ that can't be reached, whatever pika wraps it in."""

import socket

import pika
import pytest
from pika.exceptions import AMQPError, ConnectionClosedByBroker

from tests.place import free_port
from workers.broker import BrokerUnreachable, said_as_unreachable
from workers.unreachable import TIMED_OUT, why


def unreachable(url: str) -> BaseException:
    """What connecting there raises."""
    with pytest.raises(BrokerUnreachable) as raised, said_as_unreachable():
        pika.BlockingConnection(pika.URLParameters(url))
    return raised.value


def test_nobody_listens() -> None:
    assert why(unreachable(f"amqp://127.0.0.1:{free_port()}/")) == "connection refused"


def test_somebody_listens_and_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert why(unreachable(f"amqp://127.0.0.1:{silent.getsockname()[1]}/?stack_timeout=0.2")) == TIMED_OUT


@pytest.mark.parametrize(
    ("fault", "said"),
    [(ConnectionClosedByBroker(320, "CONNECTION_FORCED"), "CONNECTION_FORCED"), (AMQPError(), "AMQPError"), (TimeoutError(), TIMED_OUT)],
)
def test_other_faults(fault: BaseException, said: str) -> None:
    assert why(fault) == said
