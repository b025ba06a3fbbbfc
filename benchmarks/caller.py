"""`python -m benchmarks.caller MODULE`: calls a peer's workers and waits for the answers; what that took, as a line of JSON."""

import importlib
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median, quantiles
from typing import Any

WARM_UP, ONE_BY_ONE, TOGETHER, THREADS = 200, 500, 2000, 20


def main() -> None:
    """Measure."""
    peer = importlib.import_module(sys.argv[1])

    def call(number: int) -> float:
        began = time.perf_counter()
        answer = peer.answer(peer.send(number))
        assert answer == number, (answer, number)
        return time.perf_counter() - began

    for number in range(WARM_UP):
        call(number)
    took = [call(number) for number in range(ONE_BY_ONE)]
    found = {"median_ms": 1000 * median(took), "p95_ms": 1000 * quantiles(took, n=20)[-1]}

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(call, range(WARM_UP)))
        found["calls_per_second"] = _rate(lambda: list(threads.map(call, range(TOGETHER))))

    def collect() -> None:
        asked = [peer.send(number) for number in range(TOGETHER)]
        assert [peer.answer(each) for each in asked] == list(range(TOGETHER))

    found["collected_per_second"] = _rate(collect)
    print(json.dumps(found), flush=True)


def _rate(work: Any) -> float:
    began = time.perf_counter()
    work()
    return TOGETHER / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
