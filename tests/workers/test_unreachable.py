"""A RabbitMQ out of reach in ways that a refused connection is not: its name means nothing, or it is frozen. Both are said alike."""

from collections.abc import Iterator
from typing import Any

import pika
import pytest
from dramatiq import Message
from flask import Flask

from tests.app_fixtures import log_in
from tests.apps import close, make_app
from tests.factories import make_superuser, make_task
from tests.pages import facts, messages, read
from tests.servers import RabbitServer
from workers.broker import BrokerUnreachable, broker_of, patient


@pytest.fixture(scope="module")
def frozen(rabbit: RabbitServer) -> Iterator[str]:
    """The address of a RabbitMQ that takes connections and then says nothing. Its own, for others use `rabbit`, which knows whether to skip."""
    with RabbitServer() as server:
        # Each test waits for it, so less long than in earnest.
        address = f"{server.create_vhost()}?stack_timeout=1&socket_timeout=1"
        server.pause()
        yield address
        server.resume()


@pytest.fixture(params=["unresolvable", "frozen"])
def cut_off(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[Flask]:
    """An app whose RabbitMQ is out of reach."""
    address = request.getfixturevalue("frozen") if request.param == "frozen" else "amqp://guest:guest@no-such-host.invalid/"
    app = make_app(sqlite_url, broker_url=address)
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    close(app)


def message() -> Message[Any]:
    """A message to the actor of numbers."""
    return Message("numbers", "generate_random_number", (1,), {}, {})


@pytest.mark.parametrize(("said", "seconds"), [("", (3, 5)), ("?stack_timeout=1&socket_timeout=2", (2, 1))], ids=["nothing", "something"])
def test_silence_is_borne_for_seconds_unless_the_address_says_otherwise(said: str, seconds: tuple[float, float]) -> None:
    parameters = pika.URLParameters(patient(f"amqp://localhost/{said}"))

    assert (parameters.socket_timeout, parameters.stack_timeout) == seconds


def test_publishing_says_that_the_broker_is_unreachable(cut_off: Flask) -> None:
    with pytest.raises(BrokerUnreachable):
        broker_of(cut_off).enqueue(message())


def test_publishing_a_page_says_that_the_broker_is_unreachable(cut_off: Flask) -> None:
    with pytest.raises(BrokerUnreachable):
        broker_of(cut_off).enqueue_page([message(), message()])


def test_consuming_says_that_the_broker_is_unreachable(cut_off: Flask) -> None:
    with pytest.raises(BrokerUnreachable):
        broker_of(cut_off).consume("numbers")


def test_the_instance_is_not_ready_and_says_why(cut_off: Flask) -> None:
    answer = cut_off.test_client().get("/readyz")

    assert (answer.status_code, answer.get_json()["reasons"]) == (503, {"broker": "RabbitMQ does not answer"})


def test_who_runs_a_task_is_told_and_led_back_to_it(cut_off: Flask) -> None:
    with cut_off.app_context():
        chief = log_in(cut_off.test_client(), make_superuser().id)
        task_id = make_task().id

    answer = chief.post("/tasks/run", data={"id": str(task_id)})

    page = read(chief.get(answer.location))
    assert answer.status_code == 302
    assert facts(page)["Task"] == str(task_id)
    assert messages(page) == ["error: The queue can't be reached, so nothing was sent. Try again when it is back."]
