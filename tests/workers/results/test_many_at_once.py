"""A thousand calls at once from twenty threads: each gets its own answer."""

from concurrent.futures import ThreadPoolExecutor

from dramatiq.broker import Broker

from tests.workers.results.company import answer, ask

CALLS, THREADS = 1000, 20


def test_a_thousand_calls_from_twenty_threads_have_each_its_own_result(sender: Broker, workers: None) -> None:
    with ThreadPoolExecutor(THREADS) as threads:
        results = list(threads.map(lambda number: answer(sender, ask(sender, "add", number, 1_000_000), 60_000), range(CALLS)))

    assert results == [number + 1_000_000 for number in range(CALLS)]


def test_a_thousand_results_come_back_that_were_all_asked_for_before_the_first_was_fetched(sender: Broker, workers: None) -> None:
    with ThreadPoolExecutor(THREADS) as threads:
        asked = list(threads.map(lambda number: ask(sender, "add", number, number), range(CALLS)))
        results = list(threads.map(lambda each: answer(sender, each, 60_000), asked))

    assert results == [2 * number for number in range(CALLS)]
