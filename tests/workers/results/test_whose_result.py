"""A result is for the process that asked for it; what can't be sent is said; what is not wanted is forgotten."""

import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from dramatiq import Message, get_encoder, set_encoder
from dramatiq.broker import Broker
from dramatiq.results import ResultFailure, ResultMissing, ResultTimeout

from tests.waiting import wait_until
from tests.workers.results.company import PickleEncoder, answer, ask, at_work, backend_of, is_there, leave, message, rabbit_broker
from workers import results
from workers.reply_queue import ReplyQueue


def test_another_process_misses_the_result_at_once(sender: Broker, stage: Broker, workers: None) -> None:
    backend_of(stage).reply_to()
    asked = ask(sender, "add", 1, 2)
    answer(sender, asked)

    with pytest.raises(ResultMissing):
        answer(stage, asked)


def test_a_process_that_never_asked_for_anything_misses_every_result(sender: Broker, stage: Broker) -> None:
    asked = ask(sender, "add", 1, 2)

    with pytest.raises(ResultMissing):
        answer(stage, asked)


def test_a_forked_process_has_results_of_its_own(sender: Broker, workers: None) -> None:
    asked = ask(sender, "add", 1, 2)
    ours, theirs = multiprocessing.Pipe()

    def in_the_child() -> None:
        theirs.send((is_there(sender, asked), answer(sender, ask(sender, "add", 3, 4)), backend_of(sender).reply_to()))

    child = multiprocessing.get_context("fork").Process(target=in_the_child)
    child.start()
    assert ours.poll(30)
    missed, own, queue = ours.recv()
    child.join(10)

    assert (missed, own) == (False, 7)
    assert queue != backend_of(sender).reply_to()
    assert answer(sender, asked) == 3


def test_a_process_may_be_forked_while_a_thread_makes_the_first_queue(sender: Broker, workers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def make_slowly(*arguments: Any) -> ReplyQueue:
        begun.set()
        go_on.wait(30)
        return ReplyQueue(*arguments)

    ours, theirs = multiprocessing.Pipe()
    with ThreadPoolExecutor(1) as thread:
        with monkeypatch.context() as slowness:
            slowness.setattr(results, "ReplyQueue", make_slowly)
            waiting = thread.submit(lambda: answer(sender, ask(sender, "add", 1, 2)))
            assert begun.wait(10)
        child = multiprocessing.get_context("fork").Process(target=lambda: theirs.send(answer(sender, ask(sender, "add", 3, 4))))
        child.start()
        answered = ours.poll(30)
        child.kill()
        child.join(10)
        go_on.set()

        assert answered
        assert ours.recv() == 7
        assert waiting.result(30) == 3


def test_a_result_may_be_forgotten(sender: Broker, workers: None) -> None:
    asked = ask(sender, "add", 1, 2)
    answer(sender, asked)

    backend_of(sender).forget(asked)

    assert not is_there(sender, asked)


def test_an_actor_may_want_its_results_always(sender: Broker, workers: None) -> None:
    actor = sender.get_actor("add")
    actor.options["store_results"] = True

    asked = ask(sender, "nothing")
    chosen = sender.enqueue(actor.message(1, 2))
    refused = sender.enqueue(actor.message_with_options(args=(1, 2), store_results=False))

    assert "reply_to" in chosen.options
    assert "reply_to" not in refused.options
    assert answer(sender, asked) is None


def test_a_message_keeps_its_first_senders_address(sender: Broker, stage: Broker) -> None:
    asked = ask(sender, "add", 1, 2)

    again = stage.enqueue(asked)

    assert again.options["reply_to"] == backend_of(sender).reply_to()


def test_the_address_is_written_into_all_of_a_pipeline(sender: Broker) -> None:
    last = message(sender, "add", 4)
    middle = message(sender, "add", 3, store_results=False, pipe_target=last.asdict())
    first = message(sender, "add", 1, 2, store_results=False, pipe_target=middle.asdict())

    sent = Message.decode(sender.enqueue(first).encode())

    nested = sent.options["pipe_target"]["options"]
    assert "reply_to" not in sent.options
    assert "reply_to" not in nested
    assert nested["pipe_target"]["options"]["reply_to"] == backend_of(sender).reply_to()


def test_what_cannot_be_encoded_is_said_to_whoever_waits(sender: Broker, workers: None) -> None:
    with pytest.raises(ResultFailure, match=r"actor raised TypeError: .*not JSON serializable"):
        answer(sender, ask(sender, "pair", 1, 2))


@pytest.mark.parametrize("ttl", [0, -5, 1.5, "soon", None, 2**60])
def test_a_time_to_live_that_is_none_is_said_to_whoever_waits(sender: Broker, workers: None, ttl: Any) -> None:
    with pytest.raises(ResultFailure, match=r"actor raised ValueError: result_ttl is .*, and has to be a whole number of milliseconds"):
        answer(sender, ask(sender, "add", 1, 2, result_ttl=ttl))


@pytest.mark.parametrize("reply_to", [{}, {"reply_to": "scenes"}, {"reply_to": 7}], ids=["none", "a queue for messages", "a number"])
def test_a_result_without_an_address_goes_nowhere(stage: Broker, reply_to: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    asked = message(stage, "add", 1, 2, **reply_to)

    backend_of(stage).store_result(asked, 3, 1000)

    assert "doesn't say where" in caplog.text


def test_results_may_be_encoded_otherwise(vhost: str) -> None:
    broker = rabbit_broker(vhost, encoder=PickleEncoder())
    try:
        with at_work(broker):
            assert answer(broker, ask(broker, "pair", 1, 2)) == {1, 2}
    finally:
        leave(broker)


def test_results_are_encoded_as_messages_are_unless_said_otherwise(vhost: str) -> None:
    usual = get_encoder()
    set_encoder(PickleEncoder())
    try:
        broker = rabbit_broker(vhost)
        with at_work(broker):
            assert answer(broker, ask(broker, "pair", 1, 2)) == {1, 2}
    finally:
        leave(broker)
        set_encoder(usual)


def test_names_of_queues_begin_as_one_likes(vhost: str) -> None:
    broker = rabbit_broker(vhost, namespace="elsewhere")
    try:
        assert backend_of(broker).reply_to().startswith("elsewhere.")
        with at_work(broker):
            assert answer(broker, ask(broker, "add", 1, 2)) == 3
    finally:
        leave(broker)


def test_waiting_no_time_at_all_is_looking_once(sender: Broker, stage: Broker) -> None:
    asked = ask(sender, "add", 1, 2)

    with pytest.raises(ResultTimeout):
        answer(sender, asked, timeout=0)


def test_many_threads_may_wait_for_one_result(sender: Broker, stage: Broker) -> None:
    asked = ask(sender, "add", 1, 2)
    with ThreadPoolExecutor(10) as threads:
        waiting = [threads.submit(answer, sender, asked) for _ in range(10)]
        with at_work(stage):
            wait_until(lambda: all(each.done() for each in waiting))

    assert [each.result() for each in waiting] == [3] * 10
