"""What Dramatiq documents about results holds on RabbitMQ, and inside one process: single messages, groups, pipelines."""

import pytest
from dramatiq import pipeline
from dramatiq.broker import Broker
from dramatiq.results import ResultFailure, ResultMissing, ResultTimeout

from tests.waiting import wait_until
from tests.workers.results.company import answer, ask, company, is_there, message, run


def test_a_message_has_its_result(both: Broker) -> None:
    assert answer(both, ask(both, "add", 1, 2)) == 3


def test_a_result_may_be_fetched_again(both: Broker) -> None:
    asked = ask(both, "add", 1, 2)
    answer(both, asked)

    assert (answer(both, asked), is_there(both, asked)) == (3, True)


def test_none_is_a_result(both: Broker) -> None:
    asked = ask(both, "nothing")

    assert answer(both, asked) is None
    assert is_there(both, asked)


def test_a_large_result_comes_whole(both: Broker) -> None:
    assert answer(both, ask(both, "long", 5_000_000)) == "x" * 5_000_000


def test_a_failure_says_what_was_raised(both: Broker) -> None:
    with pytest.raises(ResultFailure, match="actor raised ValueError: forgot the line") as failure:
        answer(both, ask(both, "fail", "forgot the line"))

    assert (failure.value.orig_exc_type, failure.value.orig_exc_msg) == ("ValueError", "forgot the line")


def test_a_delayed_message_has_its_result(both: Broker) -> None:
    assert answer(both, ask(both, "add", 1, 2, delay=1)) == 3


def test_a_group_has_its_results_in_its_order(both: Broker) -> None:
    scenes = run(company(both, *[message(both, "add", number, number) for number in range(20)]))

    assert list(scenes.get_results(block=True)) == [2 * number for number in range(20)]


def test_a_delayed_group_has_its_results(both: Broker) -> None:
    scenes = run(company(both, *[message(both, "add", 1, number) for number in range(3)]), delay=1)

    assert list(scenes.get_results(block=True, timeout=20_000)) == [1, 2, 3]


def test_groups_may_hold_groups_and_pipelines(both: Broker) -> None:
    inner = company(both, message(both, "add", 1, 1))
    line = pipeline([message(both, "add", 1, 2), message(both, "add", 3)], broker=both)
    scenes = run(company(both, inner, line, message(both, "nothing")))

    assert list(scenes.get_results(block=True, timeout=20_000)) == [[2], 6, None]


def test_a_pipeline_has_the_result_of_its_last_message(both: Broker) -> None:
    line = run(pipeline([message(both, "add", 1, 2), message(both, "add", 3), message(both, "add", 4)], broker=both))

    assert line.get_result(block=True, timeout=20_000) == 10


def test_a_pipeline_has_the_results_of_all_its_messages(both: Broker) -> None:
    line = run(pipeline([message(both, "add", 1, 2), message(both, "add", 3), message(both, "add", 4)], broker=both))

    assert list(line.get_results(block=True, timeout=20_000)) == [3, 6, 10]


def test_in_a_pipeline_only_those_that_want_their_result_have_one(both: Broker) -> None:
    silent = [message(both, "add", 1, 2, store_results=False), message(both, "add", 3, store_results=False)]
    line = run(pipeline([*silent, message(both, "add", 4)], broker=both))

    assert line.get_result(block=True, timeout=20_000) == 10
    assert [is_there(both, each) for each in line.messages] == [False, False, True]


def test_a_pipeline_that_is_delayed_has_its_result(both: Broker) -> None:
    line = run(pipeline([message(both, "add", 1, 2), message(both, "add", 3)], broker=both), delay=1)

    assert list(line.get_results(block=True, timeout=20_000)) == [3, 6]


def test_waiting_has_an_end(both: Broker) -> None:
    never_sent = message(both, "add", 1, 2)
    answer(both, ask(both, "nothing"))

    with pytest.raises(ResultTimeout):
        answer(both, never_sent, timeout=200)


def test_what_is_not_there_yet_is_missing(both: Broker) -> None:
    asked = ask(both, "add", 1, 2, delay=3_600_000)

    with pytest.raises(ResultMissing):
        asked.get_result(backend=both.get_results_backend())


def test_a_result_is_gone_when_its_time_to_live_is_over(both: Broker) -> None:
    asked = ask(both, "add", 1, 2, result_ttl=1000)
    answer(both, asked)

    wait_until(lambda: not is_there(both, asked))


def test_a_group_cannot_call_back_and_says_why(both: Broker) -> None:
    scenes = company(both, message(both, "add", 1, 2))
    scenes.completion_callbacks.append(message(both, "nothing").asdict())

    with pytest.raises(RuntimeError, match=r"rate-limiter backend .* RabbitMQ is none"):
        run(scenes)
