"""Whatever dies, a call that waits ends with its result or with an error that says why."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from dramatiq.broker import Broker
from dramatiq.results import ResultFailure, ResultTimeout

from tests.servers import RabbitServer
from tests.waiting import wait_until
from tests.workers.results.company import answer, ask, at_work, backend_of, is_there, message
from tests.workers.results.programs import running
from workers import reply_publisher, results
from workers.broker import BrokerUnreachable
from workers.reply_publisher import NotSent


@pytest.fixture(scope="module")
def own_rabbit(rabbit: RabbitServer) -> Iterator[RabbitServer]:
    """A RabbitMQ that a test may end. Others use `rabbit`, which knows whether to skip."""
    with RabbitServer() as server:
        yield server


@pytest.fixture
def vhost(own_rabbit: RabbitServer) -> str:
    """The address of an empty virtual host there."""
    return own_rabbit.create_vhost()


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    """A thread that waits while the test does something else."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_call_that_waits_outlives_a_restart_of_rabbitmq(
    own_rabbit: RabbitServer, sender: Broker, stage: Broker, thread: ThreadPoolExecutor, how: str
) -> None:
    asked = ask(sender, "add", 1, 2)
    waiting = thread.submit(answer, sender, asked, 120_000)
    own_rabbit.sync()

    getattr(own_rabbit, how)()
    own_rabbit.start()

    with at_work(stage):
        assert waiting.result(120) == 3


def test_a_call_that_waits_while_rabbitmq_is_away_ends_and_says_so(own_rabbit: RabbitServer, sender: Broker) -> None:
    asked = ask(sender, "add", 1, 2)
    own_rabbit.stop()
    try:
        with pytest.raises(ResultTimeout) as timeout:
            answer(sender, asked, timeout=1000)
    finally:
        own_rabbit.start()

    assert timeout.value.__cause__ is not None


def test_a_call_that_waits_while_rabbitmq_is_frozen_ends(own_rabbit: RabbitServer, sender: Broker) -> None:
    asked = ask(sender, "add", 1, 2)
    own_rabbit.pause()
    try:
        with pytest.raises(ResultTimeout):
            answer(sender, asked, timeout=500)
    finally:
        own_rabbit.resume()


def test_nothing_is_sent_that_could_not_be_answered(own_rabbit: RabbitServer, sender: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    own_rabbit.stop()
    try:
        with monkeypatch.context() as impatience:
            impatience.setattr(results, "READY_SECONDS", 0.5)
            with pytest.raises(BrokerUnreachable, match="no queue for results"):
                backend_of(sender).reply_to()
    finally:
        own_rabbit.start()

    assert backend_of(sender).reply_to()


def test_a_rabbitmq_that_says_nothing_is_why_nothing_is_sent(own_rabbit: RabbitServer, sender: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "READY_SECONDS", 0.5)
    own_rabbit.pause()
    try:
        with pytest.raises(BrokerUnreachable, match=r"RabbitMQ has not answered for 0\.5 seconds"):
            backend_of(sender).reply_to()
    finally:
        own_rabbit.resume()


def test_a_backend_that_is_closed_while_it_connects_does_so_no_more(own_rabbit: RabbitServer, sender: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "READY_SECONDS", 0.5)
    own_rabbit.pause()
    try:
        with pytest.raises(BrokerUnreachable):
            backend_of(sender).reply_to()
        backend_of(sender).close()
    finally:
        own_rabbit.resume()

    wait_until(lambda: "replies" not in {thread.name for thread in threading.enumerate()})


def test_a_result_waits_for_a_rabbitmq_that_is_away(
    own_rabbit: RabbitServer, sender: Broker, stage: Broker, thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine takes longer to start one.
    monkeypatch.setattr(reply_publisher, "PATIENCE_SECONDS", 120.0)
    asked = message(sender, "add", 1, 2, reply_to=backend_of(sender).reply_to())
    backend_of(stage).store_result(message(sender, "nothing", reply_to=asked.options["reply_to"]), None, 60_000)
    own_rabbit.sync()
    own_rabbit.stop()
    try:
        storing = thread.submit(backend_of(stage).store_result, asked, 3, 60_000)
    finally:
        own_rabbit.start()

    storing.result(120)
    assert answer(sender, asked) == 3


def test_a_result_does_not_wait_for_ever(own_rabbit: RabbitServer, sender: Broker, stage: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply_publisher, "PATIENCE_SECONDS", 0.5)
    asked = message(sender, "add", 1, 2, reply_to=backend_of(sender).reply_to())
    own_rabbit.stop()
    try:
        with pytest.raises(NotSent):
            backend_of(stage).store_result(asked, 3, 60_000)
    finally:
        own_rabbit.start()


def test_a_result_that_is_too_large_is_said_and_keeps_no_other_from_coming(own_rabbit: RabbitServer, vhost: str, sender: Broker, stage: Broker) -> None:
    own_rabbit.control("eval", "application:set_env(rabbit, max_message_size, 100000).")
    asked = [ask(sender, "long", length) for length in (10, 200_000, 20, 300_000, 30)]
    outcomes = []
    with at_work(stage):
        for each in asked:
            try:
                outcomes.append(len(answer(sender, each)))
            except ResultFailure as failure:
                outcomes.append(failure.orig_exc_type)

    assert outcomes == [10, "ReplyTooLargeError", 20, "ReplyTooLargeError", 30]


def test_a_call_outlives_its_worker(vhost: str, sender: Broker, stage: Broker) -> None:
    asked = ask(sender, "add", 1, 2)
    with running("stuck", vhost) as worker:
        assert worker.says() == "begun"
    assert not is_there(sender, asked)

    with at_work(stage):
        assert answer(sender, asked) == 3
